// Completion scripts: every option is in them, each shell that is installed takes them, and bash answers as it should.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completedCommands, undescribedOptions } from '../../src/cli/completions/commands.ts';
import { shells } from '../../src/cli/completions/shells.ts';
import type { Shell } from '../../src/cli/completions/shells.ts';
import { makeProgram } from '../../src/cli/program.ts';
import type { Actions } from '../../src/cli/program.ts';
import { ebmc } from './double.ts';

const program = makeProgram('1.2.3', {} as Actions, () => undefined);
const commands = completedCommands(program);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebmc-complete-'));
  mkdirSync(join(folder, 'dir'));
  for (const name of ['m.ebm', 'two words.ebm', 'y.csv', 'z.csv.gz', 'train-images.idx', 'notes.md', 'p.safetensors'])
    writeFileSync(join(folder, name), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

const script = async (shell: Shell): Promise<string> => (await ebmc(['completions', shell])).stdout;
const installed = (shell: Shell): boolean => spawnSync(shell, ['-c', 'exit 0']).status === 0;

describe('every option', () => {
  it('is described: what takes a value says which', () => expect(undescribedOptions(program)).toEqual([]));

  it.each(shells)('and every command is in the script of %s', async (shell) => {
    const text = await script(shell);
    for (const { name, options } of commands) {
      expect(text).toMatch(new RegExp(`\\b${name}\\b`));
      for (const { long } of options) expect(text).toContain(shell === 'fish' ? `-l ${long.slice(2)} ` : long);
    }
  });
});

describe('syntax', () => {
  for (const shell of shells) {
    if (!installed(shell)) process.stderr.write(`${shell} is not installed: its completion script is not checked\n`);
    it.skipIf(!installed(shell))(`${shell} takes the script (skipped where it is not installed)`, async () => {
      const path = join(folder, `completions.${shell}`);
      writeFileSync(path, await script(shell));
      const { status, stderr } = spawnSync(shell, ['-n', path], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    });
  }
});

describe.skipIf(!installed('bash'))('in bash (skipped where it is not installed)', () => {
  /** What bash offers after these words, the last of them unfinished; at = bash splits words. */
  const offered = async (...words: readonly string[]): Promise<readonly string[]> => {
    const quoted = words.map((word) => `'${word}'`).join(' ');
    const call = `COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _ebmc; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const bash = ['--norc', '-c', `${await script('bash')}\ncomplete -p ebmc >/dev/null || exit 9\n${call}`];
    const { stdout, stderr, status } = spawnSync('bash', bash, { encoding: 'utf8', cwd: folder });
    // Outside of a completion, compopt says so; it is the only thing that may be said.
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout.split('\n').filter((line) => line !== '').sort(); // prettier-ignore
  };

  it.each<[readonly string[], readonly string[]]>([
    [
      ['ebmc', 'com'],
      ['compile', 'completions'],
    ],
    [['ebmc', '--v'], ['--version']],
    [
      ['ebmc', 'check', ''],
      ['dir', 'm.ebm', 'two words.ebm'],
    ],
    [['ebmc', 'check', 'm.ebm', 'tw'], ['two words.ebm']],
    [['ebmc', 'check', '--watch', 'm'], ['m.ebm']],
    [['ebmc', 'run', 'm.ebm', '--wi'], ['--without-regularizers']],
    [
      ['ebmc', 'run', 'm.ebm', '--query', 'm'],
      ['map', 'marginals'],
    ],
    [['ebmc', 'run', 'm.ebm', '--query', '=', 'l'], ['logz']],
    [['ebmc', 'run', 'm.ebm', '--backend', 'ref'], ['reference']],
    [
      ['ebmc', 'run', 'm.ebm', '-d', 'y', '='],
      ['dir', 'p.safetensors', 'train-images.idx', 'y.csv', 'z.csv.gz'],
    ],
    [['ebmc', 'run', 'm.ebm', '--data', '=', 'y', '=', 'z'], ['z.csv.gz']],
    [['ebmc', 'run', 'm.ebm', '--data', 'y'], []],
    [['ebmc', 'run', 'm.ebm', '--seed', ''], []],
    [
      ['ebmc', 'run', '--params', ''],
      ['dir', 'p.safetensors'],
    ],
    [['ebmc', 'run', '-o', ''], ['dir']],
    [['ebmc', 'compile', '--emit', 'pl'], ['plan']],
    [
      ['ebmc', 'graph', '--format', ''],
      ['dot', 'json', 'svg'],
    ],
    [
      ['ebmc', 'completions', ''],
      ['bash', 'fish', 'zsh'],
    ],
    [['ebmc', 'nonsense', ''], []],
  ])('%j is followed by %j', async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });
});
