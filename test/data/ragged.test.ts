// Ragged sizes: lengths read off nested arrays, given outright or all alike; what lies beyond them counts for nothing, in
// energies, integrals and results.
import { describe, expect, it } from 'vitest';
import type { NestedData, RunOptions } from '../../src/api.ts';
import { analyse, energy, run } from '../../src/compile.ts';
import { jsonReport, resultFiles } from '../../src/cli/result-files.ts';
import { bind } from '../../src/data/bind.ts';
import { tableOf } from '../../src/data/json.ts';
import { readNpy } from '../../src/data/npy.ts';
import type { Table } from '../../src/data/table.ts';
import { withNative } from '../backend/native/compiler.ts';
import { defaults, flat, runFully, runModel, tryModel } from '../methods/run-model.ts';

type Inputs = Readonly<Record<string, NestedData | Table>>;
const tableFrom = (value: NestedData | Table): Table =>
  typeof value === 'object' && value !== null && 'source' in value ? value : tableOf(value, 'x.json').value!;
const bound = (source: string, data: Inputs, sizes: Readonly<Record<string, number>> = {}) => {
  const { model } = analyse(source, 'model.ebm');
  const tables = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, tableFrom(value)]));
  return bind(model!, { data: tables, params: {}, sizes, consts: {} });
};
const lengthsOf = (...args: Parameters<typeof bound>) => {
  const { value, diagnostics } = bound(...args);
  expect(diagnostics).toEqual([]);
  return Object.fromEntries(Object.entries(value!.lengths).map(([name, { data }]) => [name, [...data]]));
};
const mistake = (...args: Parameters<typeof bound>) => bound(...args).diagnostics[0]!;

const words = `model words
size N, T[n in N]
plate n in N {
  observed x[t in T[n]] : real
  target y[t in T[n]] : real
  factor fit[t in T[n]] = (y[t] - x[t])^2
}`;

describe('lengths', () => {
  it('are those of nested arrays, and arrays agree about them', () => {
    const x = [[1, 2, 3], [4], [5, 6]]; // prettier-ignore
    expect(lengthsOf(words, { x })).toEqual({ T: [3, 1, 2] });
    expect(bound(words, { x }).value!.sizes['T']!.value).toBe(3);
    expect(mistake(words, { x, y: [[1, 2, 3], [4], [5]] })).toMatchObject({
      // prettier-ignore
      code: 'EBM623',
      message: 'T[2] is 1 according to y (x.json), but 2 according to x (x.json)',
    });
  });

  it('are given outright, and then rectangular files are padded beyond them', () => {
    const { value } = tableOf([[1, 2, 3], [4, null, null], [5, 6, null]], 'x.csv'); // prettier-ignore
    expect(lengthsOf(words, { x: value!, T: [3, 1, 2] })).toEqual({ T: [3, 1, 2] });
    expect(mistake(words, { x: value!, T: [3, 1, 3] }).code).toBe('EBM627');
    expect(mistake(words, { x: value! }).code).toBe('EBM627');
    expect(mistake(words, { x: value!, T: [3, 1, 4] })).toMatchObject({ code: 'EBM625' });
    expect(mistake(words, { x: value!, T: [3, 1] })).toMatchObject({ code: 'EBM623' });
    expect(mistake(words, { x: value!, T: [[3, 1, 2]] })).toMatchObject({ code: 'EBM622' });
  });

  it('of nested arrays say how much of a rectangular file there is', () => {
    const { value } = tableOf([[1, 2, 3], [4, null, null], [5, 6, null]], 'y.csv'); // prettier-ignore
    expect(lengthsOf(words, { x: [[1, 2, 3], [4], [5, 6]], y: value! })).toEqual({ T: [3, 1, 2] }); // prettier-ignore
    expect(bound(words, { x: [[1, 2, 3], [4], [5, 6]], y: value! }).value!.missing).toEqual({}); // prettier-ignore
    const full = tableOf([[1, 2, 3], [4, 0, 0], [5, 6, 0]], 'y.csv').value!; // prettier-ignore
    expect(mistake(words, { x: [[1, 2, 3], [4], [5, 6]], y: full }).code).toBe('EBM623'); // prettier-ignore
  });

  it('are all the same where only the longest is known', () => {
    expect(lengthsOf(words, {}, { N: 2, T: 4 })).toEqual({ T: [4, 4] });
    expect(lengthsOf(words, { T: [2, 5] })).toEqual({ T: [2, 5] });
  });

  it('may run over several indices, be shifted, and stand under another plate', () => {
    const deep = `model deep
size D, L[d in D], W[d in D, i in L[d]]
data v[d in D, i in L[d], j in W[d, i]] : real
factor f[d in D, i in L[d], j in W[d, i]] = v[d, i, j]`;
    const v = [[[1, 2], [3]], [[4, 5, 6]]]; // prettier-ignore
    expect(lengthsOf(deep, { v })).toEqual({ L: [2, 1], W: [2, 1, 3, 0] });
    const shifted = `model shifted
size N, T[n in N]
data v[n in N, t in T[n] + 1] : real
factor f[n in N, t in T[n] + 1] = v[n, t]`;
    expect(lengthsOf(shifted, { v: [[1], [1, 2, 3]] })).toEqual({ T: [0, 2] }); // prettier-ignore
    const copies = `model copies
size B, N, T[n in N]
data v[b in B, n in N, t in T[n]] : real
factor f[b in B, n in N, t in T[n]] = v[b, n, t]`;
    expect(lengthsOf(copies, { v: [[[1, 2], [3]], [[4, 5], [6]]] })).toEqual({ T: [2, 1] }); // prettier-ignore
    expect(
      mistake(copies, {
        v: [
          [[1, 2], [3]],
          [[4], [6]],
        ],
      }),
    ).toMatchObject({
      // prettier-ignore
      code: 'EBM623',
      message: 'T[0] is 1 according to v (x.json), but 2 according to another row of v (x.json)',
    });
  });

  it('other axes stay rectangular', () => {
    const vectors = words
      .replace('y[t in T[n]] : real', 'y[t in T[n]] : real[2]')
      .replace('(y[t] - x[t])^2', 'x[t] * ||y[t]||^2');
    expect(lengthsOf(vectors, { y: [[[1, 2]], [[1, 2], [3, 4]]] })).toEqual({ T: [1, 2] }); // prettier-ignore
    expect(mistake(vectors, { y: [[[1, 2]], [[1, 2], [3]]] }).code).toBe('EBM611'); // prettier-ignore
  });

  it('are needed before a run', async () => {
    const { diagnostics } = await tryModel(words, {}, { sizes: { N: 2 } });
    expect(diagnostics.map((d) => d.code)).toContain('EBM629');
  });
});

const text = (value: unknown): unknown => JSON.parse(value as string);
const reportOf = async (
  source: string,
  data: Readonly<Record<string, NestedData>>,
  options: Partial<RunOptions> = {},
) =>
  text(jsonReport(await runModel(source, data, options))) as {
    readonly variables: Readonly<Record<string, unknown>>;
    readonly marginals: Readonly<Record<string, unknown>>;
    readonly shown: Readonly<Record<string, unknown>>;
  };

describe('padding counts for nothing', () => {
  // What stands in the padding of sd is a divisor, and the argument of a logarithm.
  it.each(['', 'log(1 - sd[n, t] / 9) + '])('where functions of it would have a pole: %ssd', async (more) => {
    const source = `model scaled
size N, T[n in N]
data sd[n in N, t in T[n]] : real
target y[n in N, t in T[n]] : real
y[n in N, t in T[n]] ~ normal(t + 1, sd[n, t])
factor f[n in N, t in T[n]] = ${more}0`;
    const report = await reportOf(source, { sd: [[1, 2, 3], [2]] });
    expect(report.variables['y']).toEqual([[1, 2, 3], [1]]);
  });

  it('in sums, means and plates of ragged length', async () => {
    const source = `model reductions
size D, L[d in D]
data v[d in D, i in L[d]] : real
latent total[d in D] : real
latent average[d in D] : real
factor a[d in D] = (total[d] - sum[i in L[d]] v[d, i])^2
factor b[d in D] = (average[d] - mean[i in L[d]] v[d, i])^2
plate d in D { plate i in L[d] { latent z : real  factor c = (z - v[d, i])^2 + 1 } }`;
    const v = [[1, 2, 6], [4], [-1, 2]]; // prettier-ignore
    const { variables, energy: found } = await runModel(source, { v });
    expect(flat(variables['total'])).toEqual([9, 4, 1].map((x) => expect.closeTo(x, 9)));
    expect(flat(variables['average'])).toEqual([3, 4, 0.5].map((x) => expect.closeTo(x, 9)));
    expect(found!.factors['c']).toBeCloseTo(6, 9);
    const report = await reportOf(source, { v });
    expect(report.variables['z']).toEqual(v.map((row) => row.map((x) => expect.closeTo(x, 9))));
  });

  it('a mean of unknowns is over the nodes that there are', async () => {
    const source = `model level
size D, L[d in D]
data m[d in D] : real
plate d in D {
  latent z[i in L[d]] : real
  factor centre = (mean[i in L[d]] z[i] - m[d])^2
  factor small[i in L[d]] = 0.5 * z[i]^2
}`;
    // At the minimum z = 2 (m - mean) / L for each of L nodes, so z = 2 m / (L + 2).
    const { variables } = await reportOf(source, { m: [6, 3], L: [1, 4] });
    expect(variables['z']).toEqual([[expect.closeTo(4, 9)], Array(4).fill(expect.closeTo(1, 9))]);
  });

  it.each(withNative(['reference', 'wasm']))(
    'random walks of different lengths are those of each alone, on %s',
    async (backend) => {
      const walk = (plate: string, length: string) => `model walk
size N, ${plate}
plate n in N {
  observed x[t in ${length}] : real
  latent s[t in ${length}] : real
  s[0] ~ normal(0, 1)
  s[t in 1..${length}] ~ normal(s[t-1], 0.7)
  factor seen[t in ${length}] = 0.5 * (x[t] - s[t])^2
}`;
      const x = [[1, -0.5, 2, 0.3], [0.4], [2, 1]]; // prettier-ignore
      const options = { query: 'marginals', backend } as const;
      const together = await runFully(walk('T[n in N]', 'T[n]'), { x }, options);
      const apart = await Promise.all(
        x.map((row) => runModel(walk('T', 'T'), { x: [row] }, { ...options, backend: 'reference' })),
      );
      const digits = backend === 'reference' ? 9 : 4;
      expect(together.json.logPartition).toBeCloseTo(
        apart.reduce((sum, r) => sum + r.logPartition!, 0),
        digits,
      );
      expect(together.json.energy!.total).toBeCloseTo(
        apart.reduce((sum, r) => sum + r.energy!.total, 0),
        digits,
      );
      const { marginals } = text(jsonReport(together.json)) as {
        marginals: { s: { mean: number[][]; sd: number[][] } };
      };
      for (const of of ['mean', 'sd'] as const)
        expect(marginals.s[of]).toEqual(
          apart.map((r) =>
            flat((r.marginals['s'] as Record<string, unknown>)[of]).map((v) => expect.closeTo(v, digits)),
          ),
        );
    },
  );

  it('where its numbers are outside of the domain too', async () => {
    // Padding that were 0 would have an infinite energy and no gradient.
    const source = `model positive
size N, T[n in N]
param m : real
plate n in N {
  target y[t in T[n]] : positive
  y[t in T[n]] ~ lognormal(m, 1)
}
train { learn m by lbfgs }`;
    const y = [[1, 2, 3], [4]]; // prettier-ignore
    const { params } = await runModel(source, { y });
    const expected = y.flat().reduce((sum, v) => sum + Math.log(v), 0) / 4;
    expect(flat(params['m'])[0]).toBeCloseTo(expected, 5);
  });

  it('cells of it are not missing, and missing cells are not it', async () => {
    const { variables } = await reportOf(words, { x: [[1, 2, 3], [4]], y: [[null, 5, null], [6]] }); // prettier-ignore
    expect(variables['y']).toEqual([[expect.closeTo(1, 6), 5, expect.closeTo(3, 6)], [6]]);
  });

  it('in `ebmc energy`', async () => {
    const data = { x: [[1, 2, 3], [4]], y: [[1, 2, 5], [6]] }; // prettier-ignore
    const { value } = await energy(analyse(words, 'model.ebm'), { ...defaults, data });
    expect(value!.energy.total).toBeCloseTo(8, 9);
  });
});

describe('results', () => {
  it('have rows of their own lengths; large ones are files padded with NaN that say their lengths', async () => {
    const long = Array.from({ length: 12_000 }, (_, t) => t % 7);
    const result = await runFully(words, { x: [long, [1, 2]] });
    const files = resultFiles(result, 'out');
    const report = text(files.find((f) => f.path.endsWith('result.json'))!.content) as {
      variables: { y: { file: string; shape: number[]; lengths: unknown } };
    };
    expect(report.variables.y).toEqual({ file: 'variables.y.npy', shape: [2, 12_000], lengths: { 1: [12_000, 2] } });
    const content = files.find((f) => f.path.endsWith('variables.y.npy'))!.content as Buffer;
    const array = readNpy(content, 'y.npy').value!;
    expect(array.shape).toEqual([2, 12_000]);
    expect([...array.data.slice(12_000, 12_002)].map((v) => Math.round(v * 1e6) / 1e6)).toEqual([1, 2]);
    expect(array.missing!.slice(12_002).every((m) => m === 1)).toBe(true);
  });

  it('lets over ragged indices too', async () => {
    const source = words.replace(
      'factor fit[t in T[n]] = (y[t] - x[t])^2',
      'let gap[t in T[n]] = y[t] - x[t]\n  factor fit[t in T[n]] = gap[t]^2',
    );
    const data = { x: [[1, 2, 3], [4]], y: [[1, 2, 5], [6]] }; // prettier-ignore
    const { shown } = await reportOf(source, data, { show: ['gap'] });
    expect(shown['gap']).toEqual([[0, 0, 2], [2]]); // prettier-ignore
  });
});

it('params with ragged sizes are refused', async () => {
  const source = `model m
size N, T[n in N]
param w[n in N, t in T[n]] : real
plate n in N { target y[t in T[n]] : real  factor fit[t in T[n]] = (y[t] - w[n, t])^2 }`;
  const { diagnostics } = await run(analyse(source, 'model.ebm'), { ...defaults, data: { y: [[1, 2], [3]] } }); // prettier-ignore
  expect(diagnostics.map((d) => d.code)).toEqual(['EBM501']);
  expect(diagnostics[0]!.message).toContain('param w, of which a `where` or a ragged size leaves out some nodes,');
});
