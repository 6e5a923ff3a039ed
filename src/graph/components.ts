// Entries of discrete arrays as nodes of their own. Where an energy is a polynomial of an array of unknowns (b'y, y'Wz, a
// sum over pairs), it is a sum over entries, so each term becomes a factor group over the entries' indices: an RBM's
// `binary[H]` is H bits and not 2^H states. In: a model, groups with lets expanded, the unknowns. Out: the same with such
// arrays indexed by their components; groups that are no polynomials stay as they are.
import type { Binder, Expr, Model, Variable } from '../semantics/model.ts';
import * as dims from '../tensor/dims.ts';
import { additiveTerms } from './additive-terms.ts';
import { isDiscrete } from './domain-facts.ts';
import { dependsOn, freeIndices, indexExpr, mapChildren, numberExpr, visit } from './expressions.ts';
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
  const split = groups.map((g) => (joinsMany(model, g, names) ? splitGroup(model, g, names, arrayNames) : [g]));
  // An array stays whole when one of its groups does, and then so do the groups around it.
  const stuck = new Set<string>();
  const stays = (g: FactorGroup, i: number): boolean => split[i]![0] === g || dependsOn(g.energy, stuck);
  for (let before = -1; before < stuck.size;) {
    before = stuck.size;
    for (const v of arrays)
      if (groups.some((g, i) => stays(g, i) && dependsOn(g.energy, new Set([v.name])))) stuck.add(v.name);
  }
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

/** Does one factor of the group touch several nodes through one reference? Entries of arrays count as nodes. */
export const joinsMany = (model: Model, group: FactorGroup, discrete: ReadonlySet<string>): boolean => {
  const own = new Set(group.binders.map((b) => b.id));
  return slotsOf(group.energy, discrete).some((ref) => {
    const variable = model.variables.find((v) => v.name === ref.name)!;
    const inner = ref.at.some((at) => [...freeIndices(at)].some((id) => !own.has(id)));
    const axes = variable.binders.length + (entrywise.has(variable.domain.kind) ? variable.type.shape.length : 0);
    return ref.at.length < axes || inner;
  });
};

/** The group taken apart until each factor reads single nodes: its sums, entries `y[i]` of arrays, then polynomials. The
 *  group itself where one part cannot be. */
const splitGroup = (
  model: Model,
  group: FactorGroup,
  discrete: ReadonlySet<string>,
  arrays: ReadonlySet<string>,
): readonly FactorGroup[] => {
  const parts: FactorGroup[] = [];
  for (const term of additiveTerms(group, () => [])) {
    const read = { ...term, energy: readEntries(term.energy, arrays) };
    const own = joinsMany(model, read, discrete) ? splitPolynomial(model, term, discrete) : [read];
    if (own === null) return [group];
    parts.push(...own);
  }
  if (parts.length === 1) return [{ ...parts[0]!, name: group.name }];
  return parts.map((part, i) => ({ ...part, name: `${group.name}.${i}`, part: group.name, distribution: null }));
};

/** `y[n][i]` as the node y[n, i], for arrays whose entries become nodes. */
const readEntries = (expr: Expr, arrays: ReadonlySet<string>): Expr => {
  const read = (e: Expr): Expr => {
    if (e.kind !== 'subscript' || e.base.kind !== 'ref' || !arrays.has(e.base.name)) return mapChildren(e, read);
    const at = e.subscripts.flatMap((s) => (s.kind === 'at' && s.at.type.shape.length === 0 ? [read(s.at)] : []));
    const whole = at.length === e.subscripts.length && at.length === e.base.type.shape.length;
    return whole ? { ...e.base, at: [...e.base.at, ...at], type: e.type, span: e.span } : mapChildren(e, read);
  };
  return read(expr);
};

const splitPolynomial = (
  model: Model,
  group: FactorGroup,
  discrete: ReadonlySet<string>,
): readonly FactorGroup[] | null => {
  if (group.kind === 'constraint') return null;
  const polynomial = extractPolynomial({ model, block: discrete, slot: () => null }, group.energy, group.binders);
  if (isRefused(polynomial) || polynomial.terms.some((t) => t.unknown.some((o) => o.atom !== 'value'))) return null;
  return polynomial.terms.map((term) => termGroup(model, group, term, polynomial.ranges));
};

const termGroup = (
  model: Model,
  group: FactorGroup,
  term: Term,
  ranges: ReadonlyMap<Label, LabelRange>,
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
