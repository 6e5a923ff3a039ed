// Of processes that begin at one moment, one writes.
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { build } from 'esbuild';
import { lockOutput } from '../../src/cli/output-lock.ts';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ebmc-lock-'));
  await build({
    entryPoints: [join(import.meta.dirname, '../../src/cli/output-lock.ts')],
    outfile: join(folder, 'lock.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a lock', () => {
  it('is got by one of many processes that ask for it again and again', async () => {
    // Each adds 1 to a file that it reads before, as often as it gets the lock; two at once would lose one of their numbers.
    const script = `
      import { readFileSync, writeFileSync } from 'node:fs';
      import { lockOutput } from ${JSON.stringify(pathToFileURL(join(folder, 'lock.mjs')).href)};
      const counter = process.argv[1];
      for (let got = 0; got < 200; ) {
        const lock = lockOutput(counter);
        if ('code' in lock) continue;
        writeFileSync(counter, String(Number(readFileSync(counter, 'utf8')) + 1));
        lock.release();
        got++;
      }`;
    const counter = join(folder, 'counter');
    writeFileSync(counter, '0');
    const one = (): Promise<void> =>
      new Promise((done, fail) =>
        execFile(process.execPath, ['--input-type=module', '-e', script, counter], (error) =>
          error === null ? done() : fail(error),
        ),
      );
    await Promise.all([one(), one(), one()]);
    const lock = lockOutput(counter);
    if ('code' in lock) throw new Error(lock.message);
    expect(readFileSync(counter, 'utf8')).toBe('600');
    lock.release();
    expect(readdirSync(folder).toSorted()).toEqual(['counter', 'lock.mjs']);
  }, 30_000);

  it('names its holder, and is free when released', () => {
    const file = join(folder, 'result');
    const lock = lockOutput(file);
    const second = lockOutput(file);
    expect('code' in second && second.message).toBe(`${file} is being written by process ${process.pid}`);
    if (!('code' in lock)) lock.release();
    writeFileSync(join(folder, '.result.lock'), `1\n${hostname()}\n`);
    const third = lockOutput(file);
    expect('code' in third && third.code).toBe('EBM654');
    rmSync(join(folder, '.result.lock'));
  });

  it('is got past what a dead process left, whole or not, and not past a link that leads nowhere', () => {
    const file = join(folder, 'left');
    for (const left of [`4194305\n${hostname()}\nunknown`, '', 'no lock']) {
      writeFileSync(join(folder, '.left.lock'), left);
      const lock = lockOutput(file);
      if ('code' in lock) throw new Error(lock.message);
      lock.release();
    }
    symlinkSync(join(folder, 'nowhere'), join(folder, '.left.lock'));
    expect(lockOutput(file)).toMatchObject({ code: 'EBM612' });
    rmSync(join(folder, '.left.lock'));
  });
});
