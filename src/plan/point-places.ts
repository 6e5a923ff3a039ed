// Whether an energy means the same to a batch as to all points. A batch numbers its points anew, so that the number of a point may
// serve to read what belongs to it, and to tell two points apart, and for nothing else. In: an energy with its filter and its
// indices, the plate of the points. Out: how it depends on numbers of points, or null.
import { affineIndex, childrenOf, visit } from '../graph/expressions.ts';
import type { FactorGroup } from '../graph/factor-graph.ts';
import type { BuiltinName } from '../semantics/builtins.ts';
import type { Binder, Expr, Model } from '../semantics/model.ts';
import type { Dim } from '../tensor/dims.ts';
import * as dims from '../tensor/dims.ts';

/** 'neighbours': `y[n - 1]`, `y[0]`, `y[t]` for t in 1..N. 'numbers': `w * n`, `n < 10`. */
export type Misplaced = 'neighbours' | 'numbers';

/** Differences d for which `i op j + d` only says in which order i and j stand, or whether they are one. */
const orders: Readonly<Partial<Record<BuiltinName, readonly number[]>>> = {
  eq: [0],
  ne: [0],
  lt: [0, 1],
  le: [0, -1],
  gt: [0, -1],
  ge: [0, 1],
};

export const misplaced = (
  model: Model,
  { binders, where, energy }: Pick<FactorGroup, 'binders' | 'where' | 'energy'>,
  { to: count }: Binder,
): Misplaced | null => {
  const roots = where === null ? [energy] : [energy, where];
  const points = pointIndices(binders, roots, count);
  const compared = new Set(roots.flatMap((e) => comparedIn(e, points)));
  const seen = new Set<Expr>();

  const look = (e: Expr): Misplaced | null => {
    if (e.kind === 'index') return points.has(e.id) ? 'numbers' : null;
    if (seen.has(e)) return null;
    seen.add(e);
    if (comparesPoints(e, points)) return null;
    if (e.kind === 'ref') {
      const axes = model.variables.find((v) => v.name === e.name)?.binders ?? [];
      return first(e.at, (at, i) => (axes[i] !== undefined && spans(axes[i], count) ? place(at) : look(at)));
    }
    if (e.kind !== 'subscript') return first(childrenOf(e), look);
    const { shape } = e.base.type;
    const wrong = first(e.subscripts, (s, i) => {
      if (s.kind === 'all') return null;
      const ofPoints = dims.equal(shape[i]!, count);
      if (s.kind === 'range') return ofPoints ? 'neighbours' : look(s.from);
      return ofPoints ? place(s.at) : look(s.at);
    });
    return wrong ?? look(e.base);
  };
  /** A position along an axis of the points. */
  const place = (at: Expr): Misplaced | null => {
    const linear = affineIndex(at);
    if (linear === null) return 'numbers';
    const whole = linear.index === null ? undefined : points.get(linear.index);
    if (whole === undefined || linear.offset.length > 0) return 'neighbours';
    return whole || compared.has(linear.index!) ? null : 'neighbours';
  };
  return first(roots, look);
};

const spans = ({ from, to }: Binder, count: Dim): boolean => dims.equal(dims.subtract(to, from), count);

/** Indices whose range has to do with the number of points, and whether they run through all of them. */
const pointIndices = (binders: readonly Binder[], roots: readonly Expr[], count: Dim): ReadonlyMap<string, boolean> => {
  const sizes = dims.sizesOf(count);
  const inside: Binder[] = [];
  for (const root of roots)
    visit(root, (e) => {
      if (e.kind === 'reduce' || e.kind === 'stack') inside.push(...e.binders);
    });
  const counted = [...binders, ...inside].filter((b) =>
    [...dims.sizesOf(b.from), ...dims.sizesOf(b.to)].some((s) => sizes.includes(s)),
  );
  return new Map(counted.map((b) => [b.id, b.from.length === 0 && dims.equal(b.to, count)]));
};

/** `i < j`, `j >= i + 1`. */
const comparesPoints = (e: Expr, points: ReadonlyMap<string, boolean>): boolean => {
  const differences = e.kind === 'call' ? orders[e.fn] : undefined;
  if (differences === undefined || e.kind !== 'call') return false;
  const [a, b] = e.args.map(affineIndex);
  if (a?.index == null || b?.index == null || !points.has(a.index) || !points.has(b.index)) return false;
  const difference = dims.subtract(b.offset, a.offset);
  return differences.some((d) => dims.equal(difference, dims.constant(d)));
};

const comparedIn = (root: Expr, points: ReadonlyMap<string, boolean>): readonly string[] => {
  const found: string[] = [];
  visit(root, (e) => {
    if (e.kind === 'call' && comparesPoints(e, points))
      found.push(...e.args.flatMap((a) => affineIndex(a)?.index ?? []));
  });
  return found;
};

const first = <T>(list: readonly T[], look: (item: T, i: number) => Misplaced | null): Misplaced | null => {
  for (const [i, item] of list.entries()) {
    const found = look(item, i);
    if (found !== null) return found;
  }
  return null;
};
