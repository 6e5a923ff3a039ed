// Projections against their optimality condition. p is the nearest point of a convex set C to v exactly when p lies in C and
// no point of C is further along v - p than p itself: (v - p)·p = σ(v - p), where σ(g) = max of g·q over C has a closed form
// for every set here. Spheres and orthonormal matrices are compared with many other points of them.
import { describe, expect, it } from 'vitest';
import { findBackend } from '../../src/backend/registry.ts';
import { analyse } from '../../src/compile.ts';
import type { Projection } from '../../src/methods/continuous/projections.ts';
import { projectionOf } from '../../src/methods/continuous/projections.ts';
import { programEnvironment } from '../../src/plan/program-environment.ts';
import { wholeShape } from '../../src/semantics/whole-shape.ts';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { evaluate } from '../../src/tensor/dims.ts';
import { list, random } from './random-data.ts';
import { largestDifference } from './run-model.ts';

type Numbers = readonly number[];
const dot = (a: Numbers, c: Numbers): number => a.reduce((s, x, i) => s + x * c[i]!, 0);
const minus = (a: Numbers, c: Numbers): Numbers => a.map((x, i) => x - c[i]!);
const length = (a: Numbers): number => Math.sqrt(dot(a, a));
const total = (a: Numbers): number => a.reduce((s, x) => s + x, 0);
const rows = (v: Numbers, n: number): readonly Numbers[] => list(v.length / n, (i) => v.slice(i * n, (i + 1) * n));
const columns = (v: Numbers, n: number): readonly Numbers[] => list(n, (k) => v.filter((_, i) => i % n === k));

const declared = (declaration: string) => {
  const name = declaration.split(/[ [:]/)[1]!;
  const text = `model m\nsize D = 4, K = 3, N = 2\nconst two = 2, radii = [0.5, 1, 2]\n${declaration}\n`;
  const analysis = analyse(`${text}${declaration.includes(' in N]') ? '' : `factor f = 0 * sum(${name})\n`}`, 'm.ebm');
  return { model: analysis.model!, variable: analysis.model!.variables.find((v) => v.name === name)! };
};

/** Runs a piece of program on arrays of the variable's shape. */
const compute = async (
  declaration: string,
  arrays: readonly Numbers[],
  piece: (p: Projection, env: ReturnType<typeof programEnvironment>, values: readonly Value[]) => Value,
  backend = 'reference',
): Promise<Numbers> => {
  const { model, variable } = declared(declaration);
  const projection = projectionOf(variable);
  if (typeof projection === 'string') throw new Error(projection);
  const b = new Builder();
  const shape = wholeShape(variable);
  const sizes = { D: 4, K: 3, N: 2 };
  const inputs = arrays.map((_, i) => b.input(`x${i}`, shape));
  const out = piece(projection, programEnvironment(b, model, {}, 1), inputs);
  const spec = {
    name: 'm',
    source: 'm.ebm',
    description: [],
    sizes: [],
    variables: {},
    entries: { main: b.finish({ out }) },
  };
  const runner = await findBackend(backend)!.load(spec);
  const numbers = shape.map((d) => evaluate(d, sizes));
  const given = Object.fromEntries(
    arrays.map((a, i) => [`x${i}`, { shape: numbers, data: Float64Array.from(a) }] as const),
  );
  const result = await runner.call('main', given, { sizes });
  await runner.dispose();
  return Array.from(result['out']!.data);
};

const project = (declaration: string, v: Numbers, backend?: string): Promise<Numbers> =>
  compute(declaration, [v], (p, env, [x]) => p.project(env, x!), backend);

interface ConvexCase {
  readonly count: number;
  /** How far outside the point lies. */
  readonly outside: (p: Numbers) => number;
  /** The largest g·q over the set; Infinity where it has none. */
  readonly support: (g: Numbers) => number;
}

const box = (low: number, high: number) => ({
  outside: (p: Numbers) => Math.max(0, ...p.map((x) => Math.max(low - x, x - high))),
  support: (g: Numbers) => g.reduce((s, x) => s + (Math.abs(x) < 1e-12 ? 0 : x > 0 ? x * high : x * low), 0),
});
const orthant = box(0, Infinity);
/** Parts that are projected by themselves. */
const each = (split: (v: Numbers) => readonly Numbers[], one: (i: number) => Omit<ConvexCase, 'count'>) => ({
  outside: (p: Numbers) => Math.max(...split(p).map((part, i) => one(i).outside(part))),
  support: (g: Numbers) => total(split(g).map((part, i) => one(i).support(part))),
});
const ball = (r: number) => ({
  outside: (p: Numbers) => Math.max(0, length(p) - r),
  support: (g: Numbers) => r * length(g),
});
const orthantBall = (r: number) => ({
  outside: (p: Numbers) => Math.max(0, length(p) - r, ...p.map((x) => -x)),
  support: (g: Numbers) => r * length(g.map((x) => Math.max(x, 0))),
});
const simplex = (c: number) => ({
  outside: (p: Numbers) => Math.max(Math.abs(total(p) - c), ...p.map((x) => -x)),
  support: (g: Numbers) => c * Math.max(...g),
});
/** Entries from low to high that sum to c: the largest gains are filled first. */
const filled = (low: number, high: number, c: number) => ({
  outside: (p: Numbers) => Math.max(Math.abs(total(p) - c), box(low, high).outside(p)),
  support: (g: Numbers) => {
    let room = c - low * g.length;
    let gain = low * total(g);
    for (const x of g.toSorted((a, d) => d - a)) {
      const take = Math.min(room, high - low);
      room -= take;
      gain += take * x;
    }
    return gain;
  },
});

const cases: Readonly<Record<string, ConvexCase>> = {
  'param x : real[D]': { count: 4, outside: () => 0, support: (g) => (length(g) === 0 ? 0 : Infinity) },
  'param x : nonnegative[D]': { count: 4, ...orthant },
  'param x : positive[D]': { count: 4, ...box(1e-6, Infinity) },
  'param x : unit[D]': { count: 4, ...box(0, 1) },
  'param x : interval(-1, two)[D]': { count: 4, ...box(-1, 2) },
  'param x : real[D] where x >= -1 and 0.5 >= x': { count: 4, ...box(-1, 0.5) },
  'param x : real[D] where x <= two': { count: 4, ...box(-Infinity, 2) },
  'param x : simplex[K, D]': {
    count: 12,
    ...each(
      (v) => rows(v, 4),
      () => simplex(1),
    ),
  },
  'param x[i in N] : simplex[D]': {
    count: 8,
    ...each(
      (v) => rows(v, 4),
      () => simplex(1),
    ),
  },
  'param x : ball[K, D]': {
    count: 12,
    ...each(
      (v) => rows(v, 4),
      () => ball(1),
    ),
  },
  'param x : real[D, K] where colnorm(x) <= 1': {
    count: 12,
    ...each(
      (v) => columns(v, 3),
      () => ball(1),
    ),
  },
  'param x : real[D, K] where colnorm(x) <= radii': {
    count: 12,
    ...each(
      (v) => columns(v, 3),
      (k) => ball([0.5, 1, 2][k]!),
    ),
  },
  'param x : real[D, K] where two >= rownorm(x)': {
    count: 12,
    ...each(
      (v) => rows(v, 3),
      () => ball(2),
    ),
  },
  'param x[i in N] : real[D] where ||x|| <= i + 1': {
    count: 8,
    ...each(
      (v) => rows(v, 4),
      (i) => ball(i + 1),
    ),
  },
  'param x : real[D] where ||x||^2 <= 4': { count: 4, ...ball(2) },
  'param x : real[D, K] where ||x||_F <= two': { count: 12, ...ball(2) },
  'param x : nonnegative[D, K] where colnorm(x) <= 1': {
    count: 12,
    ...each(
      (v) => columns(v, 3),
      () => orthantBall(1),
    ),
  },
  'param x : real[D, K] where x >= 0 and rownorm(x) <= 1': {
    count: 12,
    ...each(
      (v) => rows(v, 3),
      () => orthantBall(1),
    ),
  },
  'param x : real[D] where ||x||_1 <= 3': {
    count: 4,
    outside: (p) => Math.max(0, total(p.map(Math.abs)) - 3),
    support: (g) => 3 * Math.max(...g.map(Math.abs)),
  },
  'param x : nonnegative[D] where sum(x) == 1': { count: 4, ...simplex(1) },
  'param x : nonnegative[D] where sum(x) <= 2': {
    count: 4,
    outside: (p) => Math.max(0, total(p) - 2, ...p.map((t) => -t)),
    support: (g) => 2 * Math.max(0, ...g),
  },
  'param x : real[D] where sum(x) == two': {
    count: 4,
    outside: (p) => Math.abs(total(p) - 2),
    support: (g) => (Math.max(...g) - Math.min(...g) < 1e-9 ? (2 * total(g)) / 4 : Infinity),
  },
  'param x : real[D] where sum[d in D] x[d] <= -1': {
    count: 4,
    outside: (p) => Math.max(0, total(p) + 1),
    support: (g) => (Math.max(...g) - Math.min(...g) < 1e-9 && g[0]! > -1e-9 ? -g[0]! : Infinity),
  },
  'param x : real[D] where x <= 1 and sum(x) == 2': {
    count: 4,
    outside: (p) => Math.max(Math.abs(total(p) - 2), ...p.map((t) => t - 1)),
    // q = 1 - u, u ≥ 0, Σ u = 2.
    support: (g) => total(g) - 2 * Math.min(...g),
  },
  'param x : unit[D, K] where sum(x) == 5': { count: 12, ...filled(0, 1, 5) },
};

describe('nearest points of convex sets', () => {
  it.each(Object.keys(cases))('%s', async (declaration) => {
    const { count, outside, support } = cases[declaration]!;
    const { normal } = random(declaration.length);
    for (const scale of [0.1, 1, 30, 1]) {
      const v = list(count, () => scale * normal());
      const p = await project(declaration, v);
      expect(outside(p)).toBeLessThan(1e-12 * Math.max(scale, 1));
      const g = minus(v, p);
      expect(Math.abs(support(g) - dot(g, p))).toBeLessThan(1e-9 * (1 + scale * scale));
      // A point of the set stays where it is.
      expect(largestDifference(await project(declaration, p), p)).toBeLessThan(1e-12 * Math.max(scale, 1));
    }
  });

  it('entries of geometric size, equal entries and zeros', async () => {
    for (const v of [list(4, (i) => 10 ** (2 * i)), [2, 2, 2, 2], [0, 0, 0, 0], [-1e6, -1e6, 0, 0]]) {
      const p = await project('param x : simplex[D]', v);
      const { outside, support } = simplex(1);
      expect(outside(p)).toBeLessThan(1e-9);
      const g = minus(v, p);
      expect(Math.abs(support(g) - dot(g, p))).toBeLessThan(1e-6);
    }
    expect(
      await project(
        'param x : real[D, K] where colnorm(x) <= 1',
        list(12, () => 0),
      ),
    ).toEqual(list(12, () => 0));
  });

  it.each([
    'param x : simplex[K, D]',
    'param x : real[D, K] where x >= 0 and colnorm(x) <= 1',
    'param x : unit[D, K] where sum(x) == 5',
  ])('the same in float32 on wasm: %s', async (declaration) => {
    const { normal } = random(5);
    const v = list(12, () => 2 * normal());
    const exact = await project(declaration, v);
    expect(largestDifference(await project(declaration, v, 'wasm'), exact)).toBeLessThan(2e-6);
  });

  it('spd: the symmetric part with the eigenvalues that are positive', async () => {
    // [[1, 3], [1, 1]] has the symmetric part [[1, 2], [2, 1]] = 3 uu' - vv' with u, v = (1, ±1)/√2.
    const p = await compute('param x : spd[2, 2]', [[1, 3, 1, 1]], (q, env, [x]) => q.project(env, x!));
    expect(largestDifference(p, [1.5, 1.5, 1.5, 1.5])).toBeLessThan(2e-6);
  });
});

describe('manifolds', () => {
  const orthonormal = (v: Numbers): Numbers => {
    const [a, c] = columns(v, 2) as [Numbers, Numbers];
    const first = a.map((x) => x / length(a));
    const rest = c.map((x, i) => x - dot(c, first) * first[i]!);
    const second = rest.map((x) => x / length(rest));
    return first.flatMap((x, i) => [x, second[i]!]);
  };
  const unit = (v: Numbers): Numbers => v.map((x) => x / length(v));
  const manifolds: Readonly<Record<string, { count: number; point: (v: Numbers) => Numbers }>> = {
    'param x : sphere[D]': { count: 4, point: unit },
    'param x : real[D, K] where colnorm(x) == 1': {
      count: 12,
      point: (v) => {
        const parts = columns(v, 3).map(unit);
        return list(12, (i) => parts[i % 3]![Math.floor(i / 3)]!);
      },
    },
    'param x : orthonormal[D, 2]': { count: 8, point: orthonormal },
  };

  it.each(Object.keys(manifolds))('%s', async (declaration) => {
    const { count, point } = manifolds[declaration]!;
    const { normal } = random(3);
    const vector = (): Numbers => list(count, () => normal());
    const v = vector();
    const p = await project(declaration, v);
    expect(largestDifference(await project(declaration, p), p)).toBeLessThan(1e-12);
    const distance = length(minus(v, p));
    for (let i = 0; i < 2000; i++) {
      const near = point(p.map((x) => x + 0.1 * normal()));
      for (const q of [near, point(vector())]) expect(length(minus(v, q))).toBeGreaterThan(distance - 1e-12);
    }
    // A tangent keeps to the manifold to first order, and what it lacks is orthogonal to all tangents.
    const tangent = (x: Numbers, g: Numbers): Promise<Numbers> =>
      compute(declaration, [x, g], (q, env, [a, c]) => q.manifold!.tangent(env, a!, c!));
    const x = point(vector());
    const g = vector();
    const t = await tangent(x, g);
    const other = await tangent(x, vector());
    expect(Math.abs(dot(minus(g, t), other))).toBeLessThan(1e-12);
    const h = 1e-4;
    const moved = await project(
      declaration,
      x.map((a, i) => a + h * t[i]!),
    );
    expect(
      length(
        minus(
          moved,
          x.map((a, i) => a + h * t[i]!),
        ),
      ),
    ).toBeLessThan(10 * h * h);
    const stepped = await compute(declaration, [x, t.map((a) => h * a)], (q, env, [a, s]) =>
      q.manifold!.retract(env, a!, s!),
    );
    expect(largestDifference(stepped, moved)).toBe(0);
  });

  it('an orthant and a sphere: the direction in the orthant, or its largest axis', async () => {
    const declaration = 'param x : nonnegative[D] where ||x|| == 2';
    const { normal } = random(8);
    for (const v of [[-3, 4, 3, -1], [-3, -1, -2, -5], list(4, () => normal())]) {
      const p = await project(declaration, v);
      expect(length(p)).toBeCloseTo(2, 12);
      expect(Math.min(...p)).toBeGreaterThanOrEqual(0);
      const distance = length(minus(v, p));
      for (let i = 0; i < 2000; i++) {
        const q = unit(list(4, () => Math.abs(normal()) ** 3)).map((t) => 2 * t);
        expect(length(minus(v, q))).toBeGreaterThan(distance - 1e-12);
      }
    }
  });
});

describe('what has no projection says so', () => {
  it.each([
    ['param x : real[D] where x[0] >= 0', 'x has the condition x[0] ≥ 0, which is no bound, norm or sum of x'],
    ['param x : real[D] where ||x|| >= 1', 'x has the condition ‖x‖ ≥ 1'],
    ['param x : real[D] where ||x|| <= 1 and sum(x) == 0', 'x has the condition'],
    [
      'param x : interval(-1, 1)[D] where ||x|| <= 1',
      'x has a condition on its norm beside bounds other than one at 0',
    ],
    ['param x : spd[D, D] where det(x) == 1', 'x is spd and has the condition'],
    ['param x : binary[D]', 'x ranges over binary'],
  ])('%s', (declaration, reason) => {
    const found = projectionOf(declared(declaration).variable);
    expect(typeof found === 'string' ? found : 'a projection').toContain(reason);
  });
});
