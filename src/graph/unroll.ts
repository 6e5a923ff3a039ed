// Joint functions of a few nodes written out: `sum[i in N] y[i] == 2` becomes `y[0] + y[1] + y[2] == 2` once N is known, so
// that the factor reads single nodes. In: a group, its discrete unknowns, sizes. Out: the group without reductions over nodes;
// null when a size is open, or the nodes are too many for a table.
import type { Expr, Model } from '../semantics/model.ts';
import type { Dim } from '../tensor/dims.ts';
import * as dims from '../tensor/dims.ts';
import { dependsOn, freeIndices, mapChildren, numberExpr, substituteIndices } from './expressions.ts';
import { callOfArrays, sumOf } from './array-calls.ts';
import type { FactorGroup } from './factor-graph.ts';

/** Terms of one reduction: a table over so many nodes would be too large anyway. */
const mostTerms = 24;

export const unroll = (
  model: Model,
  group: FactorGroup,
  discrete: ReadonlySet<string>,
  sizes: Readonly<Record<string, number>>,
): FactorGroup | null => {
  let open = false;
  /** What cannot be written out: the rest is rewritten for nothing. */
  const stop = <T>(instead: T): T => {
    open = true;
    return instead;
  };
  /** 0 where it is not known, or too many. */
  const count = (dim: Dim): number => {
    if (dims.sizesOf(dim).some((s) => sizes[s] === undefined)) return stop(0);
    const n = dims.evaluate(dim, sizes);
    return n > mostTerms ? stop(0) : n;
  };
  const nodesOf = (name: string) => model.variables.find((v) => v.name === name)!;

  const rewrite = (e: Expr): Expr => {
    if (!dependsOn(e, discrete)) return e;
    if (e.kind === 'reduce') return reduction(e);
    if (e.kind === 'subscript' && e.base.kind === 'ref') {
      const scalars = e.subscripts.every((s) => s.kind === 'at' && s.at.type.shape.length === 0);
      const full = e.base.at.length === nodesOf(e.base.name)?.binders.length;
      if (scalars && full && e.subscripts.length === e.base.type.shape.length) return e;
    }
    if (e.kind === 'ref' && e.of === 'variable' && discrete.has(e.name)) return whole(e);
    const inner = mapChildren(e, rewrite);
    if (inner.kind === 'call') return callOfArrays(inner) ?? stop(e);
    if (inner.kind === 'if' && inner.type.shape.length > 0) return stop(e);
    if (inner.kind === 'subscript' && inner.base.kind === 'array') return selected(inner, inner.base.elements);
    return inner;
  };

  /** `[a, b, c][1]`. */
  const selected = (e: Expr & { kind: 'subscript' }, elements: readonly Expr[]): Expr => {
    const [only] = e.subscripts;
    const at = e.subscripts.length === 1 && only!.kind === 'at' && only!.at.kind === 'number' ? only!.at.value : -1;
    return elements[at] ?? stop(e);
  };

  /** An array of nodes, or of entries of one, as the array of its elements. */
  const whole = (ref: Expr & { kind: 'ref' }): Expr => {
    const variable = nodesOf(ref.name);
    const rest = variable.binders.slice(ref.at.length);
    const entries = variable.domain.kind === 'onehot' ? [] : variable.type.shape;
    const lengths = [...rest.map((b) => dims.subtract(b.to, b.from)), ...entries];
    const build = (at: readonly Expr[], open: readonly Dim[]): Expr => {
      const [length, ...inner] = open;
      if (length === undefined) return element(ref, at, rest.length);
      const elements = Array.from({ length: count(length) }, (_, i) => build([...at, numberExpr(i, ref)], inner));
      if (elements.length === 0) return stop(ref);
      const shape = [dims.constant(elements.length), ...elements[0]!.type.shape];
      return { kind: 'array', elements, type: { scalar: ref.type.scalar, shape }, span: ref.span };
    };
    return build([], lengths);
  };

  const element = (ref: Expr & { kind: 'ref' }, at: readonly Expr[], indices: number): Expr => {
    const { type } = nodesOf(ref.name);
    const node: Expr = { ...ref, at: [...ref.at, ...at.slice(0, indices)], type };
    const entry = at.slice(indices);
    if (entry.length === 0) return node;
    return {
      kind: 'subscript',
      base: node,
      subscripts: entry.map((index) => ({ kind: 'at', at: index }) as const),
      type: { scalar: type.scalar, shape: [] },
      span: ref.span,
    };
  };

  const reduction = (e: Expr & { kind: 'reduce' }): Expr => {
    const bound = new Set(e.binders.map((b) => b.id));
    const inside = [e.body, ...(e.where === null ? [] : [e.where])];
    if (!inside.some((x) => [...freeIndices(x)].some((id) => bound.has(id)))) return mapChildren(e, rewrite);
    let points: readonly ReadonlyMap<string, Expr>[] = [new Map()];
    for (const b of e.binders) {
      const [from, to] = [count(b.from), count(b.to)];
      const values = Array.from({ length: Math.max(to - from, 0) }, (_, i) => numberExpr(from + i, e));
      points = points.flatMap((p) => values.map((value) => new Map([...p, [b.id, value]])));
      if (points.length > mostTerms ** 2) return stop(e);
    }
    const terms = points.map((p) => {
      const body = rewrite(substituteIndices(e.body, p));
      return e.where === null ? body : filtered(e, rewrite(substituteIndices(e.where, p)), body);
    });
    if (e.type.shape.length > 0) return stop(e);
    if (e.reducer === 'sum') return sumOf(terms, 'add', e);
    if (e.reducer === 'prod') return sumOf(terms, 'mul', e);
    if (terms.length === 0) return stop(e);
    const shape = [dims.constant(terms.length), ...e.type.shape];
    const array: Expr = { kind: 'array', elements: terms, type: { scalar: e.type.scalar, shape }, span: e.span };
    return { kind: 'call', fn: e.reducer, args: [array], type: e.type, span: e.span };
  };

  /** A term that the filter leaves out is neutral; only sums and products have a neutral number. */
  const filtered = (e: Expr & { kind: 'reduce' }, condition: Expr, body: Expr): Expr => {
    if ((e.reducer !== 'sum' && e.reducer !== 'prod') || e.type.shape.length > 0) return stop(e);
    const neutral = numberExpr(e.reducer === 'sum' ? 0 : 1, e);
    return { kind: 'if', condition, then: body, else: neutral, type: e.type, span: e.span };
  };

  const energy = rewrite(group.energy);
  return open ? null : { ...group, energy, distribution: null };
};
