// What a person sees of native programs: with a compiler, without one, and with one that fails. Each command is a process of its own,
// for a process looks for its compiler once.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCompiler } from './compiler.ts';

const root = join(import.meta.dirname, '..', '..', '..');
let place: string;

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'ebmc-test-'));
  const points = Array.from({ length: 20_000 }, (_, i) => `${Math.sin(i)},${(i % 3) * 4 + Math.cos(i)}`);
  writeFileSync(join(place, 'points.csv'), points.join('\n'));
  writeFileSync(
    join(place, 'kmeans.ebm'),
    'model kmeans\nsize N, D, K = 3\nparam w : real[D, K]\nplate n in N {\n  target y : real[D]\n  latent z : onehot[K]\n  factor f = ||y - w @ z||^2\n}\n',
  );
  // Works on the trial, and fails on programs.
  writeFileSync(
    join(place, 'moody'),
    '#!/bin/sh\nt=$(mktemp); cat > $t\nif grep -q ebmc_trial $t; then cc "$@" < $t; else echo "x.c:1: error: in a mood" >&2; false; fi; s=$?; rm $t; exit $s\n',
  );
  chmodSync(join(place, 'moody'), 0o755);
});
afterAll(() => rmSync(place, { recursive: true, force: true }));

const ebmc = (environment: Readonly<Record<string, string>>, ...argv: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', join(root, 'src', 'cli', 'cli.ts'), ...argv],
    { cwd: root, encoding: 'utf8', env: { ...process.env, EBMC_CACHE: join(place, 'cache'), ...environment } },
  );
  return { status, stdout, stderr };
};
const run = (environment: Readonly<Record<string, string>>, ...flags: readonly string[]) =>
  ebmc(environment, 'run', join(place, 'kmeans.ebm'), '--data', `y=${join(place, 'points.csv')}`, '--restarts', '5', '--json', ...flags); // prettier-ignore
const backendIn = ({ stdout }: { readonly stdout: string }): string =>
  (JSON.parse(stdout) as { backend: string }).backend;
const none = { CC: '/nowhere/cc' };

describe('without a compiler', { timeout: 60_000 }, () => {
  it('--backend native is refused, and nothing else takes its place', () => {
    const { status, stdout, stderr } = run(none, '--backend', 'native');
    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).toContain('error EBM513: the backend native cannot run here: CC names /nowhere/cc');
  });

  it('auto computes elsewhere, with one line that says so', () => {
    const ended = run(none);
    expect(ended.status).toBe(0);
    expect(backendIn(ended)).toBe('wasm');
    expect(ended.stderr.trim().split('\n')).toEqual([
      'warning EBM518: wasm computes, for native cannot: CC names /nowhere/cc, and there is no such command',
    ]);
  });

  it('backends says what is missing', () => {
    const { status, stdout } = ebmc({ CC: '', PATH: place }, 'backends');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^native +no {3}no C compiler was found \(cc, gcc, clang\)$/m);
  });
});

describe.skipIf(!hasCompiler)('with a compiler (skipped where there is none)', { timeout: 60_000 }, () => {
  it('auto compiles what is large', () => {
    const ended = run({});
    expect([ended.status, ended.stderr, backendIn(ended)]).toEqual([0, '', 'native']);
  });

  it('backends tells its version, its flags and the threads', () => {
    const { stdout } = ebmc({ EBMC_THREADS: '3' }, 'backends');
    expect(stdout).toMatch(/^native +yes {2}.*\d+\.\d+.* -O3 .*; [13] threads?$/m);
  });

  it('one that fails on a program is an error under --backend native', () => {
    const { status, stdout, stderr } = run({ CC: join(place, 'moody') }, '--backend', 'native');
    expect([status, stdout]).toEqual([4, '']);
    expect(stderr).toMatch(/error EBM517: .* does not translate the program: x\.c:1: error: in a mood/);
  });

  it('and under auto a warning', () => {
    const ended = run({ CC: join(place, 'moody') });
    expect([ended.status, backendIn(ended)]).toEqual([0, 'wasm']);
    expect(ended.stderr).toMatch(/^warning EBM518: wasm computes, for native cannot: .*in a mood/);
  });

  it('a cache that takes nothing is told, and the run goes on', () => {
    const ended = run({ EBMC_CACHE: '/dev/null/cache' });
    expect([ended.status, backendIn(ended)]).toEqual([0, 'native']);
    expect(ended.stderr).toMatch(/^warning EBM519: the compiled program is not kept for the next run: /);
  });
});
