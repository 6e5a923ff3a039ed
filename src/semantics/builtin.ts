// What the builtin table says of one function: shape rule, curvature, documentation, lowering. The entries stand in
// builtins/<family>.ts and are joined in builtins.ts; checker, planner, lowering and the language reference read them.
import type { Builder, Value } from '../tensor/builder.ts';
import type { Dim } from '../tensor/dims.ts';
import type { Expr, ValueType } from './model.ts';

/** How a function depends on one argument while the others are held fixed. */
export interface Curvature {
  readonly degree: 'constant' | 'linear' | 'quadratic' | 'polynomial' | 'other';
  /** `affine` is both convex and concave. */
  readonly convexity: 'affine' | 'convex' | 'concave' | 'none';
  /** Entry by entry. */
  readonly monotone: 'increasing' | 'decreasing' | 'none';
  /** Continuously differentiable on its domain. */
  readonly smooth: boolean;
  /** Continuous, with a gradient almost everywhere that says how it changes: kinks, no steps. */
  readonly continuous: boolean;
}

/** One argument as the shape rule sees it. */
export interface Argument {
  readonly type: ValueType;
  /** When the argument is a size expression. */
  readonly dim: Dim | null;
  /** When the argument is a written number. */
  readonly number: number | null;
}

/** Why a call has no type. Arguments are named by position; the checker turns them into spans. */
export type Problem =
  /** Elementwise arguments must have one shape, or be scalars. */
  | { readonly kind: 'shapes-differ'; readonly left: number; readonly right: number; readonly hint?: string }
  /** `a @ b` of shapes that do not chain. */
  | { readonly kind: 'product'; readonly hint?: string }
  /** Another rank or shape was needed: `a vector`, `a square matrix`. */
  | { readonly kind: 'expected'; readonly argument: number; readonly expected: string; readonly hint?: string }
  /** A category where a number is needed. */
  | { readonly kind: 'not-a-number'; readonly argument: number }
  /** Not a boolean where logic is done. */
  | { readonly kind: 'not-a-condition'; readonly argument: number }
  /** Not a size where one is needed. */
  | { readonly kind: 'not-a-size'; readonly argument: number };

export type Ruling = { readonly type: ValueType } | { readonly problem: Problem };

export type Call = Expr & { readonly kind: 'call' };

/** Emits the function on a positional builder. Every value has `batch` equal leading axes before the axes of its type
 *  (elementwise functions accept length 1 there); the result too. `call` gives the types and written numbers. */
export type Lowering = (b: Builder, args: readonly Value[], batch: number, call: Pick<Call, 'type' | 'args'>) => Value;

export interface Builtin {
  /** The name under which a call finds it; null for operators and for what the checker rewrites to. */
  readonly spelling: string | null;
  /** As printed by hover and the reference. */
  readonly signatures: readonly string[];
  /** One or two sentences with the formula. */
  readonly documentation: string;
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number];
  readonly result: (args: readonly Argument[]) => Ruling;
  /** By argument; the last entry holds for all further ones. `numbers`: which arguments are written numbers. */
  readonly curvature: (numbers: readonly (number | null)[]) => readonly Curvature[];
  /** Acts entry by entry, so leading axes of length 1 may stay. */
  readonly elementwise?: true;
  /** null: needs more than the values of its arguments (a derivative), so lower/ does it itself. */
  readonly lower: Lowering | null;
}

export const linear: Curvature = {
  degree: 'linear',
  convexity: 'affine',
  monotone: 'none',
  smooth: true,
  continuous: true,
};
export const increasingLinear: Curvature = { ...linear, monotone: 'increasing' };
export const decreasingLinear: Curvature = { ...linear, monotone: 'decreasing' };
/** What is convex or concave is continuous; of the others only what is smooth, unless said. */
export const curve = (
  convexity: Curvature['convexity'],
  monotone: Curvature['monotone'],
  smooth = true,
  degree: Curvature['degree'] = 'other',
): Curvature => ({ degree, convexity, monotone, smooth, continuous: smooth || convexity !== 'none' });
/** Continuous with kinks, neither convex nor concave. */
export const kinked = (monotone: Curvature['monotone']): Curvature => ({
  ...curve('none', monotone, false),
  continuous: true,
});
/** Locally constant or without any structure. */
export const rough: Curvature = curve('none', 'none', false);
export const smoothOnly: Curvature = curve('none', 'none');
export const fixed: Curvature = { ...linear, degree: 'constant' };

export const always =
  (...facts: readonly Curvature[]) =>
  (): readonly Curvature[] =>
    facts;

/** The written number an argument is, signs included; null otherwise. */
export const writtenNumber = (expr: Expr): number | null => {
  if (expr.kind === 'number') return expr.value;
  if (expr.kind === 'call' && expr.fn === 'neg') {
    const inner = writtenNumber(expr.args[0]!);
    return inner === null ? null : -inner;
  }
  return null;
};
