// The tensor program: straight-line SSA over tensors with symbolic sizes. Everything that runs is one of these.
// A value is a number (ValueId); its shape and dtype stand in `values`. Loops hold nested programs whose inputs are,
// in order: carries, per-step slices (scan), captured outer values. Booleans are 0/1 floats; 'int' is for indices only.
import type { Dim } from './dims.ts';
import type { Elementwise } from './elementwise.ts';
import type { RoutineName } from './routines.ts';

export type ValueId = number;
export type DType = 'float' | 'int';

export interface ValueInfo {
  readonly shape: readonly Dim[];
  readonly dtype: DType;
}

/** How a contraction combines and reduces.
 *  sum-product: Σ Π a.   min-plus: min Σ a.   soft-min: -1/β log Σ exp(-β Σ a), the free energy at β (a scalar value). */
export type Semiring =
  { readonly kind: 'sum-product' | 'min-plus' } | { readonly kind: 'soft-min'; readonly beta: ValueId };

export type View =
  | { readonly kind: 'reshape'; readonly shape: readonly Dim[] }
  | { readonly kind: 'transpose'; readonly permutation: readonly number[] }
  | { readonly kind: 'slice'; readonly start: readonly Dim[]; readonly length: readonly Dim[] }
  /** Broadcast: axes of length 1 (constant dim 1) to the given length. */
  | { readonly kind: 'expand'; readonly shape: readonly Dim[] }
  | { readonly kind: 'reverse'; readonly axis: number }
  | { readonly kind: 'pad'; readonly before: readonly Dim[]; readonly after: readonly Dim[]; readonly value: number };

export type Instr =
  /** A number, or a flat row-major literal with a constant shape. */
  | { readonly op: 'constant'; readonly out: readonly [ValueId]; readonly value: number | readonly number[] }
  /** A size as a scalar float. */
  | { readonly op: 'dim'; readonly out: readonly [ValueId]; readonly dim: Dim }
  /** 0, 1, 2, … along `axis` of the out shape. */
  | { readonly op: 'iota'; readonly out: readonly [ValueId]; readonly axis: number }
  /** Arguments of one rank, or of rank 0 (a scalar joins any shape); an axis of constant length 1 broadcasts. */
  | {
      readonly op: 'map';
      readonly out: readonly [ValueId];
      readonly fn: Elementwise;
      readonly args: readonly ValueId[];
    }
  /** Axis labels are local to the instruction; equal labels are identified; labels not in `keep` are reduced.
   *  The out axes are `keep`, in that order. A label occurs at most once per operand. */
  | {
      readonly op: 'contract';
      readonly out: readonly [ValueId];
      readonly semiring: Semiring;
      readonly operands: readonly { readonly value: ValueId; readonly axes: readonly number[] }[];
      readonly keep: readonly number[];
    }
  /** Of floats: index of the smallest entry along the axis, the first of equals; NaN is passed over (nothing is less than NaN), and 0 where
   *  nothing is below infinity. int. */
  | { readonly op: 'argmin'; readonly out: readonly [ValueId]; readonly arg: ValueId; readonly axis: number }
  | { readonly op: 'view'; readonly out: readonly [ValueId]; readonly arg: ValueId; readonly view: View }
  | {
      readonly op: 'concat';
      readonly out: readonly [ValueId];
      readonly args: readonly ValueId[];
      readonly axis: number;
    }
  /** out[a…, i…, b…] = data[a…, indices[i…], b…]. Indices are in range (proved or checked on load). */
  | {
      readonly op: 'gather';
      readonly out: readonly [ValueId];
      readonly data: ValueId;
      readonly indices: ValueId;
      readonly axis: number;
    }
  /** The transpose of gather: zeros of the out shape, updates added at indices along `axis`. */
  | {
      readonly op: 'scatter-add';
      readonly out: readonly [ValueId];
      readonly updates: ValueId;
      readonly indices: ValueId;
      readonly axis: number;
    }
  /** int to float or float (integral) to int. */
  | { readonly op: 'cast'; readonly out: readonly [ValueId]; readonly arg: ValueId }
  /** Threefry-2x32-20; key (seed, id), counter (step, element). `seed` and `step` are scalar values. */
  | {
      readonly op: 'random';
      readonly out: readonly [ValueId];
      readonly id: number;
      readonly seed: ValueId;
      readonly step: ValueId;
      readonly distribution: 'uniform' | 'normal';
    }
  | {
      readonly op: 'routine';
      readonly out: readonly ValueId[];
      readonly name: RoutineName;
      readonly args: readonly ValueId[];
    }
  /** body: (carry…, x…, captured…) → (carry…, y…). out: (final carry…, stacked y…). x: leading axis `length`; `reverse` runs from the end. */
  | {
      readonly op: 'scan';
      readonly out: readonly ValueId[];
      readonly length: Dim;
      readonly reverse: boolean;
      /** A later scan may go on from its carries: after every step they are rounded to what an output holds. */
      readonly resumable?: true;
      readonly carry: readonly ValueId[];
      readonly xs: readonly ValueId[];
      readonly captured: readonly ValueId[];
      readonly body: Program;
    }
  /** body: (carry…, captured…) → carry…; test: (carry…, captured…) → scalar, 0 stops; tested before step 0 and then every `every` steps.
   *  At most `max` steps. out: (final carry…, number of steps taken as scalar). No reverse-mode derivative. */
  | {
      readonly op: 'while';
      readonly out: readonly ValueId[];
      readonly max: number;
      readonly every: number;
      readonly carry: readonly ValueId[];
      readonly captured: readonly ValueId[];
      readonly test: Program;
      readonly body: Program;
    };

export interface Program {
  readonly inputs: readonly { readonly name: string; readonly id: ValueId }[];
  readonly instrs: readonly Instr[];
  /** By ValueId. */
  readonly values: readonly ValueInfo[];
  readonly outputs: readonly { readonly name: string; readonly id: ValueId }[];
}
