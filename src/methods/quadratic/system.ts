// The linear system of a quadratic form E(x) = ½ x'Hx + g'x + c, assembled from polynomial terms in the layout's shape:
// batch axes, then the chain axis where there is one, then the dense coordinates of all unknowns side by side.
// In: terms, layout, environment, posterior weights. Out: H (or its tridiagonal blocks), g and c.
import type { Occurrence, Polynomial, Position, Term } from '../../graph/polynomial.ts';
import type { Environment } from '../../lower/environment.ts';
import type { Axis, NamedTensor } from '../../lower/named-tensor.ts';
import { aligned, mapNamed, scalar } from '../../lower/named-tensor.ts';
import type { Weights } from '../../lower/polynomial.ts';
import { lowerTerm, placeRows } from '../../lower/polynomial.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Value } from '../../tensor/builder.ts';
import type { Dim } from '../../tensor/dims.ts';
import * as dims from '../../tensor/dims.ts';
import type { GroupPolynomial, Layout } from './layout.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';

export interface QuadraticSystem {
  /** [batch…, (T), P, P] */
  readonly hessian: Value;
  /** Blocks H[t, t-1], [batch…, T, P, P]; null without a chain. */
  readonly lower: Value | null;
  /** [batch…, (T), P] */
  readonly gradient: Value;
  /** Σ of the terms free of the unknowns: a scalar. */
  readonly constant: Value;
}

const ZERO: Dim = [];
const axisNamed = (id: string, dim: Dim): Axis => ({ id, dim, from: ZERO });

/** Axes of the layout and the dense coordinates of each unknown. */
export const coordinates = (layout: Layout, variables: readonly Variable[]) => {
  const shared: readonly Axis[] = [
    ...layout.batch.map((c) => axisNamed(c.id, c.dim)),
    ...(layout.chain === null ? [] : [axisNamed(layout.chain.id, layout.chain.dim)]),
  ];
  const dense = new Map(
    variables.map((v) => {
      const own = layout.axes.get(v.name)!;
      const axes = wholeShape(v).flatMap((d, i) => (own[i] === null ? [axisNamed(`${v.name}.${i}`, d)] : []));
      return [v.name, axes] as const;
    }),
  );
  const count = (name: string): Dim => dims.product(dense.get(name)!.map((a) => a.dim));
  return { shared, dense, count };
};

export const assemble = (
  env: Environment,
  variables: readonly Variable[],
  layout: Layout,
  polynomials: readonly GroupPolynomial[],
  weightsOf: (group: string) => Weights | null,
): QuadraticSystem => {
  const b = env.builder;
  const { shared, dense, count } = coordinates(layout, variables);
  const quadratic = new Map<string, NamedTensor>();
  const below = new Map<string, NamedTensor>();
  const linear = new Map<string, NamedTensor>();
  let constant = scalar(b.constant(0));
  const add = (to: Map<string, NamedTensor>, key: string, t: NamedTensor): void => {
    const seen = to.get(key);
    to.set(key, seen === undefined ? t : mapNamed(b, 'add', seen, t));
  };
  for (const { group, polynomial } of polynomials)
    for (const term of polynomial.terms) {
      const weights = weightsOf(group);
      if (term.unknown.length === 0) {
        constant = mapNamed(b, 'add', constant, lowerTerm(env, term, polynomial.ranges, weights, []));
      } else if (term.unknown.length === 1) {
        const [u] = term.unknown as [Occurrence];
        const targets = targetsOf(layout, u);
        const t = lowerTerm(
          env,
          term,
          polynomial.ranges,
          weights,
          targets.map((x) => x.position.label),
        );
        add(linear, u.variable, placeRows(env, t, targets, polynomial.ranges));
      } else
        addPair(env, layout, term, polynomial.ranges, weights, {
          diagonal: (key, t) => add(quadratic, key, t),
          below: (key, t) => add(below, key, t),
        });
    }
  const zeros = (axes: readonly Axis[]): NamedTensor => ({ value: b.zeros(axes.map((a) => a.dim)), axes, shape: [] });
  const flat = (
    t: NamedTensor | undefined,
    rows: readonly Axis[],
    columns: readonly Axis[],
    shape: readonly Dim[],
  ): Value =>
    b.reshape(aligned(b, t ?? zeros([...shared, ...rows, ...columns]), [...shared, ...rows, ...columns], true), [
      ...shared.map((a) => a.dim),
      ...shape,
    ]);
  const matrix = (from: Map<string, NamedTensor>): Value =>
    b.concat(
      variables.map((u) =>
        b.concat(
          variables.map((v) =>
            flat(from.get(`${u.name} ${v.name}`), dense.get(u.name)!, mark(dense.get(v.name)!), [
              count(u.name),
              count(v.name),
            ]),
          ),
          shared.length + 1,
        ),
      ),
      shared.length,
    );
  const half = matrix(quadratic);
  const rank = shared.length;
  const swap = [...shared.keys(), rank + 1, rank];
  return {
    hessian: b.add(half, b.transpose(half, swap)),
    lower: layout.chain === null ? null : matrix(below),
    gradient: b.concat(
      variables.map((v) => flat(linear.get(v.name), dense.get(v.name)!, [], [count(v.name)])),
      rank,
    ),
    constant: constant.value,
  };
};

interface Target {
  readonly position: Position;
  readonly axis: Axis;
  readonly shared: boolean;
}

const MARK = "'";
/** Columns of the Hessian are the same coordinates under other names. */
const mark = (axes: readonly Axis[]): readonly Axis[] => axes.map((a) => ({ ...a, id: a.id + MARK }));

/** Where each axis of an occurrence goes: a shared axis of the layout, or a dense coordinate of its own. */
const targetsOf = (layout: Layout, o: Occurrence): readonly Target[] =>
  o.positions.map((position, i) => {
    const cls = layout.axes.get(o.variable)![i]!;
    const dim = layout.shapes.get(o.variable)![i]!;
    return { position, axis: axisNamed(cls ?? `${o.variable}.${i}`, dim), shared: cls !== null };
  });

/** One term of degree 2: its coefficient on H's diagonal block, or on the block below it along the chain. */
const addPair = (
  env: Environment,
  layout: Layout,
  term: Term,
  ranges: Polynomial['ranges'],
  weights: Weights | null,
  into: { readonly diagonal: Add; readonly below: Add },
): void => {
  const [first, second] = term.unknown as [Occurrence, Occurrence];
  const step = chainStep(layout, first, second);
  const [u, v] = step < 0 ? [second, first] : [first, second];
  const rows = targetsOf(layout, u);
  const columns = targetsOf(layout, v)
    .filter((t) => !t.shared)
    .map((t) => ({ ...t, axis: { ...t.axis, id: t.axis.id + MARK } }));
  const own = columns.filter((c) => !rows.some((r) => r.position.label === c.position.label));
  const tied = columns.filter((c) => !own.includes(c));
  const placed = [...rows, ...own];
  const raw = lowerTerm(
    env,
    term,
    ranges,
    weights,
    placed.map((t) => t.position.label),
  );
  let value = placeRows(env, raw, placed, ranges);
  for (const column of tied) {
    const row = rows.find((r) => r.position.label === column.position.label)!;
    value = mapNamed(env.builder, 'mul', value, delta(env, row, column));
  }
  (step === 0 ? into.diagonal : into.below)(`${u.variable} ${v.variable}`, value);
};

type Add = (key: string, t: NamedTensor) => void;

/** Steps that the first occurrence is ahead of the second along the chain. */
const chainStep = (layout: Layout, a: Occurrence, c: Occurrence): number => {
  if (layout.chain === null) return 0;
  const at = (o: Occurrence): Position => o.positions[layout.axes.get(o.variable)!.indexOf(layout.chain!.id)]!;
  const [p, q] = [at(a), at(c)];
  return p.label === q.label ? dims.constantValue(dims.subtract(p.offset, q.offset))! : 0;
};

/** 1 where both array positions belong to the same index value. */
const delta = (env: Environment, row: Target, column: Target): NamedTensor => {
  const b = env.builder;
  const index = (t: Target): NamedTensor => ({
    value: b.sub(b.iota([t.axis.dim], 0, 'float'), b.dim(t.position.offset)),
    axes: [t.axis],
    shape: [],
  });
  return mapNamed(b, 'eq', index(row), index(column));
};
