// Habits of the sources that a reader should not have to check: length, an opening comment, no paths of one machine.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const skipped = new Set(['node_modules', 'dist', 'out', '.git']);
const longest = 400;

const filesUnder = (folder: string): readonly string[] =>
  readdirSync(join(root, folder)).flatMap((name) => {
    if (skipped.has(name)) return [];
    const path = join(folder, name);
    return statSync(join(root, path)).isDirectory() ? filesUnder(path) : [path];
  });

const all = filesUnder('.');
const text = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = all.filter((path) => /^(src|grammar|lsp)\/.*\.ts$/.test(path));

describe('source files', () => {
  it('are found', () => {
    expect(sources).toContain('src/data/csv.ts');
    expect(sources.length).toBeGreaterThan(20);
  });

  it(`have at most ${longest} lines`, () => {
    const written = sources.filter((path) => !text(path).startsWith('// Generated'));
    const long = written.filter((path) => text(path).split('\n').length > longest + 1);
    expect(long).toEqual([]);
  });

  it('begin by saying what they are', () => {
    expect(sources.filter((path) => !/^(\/\/|\/\*\*)/.test(text(path)))).toEqual([]);
  });

  it('are named in kebab-case', () => {
    expect(sources.filter((path) => !/^[a-z0-9-]+(\.d)?\.ts$/.test(path.split('/').at(-1)!))).toEqual([]);
  });

  it('name no place of the machine they were written on', () => {
    // Put together from halves, so that this file does not name them either.
    const machine = new RegExp(['/wo' + 'rk/', '/ro' + 'ot/', '/ho' + 'me/[a-z]+/'].join('|'));
    const written = all.filter(
      (path) => /\.(ts|mjs|js|md|ebm|ebnf|json|sh)$/.test(path) && path !== 'package-lock.json',
    );
    expect(written.filter((path) => machine.test(text(path)))).toEqual([]);
  });

  it('leave nothing for later', () => {
    const later = new RegExp(['\\bTO' + 'DO\\b', '\\bFIX' + 'ME\\b', '\\bXX' + 'X\\b'].join('|'));
    expect(all.filter((path) => /\.(ts|mjs|js)$/.test(path)).filter((path) => later.test(text(path)))).toEqual([]);
  });
});
