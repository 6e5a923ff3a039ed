// Small random discrete models, each as a text and as a function: the text goes through the compiler, the function is
// enumerated here, and the two must agree. A model is read off a tape of numbers, so that a failing one shrinks.
import type { NestedData } from '../../src/api.ts';

export type Indices = Readonly<Record<string, number>>;

/** State numbers of every node, row-major, by variable. */
export type Assignment = Readonly<Record<string, Int32Array>>;

/** A piece of an energy: how it is written, and what it is worth. */
export interface Piece {
  readonly text: string;
  readonly value: (states: Assignment, at: Indices) => number;
}

export type Kind = 'binary' | 'spin' | 'category' | 'integer' | 'onehot';

export interface Axis {
  readonly size: string;
  readonly index: string;
  readonly length: number;
}

export interface Unknown {
  readonly name: string;
  readonly role: 'target' | 'latent';
  readonly kind: Kind;
  readonly states: number;
  /** First value of an integer. */
  readonly from: number;
  readonly axes: readonly Axis[];
  /** Declared inside plates of its axes rather than with an index. */
  readonly inPlates: boolean;
  /** The last axis is the shape of one node, an array of entries: `spin[V]`. */
  readonly array: boolean;
}

export interface ModelFactor {
  readonly name: string;
  readonly constraint: boolean;
  readonly binders: readonly {
    readonly index: string;
    readonly from: number;
    readonly to: number;
    readonly text: string;
  }[];
  readonly where: Piece | null;
  readonly energy: Piece;
}

export interface DiscreteModel {
  readonly family: string;
  readonly text: string;
  readonly data: Readonly<Record<string, NestedData>>;
  readonly unknowns: readonly Unknown[];
  readonly factors: readonly ModelFactor[];
}

export const nodesOf = (u: Unknown): number => u.axes.reduce((n, a) => n * a.length, 1);

/** The number that a state stands for. */
export const valueOf = (u: Unknown, state: number): number =>
  u.kind === 'spin' ? 2 * state - 1 : u.kind === 'integer' ? u.from + state : state;
