// Plans of models with nets, carried out: closed forms where a net is linear in its params, descents elsewhere, and refusals of
// what nothing honours. Expected: normal equations, principal components, and what a planted net or function says.
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { NestedData } from '../../src/api.ts';
import { linear } from '../lower/plain-layers.ts';
import { point } from '../tensor/finite-differences.ts';
import { defaults, explainModel, flat, largestDifference, runModel, tryModel } from '../methods/run-model.ts';
import { analyse, energy } from '../../src/compile.ts';

const rows = (values: readonly number[], columns: number): number[][] =>
  Array.from({ length: values.length / columns }, (_, i) => values.slice(i * columns, (i + 1) * columns) as number[]);

/** Four measures of 150 flowers. */
const iris = async (): Promise<number[][]> => {
  const text = await readFile(new URL('../../examples/data/iris.csv', import.meta.url), 'utf8');
  const y = text
    .trim()
    .split('\n')
    .map((line) => line.split(',').slice(0, 4).map(Number))
    .filter((row) => row.every((v) => !Number.isNaN(v)));
  expect(y).toHaveLength(150);
  return y;
};

const codes = async (source: string, data: Readonly<Record<string, NestedData>> = {}): Promise<readonly string[]> => {
  const { diagnostics } = await tryModel(source, data);
  return diagnostics.map((d) => d.code);
};

describe('a net that is linear in its params', () => {
  const x = [0.5, -1, 2, 3, -0.5, 1.5];
  const y = [1, -0.5, 2.5, 4.2, 0.3, 1.9];
  const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b) / v.length;
  const source = (more = ''): string => `model line
size N
net F(v : real[1]) -> real[1] = v |> linear(1)
plate n in N {
  observed x : real[1]
  target y : real[1]
  factor error = ||y - F(x)||^2
}
${more}`;

  test('is least squares: the regression line', async () => {
    const report = await runModel(source(), { x, y });
    const [mx, my] = [mean(x), mean(y)];
    const slope = x.reduce((s, v, i) => s + (v - mx) * (y[i]! - my), 0) / x.reduce((s, v) => s + (v - mx) ** 2, 0);
    expect(largestDifference(flat(report.params['F.linear1.weight']), [slope])).toBeLessThan(1e-9);
    expect(largestDifference(flat(report.params['F.linear1.bias']), [my - slope * mx])).toBeLessThan(1e-9);
    expect(report.plan.map((p) => [p.method, p.certificate])).toEqual([['least squares', 'exact']]);
    expect(Object.keys(report.params)).toEqual(['F.linear1.weight', 'F.linear1.bias']);
  });

  test('with weight decay, ridge regression', async () => {
    const lambda = 3;
    const report = await runModel(source(`regularizer decay = ${lambda} * ||weights(F)||^2\n`), { x, y });
    // (XᵀX + λ) w = Xᵀ y with a column of ones, by Cramer's rule.
    const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, v, i) => s + v * b[i]!, 0);
    const ones = x.map(() => 1);
    const [a, b, d] = [dot(x, x) + lambda, dot(x, ones), dot(ones, ones) + lambda];
    const [p, q] = [dot(x, y), dot(ones, y)];
    const det = a * d - b * b;
    const [weight, bias] = [(p * d - b * q) / det, (a * q - b * p) / det];
    expect(largestDifference(flat(report.params['F.linear1.weight']), [weight])).toBeLessThan(1e-9);
    expect(largestDifference(flat(report.params['F.linear1.bias']), [bias])).toBeLessThan(1e-9);
  });

  test('a linear autoencoder alternates least squares and finds the principal plane', async () => {
    const y = await iris();
    const report = await runModel(
      `model linear_autoencoder
size N, D, K = 2
net Enc(v : real[D]) -> real[K] = v |> linear(K)
net Dec(h : real[K]) -> real[D] = h |> linear(D)
plate n in N {
  target y : real[D]
  factor reconstruction = ||y - Dec(Enc(y))||^2
}
`,
      { y },
      { restarts: 2 },
    );
    // Squared singular values of the centred data beyond the second. numpy 2.4.6:
    // X = load_iris().data; s = np.linalg.svd(X - X.mean(0), compute_uv=False); (s[2:]**2).sum()
    const best = 15.204644359438953;
    expect(report.energy!.total).toBeGreaterThan(best * (1 - 1e-6));
    expect(report.energy!.total).toBeLessThan(best * 1.01);
    expect(report.plan.map((p) => p.method)).toEqual([
      'least squares, a step of block coordinate descent',
      'least squares, a step of block coordinate descent',
    ]);
  });
});

test('an embedding of a latent category is k-means', async () => {
  const report = await runModel(
    `model clusters
size N, D, K = 3
net Centre(c : category(K)) -> real[D] = c |> embedding(D)
plate n in N {
  target y : real[D]
  latent c : category(K)
  factor distance = ||y - Centre(c)||^2
}
`,
    { y: await iris() },
  );
  // scikit-learn 1.9.1: KMeans(3, n_init=20, tol=0, random_state=0).fit(load_iris().data).inertia_ is 78.85144142614601.
  expect(report.energy!.total).toBeCloseTo(78.85144142614601, 6);
});

describe('a net that is not', () => {
  test('a net of two layers fits sin, on wasm', async () => {
    const x = Array.from({ length: 40 }, (_, i) => -3 + (6 * i) / 39);
    const report = await runModel(
      `model sine
size N
net F(v : real[1]) -> real[1] = v |> linear(12) |> tanh |> linear(1)
plate n in N {
  observed x : real[1]
  target y : real[1]
  factor error = ||y - F(x)||^2
}
train { learn F by lbfgs(iterations = 120) }
`,
      { x, y: x.map(Math.sin) },
      { backend: 'wasm', restarts: 1 },
    );
    const param = (name: string): readonly number[] => flat(report.params[`F.${name}`]);
    const f = (v: number): number => {
      const hidden = linear(rows(param('linear1.weight'), 1), param('linear1.bias'), [v]).map(Math.tanh);
      return linear([param('linear2.weight')], param('linear2.bias'), hidden)[0]!;
    };
    // Between the points that it has seen, too.
    for (let v = -2.9; v < 3; v += 0.1) expect(Math.abs(f(v) - Math.sin(v))).toBeLessThan(0.05);
  });

  test('a planted convolution is found, with a length that the sizes tell', async () => {
    const x = rows(point([8, 11], 1, -2, 2).values, 11);
    const weight = [
      [0.5, -0.2, 0.1, 0.3],
      [0.2, 0.2, -0.4, 0.1],
    ];
    const bias = [0.1, -0.2];
    const y = x.map((row) =>
      [0, 3, 6].map((start) => linear(weight, bias, row.slice(start, start + 4)).map(Math.tanh)),
    );
    const report = await runModel(
      `model windows
size N, L, T, C
net F(v : real[L]) -> real[T, C] = v |> conv1d(C, width = 4, stride = 3) |> tanh
plate n in N {
  observed x : real[L]
  target y : real[T, C]
  factor error = ||y - F(x)||_F^2
}
`,
      { x, y },
      { restarts: 1 },
    );
    expect(largestDifference(flat(report.params['F.conv1d1.weight']), weight.flat())).toBeLessThan(1e-4);
    expect(largestDifference(flat(report.params['F.conv1d1.bias']), bias)).toBeLessThan(1e-4);
  });

  test('kinks are left to first-order steps', () => {
    const text = explainModel(`model m
size N, D
net F(v : real[D]) -> real[1] = v |> linear(8) |> relu |> linear(1)
plate n in N { observed x : real[D]  target y : real[1]  factor error = ||y - F(x)||^2 }
`);
    expect(text).toContain('learn F by Adam');
  });
});

describe('explain', () => {
  test('a net stands for its params, and what is true of all is said once', () => {
    const text = explainModel(`model m
size N, D, K = 2
net Enc(v : real[D]) -> real[K] = v |> linear(8) |> tanh |> linear(K) |> tanh
net Dec(h : real[K]) -> real[D] = h |> linear(D)
plate n in N { target y : real[D]  factor r = ||y - Dec(Enc(y))||^2 }
train { learn Enc, Dec by lbfgs }
`);
    expect(text).toContain('  Enc (4 params): smooth, not seen to be convex or concave (factor r)\n');
    expect(text).toContain('  Dec (2 params): quadratic (factor r)\n');
    expect(text).toContain('learn Enc, Dec by L-BFGS');
  });
});

describe('stop_gradient of params', () => {
  const source = (train: string): string => `model m
param a, b : real
factor follow = (a - stop_gradient(b))^2
factor own = (b - 1)^2 + (a - 3)^2
${train}`;

  test('b is chosen by its own factor alone', async () => {
    // The minimum over both would be a = 7/3, b = 5/3.
    const report = await runModel(source('train { learn by adam(rate = 0.05)  epochs 600 }'));
    expect(report.params['a']).toBeCloseTo(2, 3);
    expect(report.params['b']).toBeCloseTo(1, 3);
  });

  test('without a train block, steps are chosen', () => {
    expect(explainModel(source(''))).toMatch(/learn a, b by Adam[^]*stop_gradient holds params still/);
  });

  test.for(['lbfgs', 'als', 'exact'])('%s is refused', async (by) => {
    expect(await codes(source(`train { learn by ${by} }`))).toEqual(['EBM509']);
  });

  test('in a loss that is written, too', async () => {
    const text = (by: string): string => `model m
size N
param a, b : real
plate n in N { target y : real  factor f = (y - a)^2 + (y - b)^2 }
train { loss = F + (a - stop_gradient(b))^2  learn by ${by} }
`;
    expect(await codes(text('lbfgs'), { y: [1, 2, 3] })).toEqual(['EBM509']);
    expect(await codes(text('adam'), { y: [1, 2, 3] })).toEqual([]);
  });

  test('of latents is refused', async () => {
    const text = `model m
size N
param w : real
plate n in N { target y : real  latent z : real  factor f = (y - z)^2 + (w - stop_gradient(z))^2 }
train { learn by adam }
`;
    expect(await codes(text, { y: [1, 2] })).toEqual(['EBM501']);
  });
});

describe('averages', () => {
  const source = (train: string): string => `model m
size N, D
net Enc(v : real[D]) -> real[1] = v |> linear(1)
net Slow = ema(Enc, decay = 0.5)
plate n in N {
  target y : real[D]
  factor f = ||Enc(y) - Slow(y)||^2 + (Enc(y)[0] - 1)^2
}
${train}`;
  const y = [
    [1, 2],
    [0, 1],
  ];

  test.for(['lbfgs', 'als'])('%s has no steps that one could follow', async (by) => {
    expect(await codes(source(`train { learn by ${by} }`), { y })).toEqual(['EBM509']);
  });

  test('of a net that is given are that net', async () => {
    const params = { 'Enc.linear1.weight': [[0.5, 2]], 'Enc.linear1.bias': [-1] };
    const report = await energy(analyse(source(''), 'm.ebm'), { ...defaults, data: { y, ...params } });
    // Enc(y) = 3.5 and 1.
    expect(report.value?.energy.total).toBeCloseTo(2.5 ** 2, 12);
  });

  test('given themselves, they are what they are', async () => {
    const params = {
      'Enc.linear1.weight': [[0.5, 2]],
      'Enc.linear1.bias': [-1],
      'Slow.linear1.weight': [[0, 0]],
      'Slow.linear1.bias': [1],
    };
    const report = await energy(analyse(source(''), 'm.ebm'), { ...defaults, data: { y, ...params } });
    expect(report.value?.energy.total).toBeCloseTo(2 * 2.5 ** 2, 12);
  });
});

describe('dropout', () => {
  const source = `model m
size N, D
net F(v : real[D]) -> real[1] = v |> dropout(0.5) |> linear(1)
plate n in N { observed x : real[D]  target y : real[1]  factor f = ||y - F(x)||^2 }
`;

  test('is noise while learning', async () => {
    expect(await codes(source, { x: [[1, 2]], y: [[1]] })).toEqual(['EBM501']);
  });

  test('drops nothing once the params are given', async () => {
    const params = { 'F.linear1.weight': [[0.5, 2]], 'F.linear1.bias': [-1] };
    const report = await runModel(source, { x: [[1, 2]], ...params });
    expect(largestDifference(flat(report.variables['y']), [3.5])).toBeLessThan(1e-9);
  });
});

test('heads that do not share the columns evenly', async () => {
  const text = `model m
size T, H
net F(v : real[T, H]) -> real[T, H] = v |> attention(heads = 2)
target x : real[T, H]
factor f = ||F(x)||_F^2
`;
  expect(await codes(text, { x: [[1, 2, 3]] })).toEqual(['EBM631']);
});

test('weights of a net that has none', () => {
  const { diagnostics } = analyse(
    `model m
net F(v : real[2]) -> real[2] = v |> tanh
target x : real[2]
factor f = ||F(x)||^2 + ||weights(F)||^2
`,
    'm.ebm',
  );
  expect(diagnostics.map((d) => d.code)).toEqual(['EBM303']);
});
