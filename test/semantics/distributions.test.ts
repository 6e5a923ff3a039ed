// Every distribution: e^-E integrates (or sums) to 1 over its domain, and a known expectation tells the parameters apart.
import { describe, expect, it } from 'vitest';
import { check } from '../../src/semantics/check.ts';
import { type DistributionName, distributionNames, distributions } from '../../src/semantics/distributions.ts';
import { parse } from '../../src/syntax/parse.ts';
import type { Nested } from './builtin-cases.ts';
import { energyOfModel } from './evaluate.ts';

/** The probability (density) of a value of `x` under `target x : domain ~ distribution`. */
const density = (statement: string, sizes: Readonly<Record<string, number>> = {}): ((x: Nested) => number) => {
  const { tree, diagnostics } = parse(`model m\nsize D = 2, K = 3\n${statement}`);
  const checked = check(tree);
  const errors = [...diagnostics, ...checked.diagnostics].filter((d) => d.severity === 'error');
  if (checked.model === null) throw new Error(JSON.stringify(errors));
  const model = checked.model;
  return (x) => Math.exp(-energyOfModel({ model, values: { x }, sizes: { D: 2, K: 3, ...sizes } }));
};

interface Weighted {
  readonly x: Nested;
  readonly weight: number;
}

/** Gauss-Legendre would be finer; Simpson over a smooth substitution is exact enough for 1e-6. */
const simpson = (
  n: number,
  at: (t: number) => { readonly x: number; readonly jacobian: number },
): readonly Weighted[] =>
  Array.from({ length: n + 1 }, (_, i) => {
    const { x, jacobian } = at(i / n);
    const weight = ((i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2) / (3 * n)) * jacobian;
    return { x, weight: Number.isFinite(jacobian) ? weight : 0 };
  });
/** x = sinh u: the whole line, heavy tails included. */
const line = simpson(4000, (t) => ({ x: Math.sinh(60 * (t - 0.5)), jacobian: 60 * Math.cosh(60 * (t - 0.5)) }));
const halfLine = simpson(4000, (t) => ({ x: Math.exp(80 * (t - 0.5)), jacobian: 80 * Math.exp(80 * (t - 0.5)) }));
/** x = t²(3 - 2t): ends with a vanishing derivative, so poles of a power below 1 are tamed. */
const between = (a: number, b: number, n = 4000): readonly Weighted[] =>
  simpson(n, (t) => ({ x: a + (b - a) * t * t * (3 - 2 * t), jacobian: (b - a) * 6 * t * (1 - t) })).filter(
    ({ weight }) => weight > 0,
  );
const listed = (xs: readonly Nested[]): readonly Weighted[] => xs.map((x) => ({ x, weight: 1 }));
const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
const product = (a: readonly Weighted[], b: readonly Weighted[]): readonly Weighted[] =>
  a.flatMap((p) => b.map((q) => ({ x: [p.x, q.x], weight: p.weight * q.weight })));
const coarse = simpson(160, (t) => ({ x: 12 * (2 * t - 1), jacobian: 24 }));
const triangle = between(0, 1, 120).flatMap((p) =>
  between(0, 1, 120).map((q): Weighted => {
    const [a, b] = [p.x as number, (1 - (p.x as number)) * (q.x as number)];
    return { x: [a, b, 1 - a - b], weight: p.weight * q.weight * (1 - a) };
  }),
);
const oneHot = (k: number): Nested => range(3).map((i) => Number(i === k));
const permutations: readonly Nested[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

interface Check {
  readonly statement: string;
  readonly domain: readonly Weighted[];
  /** f and its expectation. */
  readonly expectation: readonly [f: (x: Nested) => number, value: number];
  readonly tolerance?: number;
}
const number =
  (f: (x: number) => number) =>
  (x: Nested): number =>
    f(x as number);
const entry =
  (i: number) =>
  (x: Nested): number =>
    (x as readonly number[])[i]!;
const one = (): number => 1;

const checks: Readonly<Record<DistributionName, readonly Check[]>> = {
  normal: [
    {
      statement: 'target x : real ~ normal(1.5, 0.7)',
      domain: line,
      expectation: [number((x) => (x - 1.5) ** 2), 0.49],
    },
    {
      statement: 'target x : real[D] ~ normal([0.5, -1], 2)',
      domain: product(coarse, coarse),
      expectation: [entry(1), -1],
      tolerance: 1e-4,
    },
  ],
  multivariate_normal: [
    {
      statement: 'target x : real[D] ~ multivariate_normal([1, -1], [[2.0, 0.5], [0.5, 1.0]])',
      domain: product(coarse, coarse),
      expectation: [(x) => (entry(0)(x) - 1) * (entry(1)(x) + 1), 0.5],
    },
  ],
  laplace: [
    { statement: 'target x : real ~ laplace(0, 2)', domain: line, expectation: [number(Math.abs), 2], tolerance: 1e-4 },
  ],
  student_t: [
    {
      statement: 'target x : real ~ student_t(5, 1, 2)',
      domain: line,
      expectation: [number((x) => (x - 1) ** 2), (4 * 5) / 3],
    },
    { statement: 'target x : real ~ student_t(5)', domain: line, expectation: [number((x) => x ** 2), 5 / 3] },
  ],
  von_mises: [
    // E cos(x - mean) = I1(κ)/I0(κ) = 0.69777465796 at κ = 2 (Abramowitz and Stegun, table 9.8: I0(2) = 2.2795853, I1(2) = 1.5906369).
    {
      statement: 'target x : angle ~ von_mises(0.3, 2)',
      domain: simpson(2000, (t) => ({ x: Math.PI * (2 * t - 1), jacobian: 2 * Math.PI })),
      expectation: [number((x) => Math.cos(x - 0.3)), 1.5906369 / 2.2795853],
    },
  ],
  exponential: [
    { statement: 'target x : nonnegative ~ exponential(4)', domain: halfLine, expectation: [number((x) => x), 0.25] },
  ],
  gamma: [
    { statement: 'target x : positive ~ gamma(2.5, 4)', domain: halfLine, expectation: [number((x) => x), 0.625] },
  ],
  lognormal: [
    { statement: 'target x : positive ~ lognormal(0.2, 0.5)', domain: halfLine, expectation: [number(Math.log), 0.2] },
  ],
  half_normal: [
    { statement: 'target x : positive ~ half_normal(3)', domain: halfLine, expectation: [number((x) => x * x), 9] },
  ],
  half_cauchy: [
    {
      statement: 'target x : positive ~ half_cauchy(5)',
      domain: halfLine,
      expectation: [number((x) => 25 / (25 + x * x)), 0.5],
    },
  ],
  beta: [
    {
      statement: 'target x : unit ~ beta(2, 0.5)',
      domain: between(0, 1),
      expectation: [number((x) => x), 0.8],
      tolerance: 1e-3,
    },
  ],
  dirichlet: [
    {
      statement: 'target x : simplex[K] ~ dirichlet([2, 3, 1.5])',
      domain: triangle,
      expectation: [entry(1), 3 / 6.5],
      tolerance: 1e-3,
    },
    {
      statement: 'target x : simplex[K] ~ dirichlet(2)',
      domain: triangle,
      expectation: [entry(0), 1 / 3],
      tolerance: 1e-3,
    },
  ],
  categorical: [
    {
      statement: 'target x : category(K) ~ categorical([0.2, 0.3, 0.5])',
      domain: listed(range(3)),
      expectation: [number((x) => Number(x === 2)), 0.5],
    },
    {
      statement: 'target x : onehot[K] ~ categorical([0.2, 0.3, 0.5])',
      domain: listed(range(3).map(oneHot)),
      expectation: [entry(1), 0.3],
    },
    {
      statement: 'target x : category(K)[D] ~ categorical([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]])',
      domain: listed(range(9).map((i) => [i % 3, Math.floor(i / 3)])),
      expectation: [(x) => Number(entry(0)(x) === 1 && entry(1)(x) === 2), 0.3 * 0.8],
    },
  ],
  bernoulli: [
    { statement: 'target x : binary ~ bernoulli(0.3)', domain: listed([0, 1]), expectation: [number((x) => x), 0.3] },
    {
      statement: 'target x : spin ~ bernoulli(0.3)',
      domain: listed([-1, 1]),
      expectation: [number((x) => Number(x === 1)), 0.3],
    },
    {
      statement: 'target x : binary[D] ~ bernoulli([0.3, 0.9])',
      domain: listed(range(4).map((i) => [i % 2, Math.floor(i / 2)])),
      expectation: [(x) => entry(0)(x) * entry(1)(x), 0.27],
    },
  ],
  binomial: [
    {
      statement: 'target x : integer(0..6) ~ binomial(5, 0.3)',
      domain: listed(range(6)),
      expectation: [number((x) => x), 1.5],
    },
  ],
  multinomial: [
    {
      statement: 'target x : integer(0..5)[K] ~ multinomial(4, [0.2, 0.3, 0.5])',
      domain: listed(range(125).map((i) => [i % 5, Math.floor(i / 5) % 5, Math.floor(i / 25)])),
      expectation: [entry(2), 2],
    },
  ],
  poisson: [
    {
      statement: 'target x : integer(0..60) ~ poisson(3.5)',
      domain: listed(range(60)),
      expectation: [number((x) => x), 3.5],
    },
  ],
  uniform: [
    { statement: 'target x : unit ~ uniform()', domain: between(0, 1), expectation: [number((x) => x), 0.5] },
    {
      statement: 'target x : interval(-1, 4) ~ uniform()',
      domain: between(-1, 4),
      expectation: [number((x) => x), 1.5],
    },
    {
      statement: 'target x : interval(-1, 4)[D] ~ uniform()',
      domain: product(between(-1, 4, 60), between(-1, 4, 60)),
      expectation: [entry(0), 1.5],
    },
    { statement: 'target x : angle ~ uniform()', domain: between(-Math.PI, Math.PI), expectation: [one, 1] },
    {
      statement: 'target x : integer(2..7) ~ uniform()',
      domain: listed([2, 3, 4, 5, 6]),
      expectation: [number((x) => x), 4],
    },
    { statement: 'target x : category(K) ~ uniform()', domain: listed(range(3)), expectation: [number((x) => x), 1] },
    {
      statement: 'target x : binary[D] ~ uniform()',
      domain: listed(range(4).map((i) => [i % 2, Math.floor(i / 2)])),
      expectation: [entry(0), 0.5],
    },
    { statement: 'target x : spin ~ uniform()', domain: listed([-1, 1]), expectation: [number((x) => x), 0] },
    {
      statement: 'target x : onehot[K] ~ uniform()',
      domain: listed(range(3).map(oneHot)),
      expectation: [entry(0), 1 / 3],
    },
    { statement: 'target x : permutation[K] ~ uniform()', domain: listed(permutations), expectation: [entry(0), 1] },
    {
      statement: 'target x : simplex[K] ~ uniform()',
      domain: triangle,
      expectation: [entry(0), 1 / 3],
      tolerance: 1e-4,
    },
    // Areas: the circle of radius 1 has length 2π, its disc area π.
    {
      statement: 'target x : sphere[D] ~ uniform()',
      domain: simpson(100, (t) => ({ x: t, jacobian: 2 * Math.PI })),
      expectation: [one, 1],
    },
    {
      statement: 'target x : ball[D] ~ uniform()',
      domain: simpson(100, (t) => ({ x: t, jacobian: Math.PI })),
      expectation: [one, 1],
    },
  ],
};

describe.each(distributionNames)('%s', (name) => {
  it.each(checks[name])('$statement', ({ statement, domain, expectation: [f, value], tolerance = 1e-6 }) => {
    const p = density(statement);
    const masses = domain.map(({ x, weight }) => p(x) * weight);
    expect(Math.abs(masses.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(tolerance);
    const mean = domain.reduce((sum, { x }, i) => sum + f(x) * masses[i]!, 0);
    expect(Math.abs(mean - value)).toBeLessThan(2 * tolerance * (1 + Math.abs(value)));
  });
  it('is documented, with its source', () => {
    const { documentation, formula, source, signature } = distributions[name];
    expect(signature.startsWith(`${name}(`)).toBe(true);
    for (const text of [documentation, formula, source]) expect(text.length).toBeGreaterThan(8);
  });
});
