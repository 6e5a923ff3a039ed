// Entries of discrete arrays as nodes of their own. Where an energy is a polynomial of an array of unknowns (b'y, y'Wz, a
// sum over pairs), it is a sum over entries, so each term becomes a factor group over the entries' indices: an RBM's
// `binary[H]` is H bits and not 2^H states. In: a model, groups with lets expanded, the unknowns. Out: the same with such
// arrays indexed by their components; groups that are no polynomials stay as they are.
import type { Binder, Expr, Model, Variable } from '../semantics/model.ts';
import * as dims from '../tensor/dims.ts';
import { isDiscrete } from './domain-facts.ts';
import { dependsOn, freeIndices, indexExpr, numberExpr, visit } from './expressions.ts';
import { extractPolynomial } from './extract-polynomial.ts';
import type { FactorGroup } from './factor-graph.ts';
import type { Known, Label, LabelRange, Occurrence, Term } from './polynomial.ts';
import { isRefused } from './polynomial.ts';
import { slotsOf } from './regular.ts';

export interface Componentised {
  readonly model: Model;
  readonly groups: readonly FactorGroup[];
}

/** Domains whose entries vary independently of each other. */
const entrywise: ReadonlySet<string> = new Set(['binary', 'spin', 'category', 'integer', 'index']);

export const componentise = (
  model: Model,
  groups: readonly FactorGroup[],
  unknowns: ReadonlySet<string>,
): Componentised => {
  const discrete = model.variables.filter((v) => unknowns.has(v.name) && isDiscrete(v.domain.kind));
  const names = new Set(discrete.map((v) => v.name));
  const arrays = discrete.filter((v) => entrywise.has(v.domain.kind) && v.type.shape.length > 0);
  const arrayNames = new Set(arrays.map((v) => v.name));
  const split = groups.map((g) => (joinsMany(model, g, names, arrayNames) ? splitGroup(model, g, names) : [g]));
  // An array stays whole when one of its groups does.
  const stuck = new Set(
    arrays
      .filter((v) =>
        groups.some((g, i) => split[i]!.length === 1 && split[i]![0] === g && dependsOn(g.energy, new Set([v.name]))),
      )
      .map((v) => v.name),
  );
  const open = (g: FactorGroup): boolean => dependsOn(g.energy, stuck);
  return {
    model: {
      ...model,
      variables: model.variables.map((v) => (arrayNames.has(v.name) && !stuck.has(v.name) ? withComponents(v) : v)),
    },
    groups: groups.flatMap((g, i) => (open(g) ? [g] : split[i]!)),
  };
};

const withComponents = (v: Variable): Variable => ({
  ...v,
  binders: [
    ...v.binders,
    ...v.type.shape.map((dim, i): Binder => {
      const name = `${v.name}${i === 0 ? '' : i}`;
      return { id: `component ${v.name} ${i}`, name, from: [], to: dim, span: v.span };
    }),
  ],
  type: { ...v.type, shape: [] },
  domain: { ...v.domain, shape: [] },
});

/** Does one factor of the group touch several nodes through one reference? */
const joinsMany = (
  model: Model,
  group: FactorGroup,
  discrete: ReadonlySet<string>,
  arrays: ReadonlySet<string>,
): boolean => {
  const own = new Set(group.binders.map((b) => b.id));
  return slotsOf(group.energy, discrete).some((ref) => {
    const variable = model.variables.find((v) => v.name === ref.name)!;
    const inner = ref.at.some((at) => [...freeIndices(at)].some((id) => !own.has(id)));
    return arrays.has(ref.name) || ref.at.length < variable.binders.length || inner;
  });
};

const splitGroup = (model: Model, group: FactorGroup, discrete: ReadonlySet<string>): readonly FactorGroup[] => {
  if (group.kind === 'constraint') return [group];
  const polynomial = extractPolynomial({ model, block: discrete, slot: () => null }, group.energy, group.binders);
  if (isRefused(polynomial) || polynomial.terms.some((t) => t.unknown.some((o) => o.atom !== 'value'))) return [group];
  return polynomial.terms.map((term, i) => termGroup(model, group, term, polynomial.ranges, i));
};

const termGroup = (
  model: Model,
  group: FactorGroup,
  term: Term,
  ranges: ReadonlyMap<Label, LabelRange>,
  number: number,
): FactorGroup => {
  const like = group.energy;
  const outer = new Set([
    ...group.binders.map((b) => b.id),
    ...term.unknown.flatMap((o) => o.positions.map((p) => p.label)),
  ]);
  const summed = term.bound.filter((l) => !outer.has(l));
  // A condition on the indices (i < j) is the group's filter: pairs that it excludes are no factors at all.
  const isFilter = (k: Known): boolean =>
    k.labels.length === 0 &&
    k.expr.type.scalar.kind === 'boolean' &&
    [...freeIndices(k.expr)].every((id) => outer.has(id)) &&
    onlyIndices(k.expr);
  const filters = [...(group.where === null ? [] : [group.where]), ...term.known.filter(isFilter).map((k) => k.expr)];
  const known = term.known.filter((k) => !isFilter(k)).map((k) => entry(k));
  const inside = summed.length === 0 ? known : [sumOver(summed, ranges, product(known, like), like)];
  const factors = [...inside, ...term.unknown.map((o) => reference(model, o, like))];
  const coefficient = numberExpr(term.coefficient, like);
  return {
    ...group,
    name: `${group.name}.${number}`,
    part: group.name,
    kind: group.kind === 'distribution' ? 'factor' : group.kind,
    distribution: null,
    where: filters.length === 0 ? null : filters.reduce((a, b) => both(a, b)),
    binders: [...outer].map((label) => binderOf(label, ranges, group)),
    energy: product([coefficient, ...factors], like),
    slots: [],
  };
};

const both = (a: Expr, b: Expr): Expr => ({ kind: 'call', fn: 'and', args: [a, b], type: a.type, span: a.span });

/** Reads indices and numbers, no variable. */
const onlyIndices = (expr: Expr): boolean => {
  let only = true;
  visit(expr, (e) => {
    if (e.kind === 'ref' && e.of === 'variable') only = false;
  });
  return only;
};

const binderOf = (label: Label, ranges: ReadonlyMap<Label, LabelRange>, group: FactorGroup): Binder => {
  const written = group.binders.find((b) => b.id === label);
  const { dim, from } = ranges.get(label)!;
  return written ?? { id: label, name: label, from, to: dims.add(from, dim), span: group.span };
};

const REAL = { scalar: { kind: 'real' }, shape: [] } as const;

const product = (factors: readonly Expr[], like: Expr): Expr =>
  factors.length === 0
    ? numberExpr(1, like)
    : factors.reduce((a, b) => ({ kind: 'call', fn: 'mul', args: [a, b], type: REAL, span: like.span }));

/** A known expression's entry at its labels. */
const entry = (k: Known): Expr =>
  k.labels.length === 0
    ? k.expr
    : {
        kind: 'subscript',
        base: k.expr,
        subscripts: k.labels.map((label) => ({ kind: 'at', at: indexExpr(label, k.expr) }) as const),
        type: { scalar: k.expr.type.scalar, shape: [] },
        span: k.expr.span,
      };

const sumOver = (labels: readonly Label[], ranges: ReadonlyMap<Label, LabelRange>, body: Expr, like: Expr): Expr => ({
  kind: 'reduce',
  reducer: 'sum',
  binders: labels.map((label) => {
    const { dim, from } = ranges.get(label)!;
    return { id: label, name: label, from, to: dims.add(from, dim), span: like.span };
  }),
  where: null,
  body,
  type: REAL,
  span: like.span,
});

/** The node that an occurrence reads; its components are indices now. */
const reference = (model: Model, o: Occurrence, like: Expr): Expr => {
  const variable = model.variables.find((v) => v.name === o.variable)!;
  const at = o.positions.map((p): Expr => {
    const index = indexExpr(p.label, like);
    const { offset } = p;
    if (offset.length === 0) return index;
    return {
      kind: 'call',
      fn: 'add',
      args: [index, { ...numberExpr(0, like), kind: 'dim', dim: offset }],
      type: index.type,
      span: like.span,
    } as Expr;
  });
  return { kind: 'ref', of: 'variable', name: o.variable, at, type: { ...variable.type, shape: [] }, span: like.span };
};
