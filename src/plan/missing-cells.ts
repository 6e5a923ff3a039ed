// Missing cells as unknowns. An array of which some cells are given becomes an unknown array whose given cells are held; what
// was given and which cells are missing are arrays of data beside it.
//   discrete: each given cell has a constraint that it equals what was given;
//   continuous: every reference reads (1 - missing) · given + missing · y, and the y of given cells are pinned (pins.ts).
// Both leave every structure as it was: chains stay chains, polynomials keep their degree, convexity is kept.
// In: a factor graph and the names of such arrays. Out: the graph in which they are unknowns; or which array has no such form.
import { givenName, missingName } from '../data/given-cells.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { isDiscrete } from '../graph/domain-facts.ts';
import { indexExpr, letInliner, mapChildren, numberExpr } from '../graph/expressions.ts';
import type { FactorGraph, FactorGroup } from '../graph/factor-graph.ts';
import { callExpr, equals } from '../graph/small-expressions.ts';
import { slotCollector } from '../graph/slots.ts';
import type { Binder, Expr, SubscriptExpr, Variable } from '../semantics/model.ts';
import { isPinnable, nodeOf, pin } from './pins.ts';

/** `beta`: the temperature of what is marginalised; any finite one where nothing is. */
export const missingAsUnknowns = (
  graph: FactorGraph,
  partial: ReadonlySet<string>,
  beta: number,
): Checked<FactorGraph> => {
  if (partial.size === 0) return { value: graph, diagnostics: [] };
  const variables = graph.variables.filter((v) => partial.has(v.name));
  const diagnostics = variables.flatMap(refused);
  const model = { ...graph.model, variables: withCellData(graph.variables, variables) };
  const inline = letInliner(graph.model);
  const continuous = new Map(variables.filter((v) => !isDiscrete(v.domain.kind)).map((v) => [v.name, v] as const));
  const { collect } = slotCollector(model);
  const groups = graph.groups.map((g) => {
    const energy = masked(inline(g.energy), continuous);
    return { ...g, energy, slots: collect(energy, g.binders) };
  });
  const held = variables.flatMap((v) => heldCells(v, beta));
  return { value: { ...graph, model, variables: model.variables, groups: [...groups, ...held] }, diagnostics };
};

const refused = (v: Variable): readonly Diagnostic[] => {
  const { kind } = v.domain;
  if (isDiscrete(kind) ? kind !== 'permutation' : isPinnable(kind)) return [];
  const what = `${v.name}, of which some cells are given and some are missing,`;
  return [diagnosePlanning('EBM501', v.span, { what, needs: `a way to hold single cells of ${kind}` })];
};

/** The data variables stand before their array. */
export const withCellData = (all: readonly Variable[], partial: readonly Variable[]): readonly Variable[] =>
  all.flatMap((v) => (partial.includes(v) ? [...cellData(v), v] : [v]));

const cellData = (v: Variable): readonly Variable[] => {
  const data = { ...v, role: 'data', conditions: [], start: null } as const;
  return [
    { ...data, name: givenName(v.name) },
    {
      ...data,
      name: missingName(v.name),
      domain: { kind: 'binary', shape: v.domain.shape, span: v.span },
      type: { scalar: { kind: 'integer' }, shape: v.type.shape },
    },
  ];
};

// ---------------------------------------------------------------- continuous cells

/** A reference to given cells, or to their mask, at the place of a reference to the array. */
export const givenAt = (ref: Expr & { kind: 'ref' }): Expr => ({ ...ref, name: givenName(ref.name) });
export const missingAt = (ref: Expr & { kind: 'ref' }): Expr => ({
  ...ref,
  name: missingName(ref.name),
  type: { scalar: { kind: 'integer' }, shape: ref.type.shape },
});

const call = (fn: 'add' | 'sub' | 'mul', args: readonly Expr[], like: Expr): Expr => ({
  kind: 'call',
  fn,
  args,
  type: { scalar: { kind: 'real' }, shape: like.type.shape },
  span: like.span,
});

/** 1 - missing. */
export const present = (missing: Expr): Expr => call('sub', [numberExpr(1, missing), missing], missing);

/** Entries are masked after they are selected, so that an energy still reads the entries that it reads. */
const masked = (expr: Expr, variables: ReadonlyMap<string, Variable>): Expr => {
  const rewrite = (e: Expr): Expr => {
    if (e.kind === 'subscript' && isPartial(e.base)) {
      const inner = mapChildren(e, (c) => (c === e.base ? c : rewrite(c))) as Expr & { kind: 'subscript' };
      return mixed(e.base, (base) => ({ ...inner, base, type: { ...e.type, scalar: base.type.scalar } }));
    }
    const inner = mapChildren(e, rewrite);
    return isPartial(inner) ? mixed(inner, (ref) => ref) : inner;
  };
  const isPartial = (e: Expr): e is Expr & { kind: 'ref' } =>
    e.kind === 'ref' && e.of === 'variable' && variables.has(e.name);
  return rewrite(expr);
};

const mixed = (ref: Expr & { kind: 'ref' }, read: (ref: Expr) => Expr): Expr => {
  const [value, given, missing] = [read(ref), read(givenAt(ref)), read(missingAt(ref))];
  const known = call('mul', [present(missing), given], value);
  return call('add', [known, call('mul', [missing, value], value)], value);
};

// ---------------------------------------------------------------- given cells

const heldCells = (v: Variable, beta: number): readonly FactorGroup[] => {
  const node = nodeOf(v) as Expr & { kind: 'ref' };
  if (isDiscrete(v.domain.kind)) return v.domain.kind === 'permutation' ? [] : [evidence(v, node)];
  const group = pin(v, present(missingAt(node)), null, beta);
  return group === null ? [] : [group];
};

/** Each given cell equals what was given. A one-hot vector is one cell. */
const evidence = (v: Variable, node: Expr & { kind: 'ref' }): FactorGroup => {
  const onehot = v.domain.kind === 'onehot';
  const axes = onehot ? v.type.shape.slice(0, -1) : v.type.shape;
  const inner = axes.map((dim, i): Binder => {
    const name = `${v.name}${i}`;
    return { id: `given ${v.name} ${i}`, name, from: [], to: dim, span: v.span };
  });
  const at = inner.map((b) => indexExpr(b.id, node));
  const first = onehot ? [...at, numberExpr(0, node)] : at;
  const missing = entry(missingAt(node), first);
  const [value, given] = [entry(node, at), entry(givenAt(node), at)];
  const one = numberExpr(1, node);
  const same: Expr = onehot
    ? equals({ kind: 'call', fn: 'matmul', args: [given, value], type: one.type, span: v.span }, one)
    : equals(value, given);
  return {
    name: `${v.name} given`,
    kind: 'constraint',
    filler: true,
    binders: [...v.binders, ...inner],
    where: callExpr('not', [missing], missing),
    slots: [],
    energy: same,
    distribution: null,
    span: v.span,
  };
};

const entry = (base: Expr, at: readonly Expr[]): Expr => {
  if (at.length === 0) return base;
  const subscripts = at.map((index): SubscriptExpr => ({ kind: 'at', at: index }));
  const shape = base.type.shape.slice(at.length);
  return { kind: 'subscript', base, subscripts, type: { scalar: base.type.scalar, shape }, span: base.span };
};
