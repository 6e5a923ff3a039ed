// In: an energy (lets already inlined) and the binders of its factor. Out: the distinct slots through which it touches
// variables. Calls of a net touch all params of the net.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Binder, Expr, Let, Model, SubscriptExpr, Variable } from '../semantics/model.ts';
import { add, subtract } from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';
import { affineOf } from './affine.ts';
import { childrenOf, visit } from './expressions.ts';
import { slotKey } from './factor-graph.ts';
import type { IndexMap, Slot } from './factor-graph.ts';

type SlotOwner = Variable | Let;

type Reduction = NonNullable<Slot['reductions']>[number];

/** Whether a role is known before inference starts: it may choose indices without being an unknown. */
const isGiven = { data: true, observed: true, target: false, latent: false, noise: false, param: false } as const;

export interface SlotCollector {
  readonly collect: (expr: Expr, binders: readonly Binder[]) => readonly Slot[];
}

/** `lets` are not looked through but count as variables: for the drawing, which shows some of them. */
export const slotCollector = (model: Model, lets: readonly Let[] = []): SlotCollector => {
  const variables = new Map<string, SlotOwner>([...model.variables, ...lets].map((v) => [v.name, v]));
  const nets = new Map(model.nets.map((n) => [n.name, n]));
  const variableOf = (name: string): SlotOwner => {
    const found = variables.get(name);
    if (found === undefined) throw new InternalError(`no variable named ${name}`);
    return found;
  };

  const isOwner = (ref: Expr & { kind: 'ref' }): boolean => ref.of !== 'const' && variables.has(ref.name);

  const collect = (energy: Expr, binders: readonly Binder[]): readonly Slot[] => {
    const outer = new Set(binders.map((b) => b.id));
    const inner = new Map<string, Binder>();
    const around: Reduction[] = [];
    const slots = new Map<string, Slot>();
    const add_ = (slot: Slot, detached: boolean): void => {
      const key = slotKey(slot);
      const known = slots.get(key);
      if (known === undefined) slots.set(key, detached ? { ...slot, detached: true } : slot);
      else if (known.detached === true && !detached) slots.set(key, slot);
    };
    const whole = (name: string, detached: boolean): void =>
      add_({ variable: name, at: variableOf(name).binders.map(wholeAxis) }, detached);

    const mapOf = (position: Expr, axis: Binder): IndexMap => indexMap(position, axis, outer, inner, variables);
    const refSlot = (ref: Expr & { kind: 'ref' }, subscripts: readonly SubscriptExpr[]): Slot => {
      const { binders: axes } = variableOf(ref.name);
      const at = axes.map((axis, k): IndexMap => {
        if (k < ref.at.length) return mapOf(ref.at[k]!, axis);
        const subscript = subscripts[k - ref.at.length];
        return subscript === undefined || subscript.kind === 'all'
          ? wholeAxis(axis)
          : subscript.kind === 'at'
            ? mapOf(subscript.at, axis)
            : rangeOf(subscript, axis);
      });
      const over = new Set(at.flatMap((m) => (m.kind === 'all' ? m.over : [])));
      const reductions = around.filter((r) => r.binders.some((b) => over.has(b.id)));
      return reductions.length === 0 ? { variable: ref.name, at } : { variable: ref.name, at, reductions };
    };

    // Visited once per object and per whether it stands under stop_gradient.
    const seen = [new Set<Expr>(), new Set<Expr>()] as const;
    const read = (e: Expr, detached: boolean): void => {
      const visited = seen[detached ? 1 : 0];
      if (visited.has(e)) return;
      visited.add(e);
      const reduction = e.kind === 'reduce' ? e : e.kind === 'stack' ? { binders: e.binders, where: null } : null;
      if (reduction !== null) {
        for (const b of reduction.binders) inner.set(b.id, b);
        around.push({ binders: reduction.binders, where: reduction.where });
      }
      if (e.kind === 'subscript' && e.base.kind === 'ref' && isOwner(e.base)) {
        add_(refSlot(e.base, e.subscripts), detached);
        [...e.base.at, ...childrenOf(e).slice(1)].forEach((child) => read(child, detached));
        return;
      }
      if (e.kind === 'ref' && isOwner(e)) add_(refSlot(e, []), detached);
      if (e.kind === 'net' || e.kind === 'weights') for (const p of nets.get(e.net)?.params ?? []) whole(p, detached);
      const below = detached || (e.kind === 'call' && e.fn === 'stop_gradient');
      // A filter of a reduction decides which nodes are touched, it does not touch any itself.
      if (e.kind === 'reduce') read(e.body, below);
      else for (const child of childrenOf(e)) read(child, below);
      if (reduction !== null) around.pop();
    };
    read(energy, false);
    return [...slots.values()];
  };
  return { collect };
};

const wholeAxis = (axis: Binder): IndexMap & { kind: 'all' } => ({
  kind: 'all',
  from: axis.from,
  to: axis.to,
  over: [],
});

const rangeOf = (subscript: SubscriptExpr & { kind: 'range' }, axis: Binder): IndexMap => {
  const from = affineOf(subscript.from);
  return from !== null && from.terms.size === 0
    ? { kind: 'all', from: from.offset, to: add(from.offset, subscript.length), over: [] }
    : wholeAxis(axis);
};

/** How a position along `axis` comes from the indices of the factor (`outer`) and of the reductions around it (`inner`). */
const indexMap = (
  position: Expr,
  axis: Binder,
  outer: ReadonlySet<string>,
  inner: ReadonlyMap<string, Binder>,
  variables: ReadonlyMap<string, SlotOwner>,
): IndexMap => {
  const linear = affineOf(position);
  if (linear !== null) {
    const terms = [...linear.terms];
    if (terms.length === 0) return { kind: 'fixed', at: linear.offset };
    const [id, coef] = terms[0]!;
    if (terms.length === 1 && coef === 1) {
      if (outer.has(id)) return { kind: 'affine', index: id, offset: linear.offset };
      const binder = inner.get(id);
      if (binder !== undefined) {
        const shift = (d: Dim): Dim => add(d, linear.offset);
        return { kind: 'all', from: shift(binder.from), to: shift(binder.to), over: [id], expr: position };
      }
    }
  }
  const over: string[] = [];
  let unknown = false;
  visit(position, (e) => {
    if (e.kind === 'index' && inner.has(e.id)) over.push(e.id);
    const owner = e.kind === 'ref' && e.of !== 'const' ? variables.get(e.name) : undefined;
    if (owner !== undefined && !('role' in owner && isGiven[owner.role])) unknown = true;
    if (e.kind === 'net' || e.kind === 'weights') unknown = true;
  });
  if (unknown) return { kind: 'unknown', expr: position, from: [], to: subtract(axis.to, axis.from) };
  return over.length === 0 ? { kind: 'gather', expr: position } : { ...wholeAxis(axis), over, expr: position };
};
