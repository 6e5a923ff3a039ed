// What `run -o DIR` leaves behind, by the real compiler: files that agree with each other, with what is printed, and with
// closed forms; and results that are read again.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/api.ts';
import { readNpy } from '../../src/data/npy.ts';
import { decodeTensor, parseSafetensors } from '../../src/data/safetensors.ts';
import { carryOut, inFolder } from '../corpus/carry-out.ts';

const clusters = `model clusters
size N, D, K = 2
param w : real[K, D]
plate n in N {
  target y : real[D]
  latent z : category(K)
  let r = y - w[z]
  let d = ||r||^2
  factor distance = d
}
let total = sum[n in N] d[n]
let norms[k in K] = ||w[k]||
regularizer small = 0.1 * ||w||_F^2
`;
const points = '0,0\n0,2\n10,0\n10,2\n';

const json = (path: string): RunReport => JSON.parse(readFileSync(path, 'utf8')) as RunReport;
const npy = (path: string) => readNpy(readFileSync(path), path).value!;

/** A run that must succeed. */
const run = async (flags: string): Promise<RunReport> => {
  const { stdout, exitCode, diagnostics } = await carryOut(`ebmc run m.ebm --json --backend reference ${flags}`);
  expect({ exitCode, diagnostics }).toEqual({ exitCode: 0, diagnostics: [] });
  return JSON.parse(stdout) as RunReport;
};

const close = (found: Iterable<number>, expected: readonly number[]): void => {
  const numbers = [...found];
  expect(numbers).toHaveLength(expected.length);
  numbers.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
};

describe('run -o DIR', () => {
  it('the free energies of the points sum to the free energy', async () => {
    await inFolder({ 'm.ebm': clusters, 'y.csv': points }, async () => {
      const { freeEnergy, energy } = await run('--data y=y.csv -o out --beta 2');
      const each = npy('out/free-energy.npy');
      expect(each.shape).toEqual([4]);
      expect([...each.data].reduce((a, b) => a + b)).toBeCloseTo(freeEnergy!, 6);
      expect(Object.keys(energy!.factors)).toEqual(['distance', 'small']);
    });
  });

  it('lets are shown inside and outside of plates, as they are at the result', async () => {
    await inFolder({ 'm.ebm': clusters, 'y.csv': points }, async () => {
      const { shown, params, variables } = await run('--data y=y.csv --show r,d --show total,norms');
      const w = params['w'] as number[][];
      const z = variables['z'] as number[];
      const y = points.trim().split('\n').map((line) => line.split(',').map(Number)); // prettier-ignore
      const r = y.map((point, n) => point.map((value, j) => value - w[z[n]!]![j]!));
      const d = r.map(([a, b]) => a! ** 2 + b! ** 2);
      close((shown!['r'] as number[][]).flat(), r.flat());
      close(shown!['d'] as number[], d);
      expect(shown!['total']).toBeCloseTo(d.reduce((a, b) => a + b), 6); // prettier-ignore
      close(shown!['norms'] as number[], w.map(([a, b]) => Math.hypot(a!, b!))); // prettier-ignore
    });
  });

  it('params are read again: from params.safetensors and from result.json, to the same energy', async () => {
    await inFolder({ 'm.ebm': clusters, 'y.csv': points }, async () => {
      const learned = await run('--data y=y.csv -o out');
      const { tensors, metadata } = parseSafetensors(readFileSync('out/params.safetensors'), 'p').value!;
      expect(metadata.get('model')).toBe('clusters');
      // JSON has no -0.
      expect([...decodeTensor(tensors.get('w')!).data].map((x) => x + 0)).toEqual(
        (learned.params['w'] as number[][]).flat(),
      );
      for (const file of ['params.safetensors', 'result.json']) {
        const again = await run(`--data y=y.csv --params out/${file}`);
        expect(again.params).toEqual({});
        expect(again.energy).toEqual(learned.energy);
      }
    });
  });

  it('large arrays lie beside the JSON and say so', async () => {
    const model = 'model m\nsize N\nplate n in N {\n  latent x : real\n  observed y : real\n  factor f = (x - y)^2\n}\nlet twice[n in N] = 2 * x[n]\n'; // prettier-ignore
    const y = Array.from({ length: 12_000 }, (_, i) => i / 4);
    await inFolder({ 'm.ebm': model, 'y.csv': y.join('\n') }, async () => {
      await run('--data y=y.csv --show twice -o out');
      const report = json('out/result.json');
      expect(report.variables).toEqual({ x: { file: 'variables.x.npy', shape: [12_000] } });
      expect(report.shown).toEqual({ twice: { file: 'shown.twice.npy', shape: [12_000] } });
      close(npy('out/variables.x.npy').data, y);
      close(npy('out/shown.twice.npy').data, y.map((value) => 2 * value)); // prettier-ignore
    });
  });
});

describe('--without-regularizers', () => {
  it('learns and reports as if they were not written', async () => {
    // Without the regularizer the centres are means: (0, 1) and (10, 1), each point at squared distance 1.
    await inFolder({ 'm.ebm': clusters, 'y.csv': points }, async () => {
      const { energy, params } = await run('--data y=y.csv --without-regularizers');
      expect(Object.keys(energy!.factors)).toEqual(['distance']);
      expect(energy!.total).toBeCloseTo(4, 6);
      close((params['w'] as number[][]).toSorted(([a], [b]) => a! - b!).flat(), [0, 1, 10, 1]); // prettier-ignore
    });
  });

  it('holds for `ebmc energy` too', async () => {
    const files = { 'm.ebm': clusters, 'y.csv': points, 'w.json': '[[0, 1], [10, 1]]', 'z.json': '[0, 0, 1, 1]' };
    await inFolder(files, async () => {
      const command = 'ebmc energy m.ebm --json --data y=y.csv --data w=w.json --data z=z.json';
      const { energy } = JSON.parse((await carryOut(command)).stdout) as RunReport;
      expect(energy!.factors['distance']).toBe(4);
      expect(energy!.factors['small']).toBeCloseTo(0.1 * (0 + 1 + 100 + 1), 9);
      const without = JSON.parse((await carryOut(`${command} --without-regularizers`)).stdout) as RunReport;
      expect(without.energy).toEqual({ total: 4, factors: { distance: 4 } });
    });
  });
});
