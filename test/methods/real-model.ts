// Small random models with a quadratic energy in real unknowns, each as a text and as a function of all unknown numbers.
import type { NestedData } from '../../src/api.ts';

export type Indices = Readonly<Record<string, number>>;

/** A number: how it is written, and its value given all unknown numbers and the indices. */
export interface Piece {
  readonly text: string;
  readonly value: (x: Float64Array, at: Indices) => number;
}

export interface Axis {
  readonly size: string;
  readonly index: string;
  readonly length: number;
}

export interface RealUnknown {
  readonly name: string;
  readonly role: 'target' | 'latent';
  readonly axes: readonly Axis[];
  /** Sizes of one node. */
  readonly shape: readonly Axis[];
  /** Where its numbers begin among all unknown numbers. */
  readonly first: number;
}

export interface RealFactor {
  readonly name: string;
  readonly energy: (x: Float64Array) => number;
}

export interface RealModel {
  readonly text: string;
  readonly data: Readonly<Record<string, NestedData>>;
  readonly unknowns: readonly RealUnknown[];
  readonly count: number;
  readonly factors: readonly RealFactor[];
}

export const countOf = (u: RealUnknown): number => [...u.axes, ...u.shape].reduce((n, a) => n * a.length, 1);
