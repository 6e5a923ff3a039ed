// The cache of compiled libraries: found again, damaged, full, shared by processes, in folders that take no files. The libraries
// here are texts: nothing is loaded.
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { cacheFolderOf } from '../../../src/backend/native/cache-folder.ts';
import { hashOf, LibraryCache } from '../../../src/backend/native/library-cache.ts';
import { folder } from './hand-written.ts';

const making =
  (text: string, made: string[] = []) =>
  async (path: string): Promise<void> => {
    made.push(text);
    await writeFile(path, text);
  };
const forbidden = () => Promise.reject(new Error('it is there and was made again'));
const key = (name: string): string => hashOf(name);
const librariesIn = (place: string): readonly string[] => readdirSync(place).filter((name) => name.endsWith('.so'));

it('keeps a library for other caches on the folder', async () => {
  const place = folder();
  const { path, unkept } = await new LibraryCache(place).library(key('a'), making('one'));
  expect(unkept).toBeNull();
  expect(readFileSync(path, 'utf8')).toBe('one');
  const other = new LibraryCache(place);
  expect(await other.kept(key('a'))).toBe(path);
  expect(await other.kept(key('b'))).toBeNull();
  expect(await other.library(key('a'), forbidden)).toEqual({ path, unkept: null });
});

it('makes a library once for calls at the same time, and again after one that failed', async () => {
  const cache = new LibraryCache(folder());
  const made: string[] = [];
  const both = await Promise.all([1, 2].map(() => cache.library(key('a'), making('one', made))));
  expect(both[0]).toEqual(both[1]);
  expect(made).toEqual(['one']);
  await expect(cache.library(key('b'), () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await cache.library(key('b'), making('two', made))).toMatchObject({ unkept: null });
});

it.each([
  ['cut short', (path: string) => truncateSync(path, 1)],
  ['empty', (path: string) => truncateSync(path, 0)],
  ['overwritten in one byte', (path: string) => writeFileSync(path, 'oneX')],
])('a library that is %s is made again', async (_, damage) => {
  const place = folder();
  const { path } = await new LibraryCache(place).library(key('a'), making('one!'));
  damage(path);
  const again = await new LibraryCache(place).library(key('a'), making('one!'));
  expect(readFileSync(again.path, 'utf8')).toBe('one!');
  expect(librariesIn(place)).toHaveLength(1);
});

it('processes at once agree on whole files', { timeout: 60_000 }, async () => {
  const place = folder();
  // Each makes all of the libraries, of a megabyte, and reads each after it was made.
  const code = `
    import { LibraryCache, hashOf } from './src/backend/native/library-cache.ts';
    import { readFileSync } from 'node:fs';
    import { writeFile } from 'node:fs/promises';
    for (let i = 0; i < 20; i++) {
      const cache = new LibraryCache(${JSON.stringify(place)});
      const content = String(i).repeat(2 ** 20);
      const { path, unkept } = await cache.library(hashOf('library ' + i), (p) => writeFile(p, content));
      if (unkept !== null || readFileSync(path, 'utf8') !== content) process.exit(1);
    }
    console.log('all whole');
  `;
  const runs = [1, 2, 3].map(() =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code]),
  );
  for (const { stdout } of await Promise.all(runs)) expect(stdout.trim()).toBe('all whole');
  expect(librariesIn(place)).toHaveLength(20);
  expect(readdirSync(place).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

describe('a folder without end', () => {
  const fill = async (place: string, bounds: { bytes: number; entries: number }, names: readonly string[]) => {
    const cache = new LibraryCache(place, bounds);
    for (const [i, name] of names.entries()) {
      const { path } = await cache.library(key(name), making(name.repeat(100)));
      const used = new Date(1e12 + i * 1000);
      utimesSync(path, used, used);
    }
  };
  const left = (place: string, names: readonly string[]): readonly string[] =>
    names.filter((name) => librariesIn(place).some((file) => file.startsWith(key(name))));
  const names = ['a', 'b', 'c', 'd', 'e'];

  it('is bounded in number and in bytes: what was not used for longest goes first', async () => {
    const [counted, weighed] = [folder(), folder()];
    await fill(counted, { bytes: 1e9, entries: 3 }, names);
    expect(left(counted, names)).toEqual(['c', 'd', 'e']);
    await fill(weighed, { bytes: 250, entries: 100 }, names);
    expect(left(weighed, names)).toEqual(['d', 'e']);
  });

  it('use counts, not making', async () => {
    const place = folder();
    await fill(place, { bytes: 1e9, entries: 100 }, ['a', 'b', 'c']);
    await new LibraryCache(place).library(key('a'), forbidden);
    await fill(place, { bytes: 1e9, entries: 2 }, ['d']);
    expect(left(place, ['a', 'b', 'c', 'd'])).toEqual(['a', 'd']);
  });

  it('keeps the newest though it is too large, and clears away what a killed process left', async () => {
    const place = folder();
    writeFileSync(join(place, '.1.abc.tmp'), 'half');
    utimesSync(join(place, '.1.abc.tmp'), new Date(1e12), new Date(1e12));
    writeFileSync(join(place, '.2.abc.tmp'), 'being written');
    await fill(place, { bytes: 10, entries: 100 }, ['a']);
    expect(left(place, ['a'])).toEqual(['a']);
    expect(readdirSync(place).filter((name) => name.endsWith('.tmp'))).toEqual(['.2.abc.tmp']);
  });
});

describe('a folder that takes no files', () => {
  const made = async (place: string) => {
    const cache = new LibraryCache(place);
    await cache.remember('x', 1);
    expect(await cache.recall('x')).toBeNull();
    const stored = await cache.library(key('a'), making('one'));
    expect(readFileSync(stored.path, 'utf8')).toBe('one');
    expect(await cache.library(key('a'), forbidden)).toEqual(stored);
    return stored.unkept;
  };

  it('for a file is in its place', async () => {
    const path = join(folder(), 'file');
    writeFileSync(path, '');
    expect(await made(path)).toBe(`${path} takes no files (a file is in its place)`);
    expect(await made(join(path, 'below'))).toBe(`${join(path, 'below')} takes no files (a file is in its place)`);
  });

  it('for the system does not let it', async () => {
    // Nobody makes folders in /proc, not even root.
    if (process.platform === 'linux') expect(await made('/proc/ebmc')).toMatch(/^\/proc\/ebmc takes no files \(.+\)$/);
    else {
      const place = folder();
      mkdirSync(join(place, 'closed'), { mode: 0o500 });
      expect(await made(join(place, 'closed'))).toMatch(/takes no files \(permission denied\)$/);
    }
  });

  it('for it is full', async () => {
    // What every write to a full disk ends with.
    const place = folder();
    const cache = new LibraryCache(place);
    const full = Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    Object.assign(cache, { publish: () => Promise.reject(full) });
    const { path, unkept } = await cache.library(key('a'), making('one'));
    expect(unkept).toBe(`${place} takes no files (no space is left)`);
    expect(readFileSync(path, 'utf8')).toBe('one');
  });

  it('and the private folder in its place is gone when the process is', async () => {
    const code = `
      import { LibraryCache, hashOf } from './src/backend/native/library-cache.ts';
      import { writeFile } from 'node:fs/promises';
      const { path } = await new LibraryCache('/dev/null').library(hashOf('a'), (p) => writeFile(p, 'one'));
      console.log(path);
    `;
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      code,
    ]);
    expect(stdout).toMatch(/ebmc-.*\.so/);
    expect(statSync(stdout.trim(), { throwIfNoEntry: false })).toBeUndefined();
  });
});

it('the folder is the one of the user', () => {
  const home = () => '/h/u';
  const at = (platform: string, environment: Record<string, string>) => cacheFolderOf({ platform, environment, home });
  expect(at('linux', {})).toBe('/h/u/.cache/ebmc');
  expect(at('linux', { XDG_CACHE_HOME: '/x' })).toBe('/x/ebmc');
  expect(at('linux', { XDG_CACHE_HOME: 'relative' })).toBe('/h/u/.cache/ebmc');
  expect(at('darwin', {})).toBe('/h/u/Library/Caches/ebmc');
  expect(at('darwin', { EBMC_CACHE: '/mine', XDG_CACHE_HOME: '/x' })).toBe('/mine');
});
