// What should never be given, and what should never happen to a disk: each ends in one clear message and the right exit
// code, nothing is lost and nothing half-written. As processes of the built command line.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
let folder: string;
let cli: string;
const at = (name: string): string => join(folder, name);
const model = 'model m\nsize N, D\nparam w : real[D]\nplate n in N {\n  target y : real[D]\n  factor f = ||y - w||^2\n}\n'; // prettier-ignore

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  /** One entry for each diagnostic, however many lines it has. */
  readonly messages: readonly string[];
}

const ended = (status: number | null, stdout: string, stderr: string): Ended => {
  expect(stderr).not.toMatch(/\n\s+at |bug of ours|node:internal/);
  return { status, stdout, messages: stderr.split('\n').filter((line) => /^\S*(error|warning|EBM)/.test(line)) };
};

const ebmc = (...argv: readonly string[]): Ended => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...argv], { encoding: 'utf8', cwd: folder });
  return ended(status, stdout, stderr);
};

/** Through a shell, for redirections. */
const shell = (command: string): Ended => {
  const line = command.replace(/\bebmc\b/g, `"${process.execPath}" "${cli}"`);
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], { encoding: 'utf8', cwd: folder });
  return ended(status, stdout, stderr);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebmc-bad-'));
  const dist = join(folder, 'dist');
  execFileSync(process.execPath, [join(root, 'build.mjs'), dist], { cwd: root });
  // Packages that stay outside of the bundle.
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  cli = join(dist, 'cli.js');
  writeFileSync(at('m.ebm'), model);
  writeFileSync(at('y.csv'), '1,2\n3,4\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('texts that are no models', () => {
  it.each<[string, string | Uint8Array, RegExp]>([
    ['invalid UTF-8', Buffer.from('model m\nlatent x : real\nfactor f = x\xff\n', 'latin1'), /EBM608.*not a text file/],
    ['zero bytes', 'model m\n\0', /EBM608/],
    ['a line of 100 MB', Buffer.alloc(100 * 2 ** 20, 'x + '), /EBM619.*longer than the 8 MiB/],
    ['one long sum', `model m\nlatent x : real\nfactor f = x${' + x'.repeat(20_000)}\n`, /EBM114.*nested too deeply/],
  ])('%s', (_, content, message) => {
    writeFileSync(at('bad.ebm'), content);
    const { status, stdout, messages } = ebmc('check', 'bad.ebm');
    expect({ status, stdout, messages }).toEqual({ status: 1, stdout: '', messages: [expect.stringMatching(message)] });
    rmSync(at('bad.ebm'));
  });

  it('a directory, a file that is not there', () => {
    mkdirSync(at('folder.ebm'), { recursive: true });
    expect(ebmc('check', 'folder.ebm').messages).toEqual([expect.stringMatching(/EBM601.*it is a directory/)]);
    expect(ebmc('run', 'none.ebm')).toMatchObject({ status: 1, messages: [expect.stringMatching(/no such file/)] });
  });

  it.skipIf(process.getuid?.() === 0)('a file that may not be read (skipped for root, who may read everything)', () => {
    writeFileSync(at('secret.ebm'), model, { mode: 0 });
    expect(ebmc('check', 'secret.ebm').messages).toEqual([expect.stringMatching(/EBM601.*permission denied/)]);
  });

  it('an empty file is checked, and has nothing to run', () => {
    writeFileSync(at('empty.ebm'), '');
    expect(ebmc('check', 'empty.ebm').status).toBe(0);
    expect(ebmc('run', 'empty.ebm')).toMatchObject({
      status: 1,
      stdout: '',
      messages: [expect.stringMatching(/EBM511.*no variables/)],
    });
  });
});

describe('texts that are unusual models', () => {
  it.each([
    ['a byte order mark', `\ufeff${model}`],
    ['the line ends of Windows', model.replaceAll('\n', '\r\n')],
    ['5 MB, most of it commented out', `${model}${'// 0.123456, 1.234567, 2.345678\n'.repeat(160_000)}`],
    [
      'five thousand factors written out',
      `model m\n${Array.from({ length: 5000 }, (_, i) => `latent x${i} : real\nfactor f${i} = (x${i} - ${i})^2\n`).join('')}`, // prettier-ignore
    ],
  ])('%s', (_, content) => {
    writeFileSync(at('good.ebm'), content);
    expect(ebmc('check', 'good.ebm')).toEqual({ status: 0, stdout: 'good.ebm: ok\n', messages: [] });
  });
});

describe('data', () => {
  it('a table of 100 MB in one line', () => {
    writeFileSync(at('long.csv'), Buffer.alloc(100 * 2 ** 20, '1.5,'));
    const { status, stdout, messages } = ebmc('run', 'm.ebm', '--data', 'y=long.csv');
    expect({ status, stdout, messages }).toEqual({
      status: 1,
      stdout: '',
      messages: [expect.stringMatching(/EBM618/)],
    });
    rmSync(at('long.csv'));
  });

  it('a directory given as a table', () => {
    mkdirSync(at('folder.csv'), { recursive: true });
    expect(ebmc('run', 'm.ebm', '--data', 'y=folder.csv').messages).toEqual([expect.stringMatching(/EBM601/)]);
  });
});

describe.skipIf(!existsSync('/dev/full'))('a full disk (skipped without /dev/full)', () => {
  it('behind standard output', () => {
    for (const command of ['check m.ebm', 'graph m.ebm --format dot -o -', 'run m.ebm --data y=y.csv --json'])
      expect(shell(`ebmc ${command} > /dev/full`)).toMatchObject({
        status: 1,
        messages: [expect.stringMatching(/EBM612.*standard output: no space is left/)],
      });
  });

  it('behind standard error changes no exit code', () => {
    expect(shell('ebmc check none.ebm 2> /dev/full').status).toBe(1);
    expect(shell('ebmc check m.ebm 2> /dev/full')).toMatchObject({ status: 0, stdout: 'm.ebm: ok\n' });
  });

  it('behind a file: a device is written to and stays what it is', () => {
    const { status, messages } = ebmc('graph', 'm.ebm', '--format', 'dot', '-o', '/dev/full');
    expect({ status, messages }).toEqual({ status: 1, messages: [expect.stringMatching(/EBM612.*no space is left/)] });
    expect(statSync('/dev/full').isCharacterDevice()).toBe(true);
    expect(ebmc('graph', 'm.ebm', '--format', 'dot', '-o', '/dev/null').status).toBe(0);
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });
});

describe('output', () => {
  it('replaces what a link points to, and keeps its permissions', () => {
    writeFileSync(at('real.dot'), 'before');
    chmodSync(at('real.dot'), 0o640);
    symlinkSync('real.dot', at('link.dot'));
    expect(ebmc('graph', 'm.ebm', '-o', 'link.dot').status).toBe(0);
    expect(lstatSync(at('link.dot')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('real.dot'), 'utf8')).toContain('graph "m"');
    expect(statSync(at('real.dot')).mode & 0o777).toBe(0o640);
  });

  it.skipIf(process.getuid?.() === 0)('leaves a file alone that may not be written (skipped for root)', () => {
    writeFileSync(at('kept.dot'), 'before', { mode: 0o444 });
    expect(ebmc('graph', 'm.ebm', '-o', 'kept.dot').messages).toEqual([expect.stringMatching(/permission denied/)]);
    expect(readFileSync(at('kept.dot'), 'utf8')).toBe('before');
  });

  it('of two processes at once is that of one of them, whole', async () => {
    const start = (seed: string) => {
      const argv = [cli, 'run', 'm.ebm', '--data', 'y=y.csv', '--backend', 'reference', '--seed', seed, '-o', 'both'];
      const child = spawn(process.execPath, argv, { cwd: folder, stdio: 'ignore' });
      return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
    };
    expect(await Promise.all([start('1'), start('2')])).toEqual([0, 0]);
    expect(readdirSync(at('both')).sort()).toEqual([
      'free-energy.npy',
      'params.safetensors',
      'result.json',
      'surface.svg',
    ]);
    expect(JSON.parse(readFileSync(at('both/result.json'), 'utf8'))).toMatchObject({ params: { w: [2, 3] } });
  });
});
