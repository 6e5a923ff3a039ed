// The benchmark's command on a share of its work: what it prints as JSON, and what it does where the peer is missing.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { workloads } from '../../bench/workloads/index.ts';

const root = join(import.meta.dirname, '../..');

interface Printed {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const bench = (args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Printed> =>
  new Promise((resolve) => {
    const argv = ['--import', 'tsx', 'bench/main.ts', ...args];
    execFile(process.execPath, argv, { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

const fields = ['workload', 'ours', 'peer', 'oursMs', 'peerMs', 'ratio', 'shareOfCeiling'];
const onWasm = ['--backend', 'wasm', '--scale', '0.02'];
const peers = spawnSync('python3', ['-c', 'import numpy, sklearn']).status === 0;

describe('npm run bench', () => {
  // A PATH on which there is node and no python3.
  const path = mkdtempSync(join(tmpdir(), 'ebmc-path-'));
  symlinkSync(process.execPath, join(path, 'node'));
  afterAll(() => rmSync(path, { recursive: true }));

  it.skipIf(!peers)(
    '--json prints both sides and their ratio, and nothing else',
    async () => {
      const { status, stdout, stderr } = await bench(['forward-backward', 'em', '--json', ...onWasm]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      const results = JSON.parse(stdout) as Record<string, unknown>[];
      expect(results.map((r) => r['workload'])).toEqual(['em', 'forward-backward']);
      for (const result of results) {
        expect(Object.keys(result)).toEqual(fields);
        expect(result['ours']).toBe('ebmc on wasm');
        expect(result['peer']).toMatch(/^(scikit-learn|numpy) \d/);
        for (const name of ['oursMs', 'peerMs', 'ratio', 'shareOfCeiling']) expect(result[name]).toBeTypeOf('number');
      }
    },
    120_000,
  );

  it('without the peer the ratio is null, and standard error says why', async () => {
    const env = { ...process.env, PATH: path };
    const { status, stdout, stderr } = await bench(['forward-backward', '--json', ...onWasm], env);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^forward-backward: the peer does not run here: .*python3 was not found\n$/);
    const [result] = JSON.parse(stdout) as Record<string, unknown>[];
    expect(Object.keys(result!)).toEqual(fields);
    expect(result).toMatchObject({ peer: null, peerMs: null, ratio: null, shareOfCeiling: null });
    expect(result!['oursMs']).toBeGreaterThan(0);
  }, 120_000);

  it('shows how time grows with every length, and the memory that tensors take', async () => {
    const { status, stdout } = await bench(['forward-backward', ...onWasm], { ...process.env, PATH: path });
    expect(status).toBe(0);
    for (const length of ['N', 'T']) expect(stdout).toMatch(new RegExp(`time ~ ${length}\\^-?\\d+\\.\\d\\d `));
    const [, peak] = /tensors at peak: ([\d.]+) MiB/.exec(stdout)!;
    // Marginals of 2 sequences of 20 steps in 32 states are 5 KB; nothing needs a thousand times that.
    expect(Number(peak)).toBeGreaterThan(0);
    expect(Number(peak)).toBeLessThan(5);
  }, 120_000);

  it('refuses a workload that there is not', async () => {
    const { status, stderr } = await bench(['sorting']);
    expect(status).not.toBe(0);
    expect(stderr).toContain(workloads.map((w) => w.name).join(', '));
  }, 120_000);
});
