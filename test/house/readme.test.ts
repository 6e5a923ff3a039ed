// The tour in README.md runs as written: every command of it, in order, in a folder of its own; each ends with the exit code that
// it says (0 unless a comment `# exits with 1` follows), and prints the lines shown below it.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

interface Step {
  readonly command: string;
  readonly exitCode: number;
  /** Lines shown as its output; `…` stands for left-out lines, at the end of a line for its rest. */
  readonly shown: readonly string[];
}

const steps: readonly Step[] = [...readme.matchAll(/^```console\n(.*?)^```$/gms)].flatMap(([, block]) =>
  block!
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [command, ...shown] = text.trimEnd().split('\n');
      const exitCode = Number(/# exits with (\d+)$/.exec(command!)?.[1] ?? 0);
      return { command: command!, exitCode, shown: shown.filter((line) => line.trim() !== '') };
    }),
);

/** Installing and testing are what runs this test. */
const runs = ({ command }: Step): boolean => !command.startsWith('npm ');

const number = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g;

/** Numbers may differ by rounding, and those that count seconds, iterations or bytes at will. Column widths follow. */
const agree = (shown: string, actual: string): boolean => {
  const open = shown.endsWith('…');
  const expected = open ? shown.slice(0, -1).trimEnd() : shown;
  const words = (line: string): readonly string[] => line.trim().split(/\s+/);
  const [a, b] = [words(expected), words(actual)];
  if (open ? b.length < a.length : b.length !== a.length) return false;
  return a.every((word, i) => {
    const free = /^(s|iterations?,?|steps?)$/.test(a[i + 1] ?? '');
    if (word.replace(number, '#') !== b[i]!.replace(number, '#')) return false;
    const [x, y] = [word.match(number) ?? [], b[i]!.match(number) ?? []].map((list) => list.map(Number));
    return free || x!.every((value, k) => Math.abs(value - y![k]!) <= 1e-2 * Math.max(1e-3, Math.abs(value)));
  });
};

/** The first shown line that the output does not have, in order; null when it has all. */
const firstMissing = (shown: readonly string[], output: string): string | null => {
  const actual = output.split('\n');
  let at = 0;
  for (const line of shown.filter((text) => text.trim() !== '…')) {
    const found = actual.slice(at).findIndex((other) => agree(line, other));
    if (found < 0) return line;
    at += found + 1;
  }
  return null;
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebmc-tour-'));
  execFileSync(process.execPath, [join(root, 'build.mjs'), join(folder, 'dist')], { cwd: root });
  cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
  cpSync(join(root, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the tour in README.md', () => {
  it('has commands', () => expect(steps.filter(runs).length).toBeGreaterThan(8));

  it.each(steps.filter(runs))('$command', ({ command, exitCode, shown }) => {
    const program = `"${process.execPath}" "${join(folder, 'dist', 'cli.js')}"`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', command.replaceAll('npx ebmc', program)], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect({ status, stderr: status === exitCode ? '' : stderr }).toEqual({ status: exitCode, stderr: '' });
    expect(firstMissing(shown, stdout + stderr)).toBeNull();
  });

  it('uses the module that it compiled', () => {
    const program = /^```js\n(.*?)^```$/ms.exec(readme)![1]!;
    writeFileSync(
      join(folder, 'use.js'),
      `${program}console.log(JSON.stringify({ shape: w.shape, data: [...w.data] }));\n`,
    );
    const printed = execFileSync(process.execPath, ['use.js'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const { shape, data } = JSON.parse(printed.trim().split('\n').at(-1)!) as { shape: number[]; data: number[] };
    expect(shape).toEqual([2, 3]);
    // Three well separated pairs: the centres are their means, in some order.
    const centres = [0, 1, 2].map((k) => [data[k]!, data[3 + k]!]).toSorted((a, b) => a[0]! - b[0]!);
    const means = [[1.1, 1], [1.2, 8], [8, 8.2]]; // prettier-ignore
    centres.forEach((centre, k) => centre.forEach((value, i) => expect(value).toBeCloseTo(means[k]![i]!, 5)));
  });

  it('shows the models as they stand in the examples', () => {
    const models = [...readme.matchAll(/^```ebm\nmodel (\w+)\n.*?^```$/gms)];
    expect(models.length).toBeGreaterThan(1);
    for (const [block, name] of models) {
      const example = readFileSync(join(root, 'examples', `${name}.ebm`), 'utf8');
      expect(example.replace(/^\/\/.*\n/gm, '').trim()).toBe(block.split('\n').slice(1, -1).join('\n').trim());
    }
  });

  it('names scripts that there are', () => {
    const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly scripts: object };
    const named = [...readme.matchAll(/npm (?:run )?(\w+)/g)].map((match) => match[1]!);
    expect(named.filter((name) => !['ci', 'install'].includes(name) && !Object.hasOwn(scripts, name))).toEqual([]);
  });
});

describe('comparing output', () => {
  it('lets numbers round and seconds differ, nothing else', () => {
    expect(agree('energy 78.8514', 'energy 78.8510')).toBe(true);
    expect(agree('energy 78.8514', 'energy 81.2')).toBe(false);
    expect(agree('kmeans: map on wasm, 8 iterations, 0.27 s', 'kmeans: map on wasm, 12 iterations, 1.20 s')).toBe(true);
    expect(agree('kmeans: map on wasm, 8 iterations, 0.27 s', 'kmeans: map on cpu, 8 iterations, 0.27 s')).toBe(false);
    expect(agree('s [4]  1  0  …', 's [4]  1  0  1  1')).toBe(true);
    expect(firstMissing(['a 1', '…', 'c'], 'a 1\nb\nc')).toBeNull();
    expect(firstMissing(['c', 'a 1'], 'a 1\nb\nc')).toBe('a 1');
  });
});
