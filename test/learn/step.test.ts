// One step of learning, against arithmetic on paper. The energy of three points, x = 1, 2, 3 and y = 2, 3, 7, is Σ (y - w x)²,
// whose gradient at w is Σ -2 x (y - w x).
import { describe, expect, it } from 'vitest';
import { followersOf } from '../../src/graph/nets/followers.ts';
import type { TrainingRequest } from '../../src/learn/train.ts';
import { batches, call, numbers, requestOf, scalar, vector } from './training-model.ts';

const [x, y] = [
  [1, 2, 3],
  [2, 3, 7],
];
const line = (train: string, more = ''): TrainingRequest =>
  requestOf(
    `model line
size N
param w : real
plate n in N {
  observed x : real
  target y : real
  factor fit = (y - w * x)^2
}
${more}
train { ${train}  epochs 3  batch 2 }`,
    { x, y },
  );
const slopeAt = (w: number, points: readonly number[]): number =>
  points.reduce((sum, n) => sum - 2 * x[n]! * (y[n]! - w * x[n]!), 0);
const energyAt = (w: number, points: readonly number[]): number =>
  points.reduce((sum, n) => sum + (y[n]! - w * x[n]!) ** 2, 0);
const started = (w: number, ...states: readonly string[]) => ({
  w: scalar(w),
  ...Object.fromEntries(states.map((s) => [`optimizer/w/${s}`, scalar(0)])),
});

describe('a step', () => {
  it('is gradient descent with momentum: v ← μ v + g, w ← w - η v', () => {
    const request = line('learn w by sgd(rate = 0.01, momentum = 0.5)');
    const steps = [
      [0, 2],
      [1, 0],
    ];
    const out = call(request, 'step', {
      ...started(1, 'velocity'),
      'batch indices': batches(...steps),
      'step number': scalar(0),
    });
    const g1 = slopeAt(1, steps[0]!) / 2;
    const w1 = 1 - 0.01 * g1;
    const v2 = 0.5 * g1 + slopeAt(w1, steps[1]!) / 2;
    expect(numbers(out, 'w')[0]).toBeCloseTo(w1 - 0.01 * v2, 12);
    expect(numbers(out, 'optimizer/w/velocity')[0]).toBeCloseTo(v2, 12);
    expect(numbers(out, 'objectives')[0]).toBeCloseTo(energyAt(1, steps[0]!) / 2, 12);
    expect(numbers(out, 'objectives')[1]).toBeCloseTo(energyAt(w1, steps[1]!) / 2, 12);
  });

  it('is Adam, bias corrections counted from the first step of the run', () => {
    const request = line('learn w by adam(rate = 0.1, beta1 = 0.9, beta2 = 0.99)');
    let [w, m, v] = [1, 0, 0];
    let state = { ...started(w, 'first moment', 'second moment') } as ReturnType<typeof call>;
    for (const [t, points] of [
      [0, 2],
      [1, 2],
      [0, 1],
    ].entries()) {
      const g = slopeAt(w, points) / 2;
      m = 0.9 * m + 0.1 * g;
      v = 0.99 * v + 0.01 * g * g;
      w -= (0.1 * (m / (1 - 0.9 ** (t + 1)))) / (Math.sqrt(v / (1 - 0.99 ** (t + 1))) + 1e-8);
      state = call(request, 'step', { ...state, 'batch indices': batches(points), 'step number': scalar(t) });
      expect(numbers(state, 'w')[0]).toBeCloseTo(w, 10);
    }
  });

  it('adds what params contribute alone with the weight 1/N, whole-plate factors with the batch', () => {
    const more = 'factor whole = (sum[n in N] y[n] - w)^2  regularizer decay = 0.3 * w^2';
    const request = line('learn w by sgd(rate = 1)', more);
    const out = call(request, 'step', {
      ...started(2, 'velocity'),
      'batch indices': batches([0, 2]),
      'step number': scalar(0),
    });
    // The whole-plate factor sees the two points of the batch.
    const whole = 2 + 7 - 2;
    const slope = (slopeAt(2, [0, 2]) - 2 * whole) / 2 + (2 * 0.3 * 2) / 3;
    expect(numbers(out, 'w')[0]).toBeCloseTo(2 - slope, 12);
    const objective = (energyAt(2, [0, 2]) + whole ** 2) / 2 + (0.3 * 4) / 3;
    expect(numbers(out, 'objectives')[0]).toBeCloseTo(objective, 12);
    const evaluated = call(request, 'evaluate', { w: scalar(2), 'batch indices': batches([0, 2], [1, 0]) });
    expect(numbers(evaluated, 'objectives')[0]).toBeCloseTo(objective, 12);
  });

  it('counts all points where a size stands in a term of params alone', () => {
    const request = line('learn w by sgd(rate = 1)', 'regularizer decay = N * w^2');
    const out = call(request, 'evaluate', { w: scalar(1), 'batch indices': batches([0, 1]) });
    expect(numbers(out, 'objectives')[0]).toBeCloseTo(energyAt(1, [0, 1]) / 2 + 3 / 3, 12);
  });

  it('counts points with missing cells among the points: only their terms are left out', () => {
    const missing = (batch: string): TrainingRequest =>
      requestOf(
        `model gaps
size N
param w : real
plate n in N { target y : real  factor fit = (y - w)^2 }
train { learn w by sgd(rate = 1)  epochs 1  ${batch} }`,
        { y: [1, null, 4] },
      );
    const whole = call(missing(''), 'step', started(2, 'velocity'));
    expect(numbers(whole, 'objectives')[0]).toBeCloseTo((1 + 4) / 3, 12);
    expect(numbers(whole, 'w')[0]).toBeCloseTo(2 + (2 * (1 - 2) + 2 * (4 - 2)) / 3, 12);
    const out = call(missing('batch 2'), 'step', { ...started(2, 'velocity'), 'batch indices': batches([1, 2]) });
    expect(numbers(out, 'objectives')[0]).toBeCloseTo(4 / 2, 12);
    expect(numbers(out, 'w')[0]).toBeCloseTo(2 + (2 * (4 - 2)) / 2, 12);
  });

  it('takes losses in turn, each at the params that the ones before left', () => {
    const request = requestOf(
      `model two
size N
param u, v : real
plate n in N { target y : real  factor fit = (y - u - 2 * v)^2 }
regularizer decay = u^2 + v^2
train { loss energy  learn u by sgd(rate = 0.1)  loss energy  learn v by sgd(rate = 0.2)  epochs 1 }`,
      { y: [1, 4] },
    );
    const velocities = { 'optimizer/u/velocity': scalar(0), 'optimizer/v/velocity': scalar(0) };
    const out = call(request, 'step', { u: scalar(1), v: scalar(2), ...velocities });
    // The mean of y is 2.5.
    const residual = (u: number, v: number): number => 2.5 - u - 2 * v;
    const u1 = 1 - 0.1 * (-2 * residual(1, 2) + (2 * 1) / 2);
    expect(numbers(out, 'u')[0]).toBeCloseTo(u1, 12);
    expect(numbers(out, 'v')[0]).toBeCloseTo(2 - 0.2 * (2 * -2 * residual(u1, 2) + (2 * 2) / 2), 12);
    // The mean energy twice, at the params of each turn; what the params contribute once.
    const energies = [residual(1, 2), residual(u1, 2)].map((r) => r ** 2 + 1.5 ** 2);
    expect(numbers(out, 'objectives')[0]).toBeCloseTo(energies[0]! + energies[1]! + (1 + 4) / 2, 12);
  });

  it('counts a term that every point repeats once a point, over all points and for all losses together', () => {
    const request = requestOf(
      `model repeated
size N
param u, v : real
plate n in N { target y : real  factor fit = (y - u * v)^2  regularizer each = u^2 + n * v^2 }
train { loss energy  learn u by sgd(rate = 0.1)  loss energy  learn v by sgd(rate = 0.1)  batch 1 }`,
      { y: [1, 4, 2] },
    );
    const out = call(request, 'evaluate', { u: scalar(2), v: scalar(1), 'batch indices': batches([1]) });
    // Two losses of the batch; (1/3) Σ over n of u² + n v².
    expect(numbers(out, 'objectives')[0]).toBeCloseTo(2 * (4 - 2) ** 2 + (4 + 5 + 6) / 3, 12);
  });

  it('lets a moving average follow what was learned, from the same start', () => {
    const request = requestOf(
      `model follow
size N, D
net Enc(v : real[D]) -> real[1] = v |> linear(1)
net Slow = ema(Enc, decay = 0.9)
plate n in N { observed x : real[D]  target y : real  factor fit = (y - Enc(x)[0])^2 + 0 * Slow(x)[0] }
train { loss energy  learn Enc by sgd(rate = 0.1)  epochs 1 }`,
      { x: [[1, 2], [3, 1]], y: [1, 2] }, // prettier-ignore
    );
    const start = call(request, 'init', {});
    const pairs = followersOf(request.plan.learning.model);
    expect(pairs).toHaveLength(2);
    const out = call(request, 'step', start);
    for (const { param, follows } of pairs) {
      expect(numbers(start, param)).toEqual(numbers(start, follows));
      const [before, after] = [numbers(start, param), numbers(out, follows)];
      expect(after).not.toEqual(before);
      for (const [i, value] of numbers(out, param).entries())
        expect(value).toBeCloseTo(0.9 * before[i]! + 0.1 * after[i]!, 12);
    }
  });

  it('moves only the rows of the batch of a param with a value for each point', () => {
    const request = requestOf(
      `model own
size N
plate n in N { param u : real  target y : real  factor fit = (y - u)^2 }
regularizer decay = sum[n in N] u[n]^2
train { learn u by sgd(rate = 0.5)  epochs 1  batch 1 }`,
      { y: [1, 2, 3] },
    );
    const zero = { u: vector(1, 1, 1), 'optimizer/u/velocity': vector(0, 0, 0) };
    const out = call(request, 'step', { ...zero, 'batch indices': batches([2]) });
    // The regularizer has all three, with the weight 1/3.
    const decay = 2 / 3;
    expect(numbers(out, 'u')[0]).toBeCloseTo(1 - 0.5 * decay, 12);
    expect(numbers(out, 'u')[2]).toBeCloseTo(1 - 0.5 * (decay - 2 * (3 - 1)), 12);
  });
});

describe('a constrained param', () => {
  const model = (domain: string, factor: string): TrainingRequest =>
    requestOf(
      `model set
size N, K
param p : ${domain}
plate n in N { target y : real[K]  factor fit = ${factor} }
train { learn p by sgd(rate = 0.5)  epochs 1 }`,
      { y: [[-3, 4, 1]] },
    );

  it('comes back to the nearest point of its set', () => {
    const nonnegative = model('nonnegative[K]', '||y - p||^2');
    const at = { p: vector(1, 1, 1), 'optimizer/p/velocity': vector(0, 0, 0) };
    // With the rate ½ a step of the squared distance ends at y itself.
    expect(numbers(call(nonnegative, 'step', at), 'p')).toEqual([0, 4, 1]);
    const sphere = numbers(call(model('sphere[K]', '||y - p||^2'), 'step', { ...at, p: vector(0, 1, 0) }), 'p');
    expect(Math.hypot(...sphere)).toBeCloseTo(1, 12);
    const simplex = numbers(call(model('simplex[K]', '||y - p||^2'), 'step', { ...at, p: vector(0.2, 0.3, 0.5) }), 'p');
    // The nearest point to (-3, 4, 1): everything above 3 is left.
    expect(simplex.map((v) => Number(v.toFixed(10)))).toEqual([0, 1, 0]);
  });

  it('moves along its logarithm where it is positive, and remembers that', () => {
    const request = model('positive', '||y||^2 / p + 3 * log(p)');
    const at = { p: scalar(2), 'optimizer/p/coordinates': vector(Math.log(2)), 'optimizer/p/velocity': vector(0) };
    const out = call(request, 'step', at);
    // d/d log p of 26/p + 3 log p at p = 2.
    const next = Math.log(2) - 0.5 * (-26 / 2 + 3);
    expect(numbers(out, 'optimizer/p/coordinates')[0]).toBeCloseTo(next, 12);
    expect(numbers(out, 'p')[0]! / Math.exp(next)).toBeCloseTo(1, 12);
  });
});
