// The factor graph of a model: variable nodes, factor groups (a declared factor stays one group, never unrolled) and the
// slots through which a group touches variables. `s[t-1]` and `s[t]` are two slots of one variable.
import type { Span } from '../diagnostics/diagnostic.ts';
import type { Binder, Expr, Model, Variable } from '../semantics/model.ts';
import type { Dim } from '../tensor/dims.ts';

/** How one index of a slot comes from the group's indices: `t-1` (affine in one index), `a[e]` (through data, or anything
 *  else computed from data), or all nodes along this axis at once (`all`: a reduction over it, or the whole array).
 *  Positions count from 0, also where the axis begins elsewhere. */
export type IndexMap =
  | { readonly kind: 'affine'; readonly index: string; readonly offset: Dim }
  | { readonly kind: 'fixed'; readonly at: Dim }
  | {
      readonly kind: 'all';
      readonly from: Dim;
      readonly to: Dim;
      /** Binder ids of the reductions that run along it; empty when the whole array is read. */
      readonly over: readonly string[];
      /** The index as a function of those binders; absent when `over` is empty. */
      readonly expr?: Expr;
    }
  /** Chosen by data: known on load. */
  | { readonly kind: 'gather'; readonly expr: Expr }
  /** Chosen by an unknown: `code[z]` with code indexed by declaration; touches every node along the axis, from … to. */
  | { readonly kind: 'unknown'; readonly expr: Expr; readonly from: Dim; readonly to: Dim };

export interface Slot {
  readonly variable: string;
  readonly at: readonly IndexMap[];
  /** The reductions around it that choose its nodes, outermost first. */
  readonly reductions?: readonly { readonly binders: readonly Binder[]; readonly where: Expr | null }[];
  /** Read only under stop_gradient: the factor takes no part in choosing the variable. */
  readonly detached?: true;
}

export interface FactorGroup {
  readonly name: string;
  /** For a part of a declared factor (components.ts): the factor's name, under which its energy is reported. */
  readonly part?: string;
  /** No factor of the model: it holds nodes that an index clause leaves out in one state. */
  readonly filler?: true;
  readonly kind: 'factor' | 'regularizer' | 'constraint' | 'distribution';
  readonly binders: readonly Binder[];
  readonly where: Expr | null;
  /** Distinct slots, in order of appearance; lets and nets are looked through. */
  readonly slots: readonly Slot[];
  /** With constraints, the condition. */
  readonly energy: Expr;
  readonly distribution: { readonly name: string; readonly variable: string; readonly args: readonly Expr[] } | null;
  readonly span: Span;
}

export interface Plate {
  readonly id: string;
  readonly name: string;
  readonly from: Dim;
  readonly to: Dim;
  /** Ids of enclosing plates, outermost first. */
  readonly inside: readonly string[];
}

export interface FactorGraph {
  readonly model: Model;
  readonly variables: readonly Variable[];
  readonly groups: readonly FactorGroup[];
  readonly plates: readonly Plate[];
}

/** Equal for slots that touch the same nodes in the same way. */
export const slotKey = (slot: Slot): string =>
  `${slot.variable}${JSON.stringify(slot.at, (key, value) => (key === 'span' || key === 'type' ? undefined : value))}`;
