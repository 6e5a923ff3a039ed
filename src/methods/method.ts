// What an inference method is. `propose` looks at structure only (no program, no data values) and answers with a candidate
// or a reason; `lower` alone sees a program. The planner (plan/) compares candidates; a new method is one file and one line
// in index.ts.
import type { FactorGroup } from '../graph/factor-graph.ts';
import type { Environment } from '../lower/environment.ts';
import type { NamedTensor } from '../lower/named-tensor.ts';
import type { Weights } from '../lower/polynomial.ts';
import type { Trace } from '../optimizers/trace.ts';
import type { Model, Variable } from '../semantics/model.ts';
import type { Value } from '../tensor/builder.ts';
import type { Dim } from '../tensor/dims.ts';

export type Operation = 'minimize' | 'marginalize';

/** Ordered from best to worst; `explain` prints it. */
export const certificates = [
  'exact',
  'globally optimal',
  'quadrature',
  'global on a grid',
  'bound',
  'local',
  'approximate',
] as const;
export type Certificate = (typeof certificates)[number];

/** A size as the planner knows it. */
export interface SizeValue {
  readonly value: number;
  readonly source: 'data' | 'flag' | 'default' | 'derived' | 'nominal';
}

/** The temperature of an elimination: 1/β in units of energy; Infinity is the minimum. */
export type Beta = number;

export interface BlockVariable {
  readonly variable: Variable;
  readonly operation: Operation;
  readonly beta: Beta;
}

/** What a method is asked about: a connected block of unknowns and every factor group that touches it. */
export interface BlockFacts {
  readonly model: Model;
  readonly block: readonly BlockVariable[];
  /** Other unknowns that are enumerated around the block (the latents of an alternation); their slots weigh the energy. */
  readonly enumerated: ReadonlySet<string>;
  /** Energies with lets expanded. Groups free of the block are not among them. */
  readonly groups: readonly FactorGroup[];
  readonly sizes: Readonly<Record<string, SizeValue>>;
  /** Bytes that one group of tensors may take. */
  readonly budget: number;
  /** Starts of a local search. */
  readonly restarts: number;
  /** The method named in the model's infer block for these unknowns, with its options. */
  readonly requested: Requested | null;
  /** Values of data (and consts) that index or filter, when the plan is made with data. */
  readonly indexData: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: ArrayLike<number> }>>;
}

export interface Requested {
  readonly name: string;
  readonly options: Readonly<Record<string, number>>;
}

export interface Cost {
  readonly operations: number;
  readonly bytes: number;
}

export interface Candidate<W = unknown> {
  readonly kind: 'candidate';
  readonly method: string;
  readonly certificate: Certificate;
  readonly cost: Cost;
  /** "chain over t, 4 states: forward-backward", for explain. */
  readonly summary: string;
  readonly witness: W;
  /** What its program is made for: a compiled module refuses other values. */
  readonly madeFor?: { readonly sizes: readonly string[]; readonly data: readonly string[] };
}

export interface Refusal {
  readonly kind: 'refusal';
  readonly method: string;
  readonly reason: string;
  /** The size whose value was all that it lacked. */
  readonly needsSize?: string;
  /** It is a method for the other operation: nothing about this model. */
  readonly otherOperation?: true;
}

/** What a lowered block offers to the outside. All values live in the environment's builder. */
export interface Lowered {
  /** The total of the block: Σ over its nodes of F_β (or the minimum), differentiable in everything it was made from. */
  readonly value: Value;
  /** For each unknown its whole array: the minimiser, or for a marginalised one its mode (discrete) or mean. */
  readonly assignment: () => ReadonlyMap<string, Value>;
  /** Marginals: discrete [nodes…, states]; continuous mean and standard deviation in the shape of the array. */
  readonly marginals: () => ReadonlyMap<string, Marginal>;
  /** For a group: the posterior weights (one-hot for a minimum) over its index axes and the slot axes of its expression;
   *  null when the group does not touch the block. Exists for enumerated blocks only. */
  readonly posterior: ((group: string) => NamedTensor | null) | null;
  /** Bindings under which the block's slots are enumerated in expressions. */
  readonly bindings: Environment['bindings'];
  /** Expected energy of a group under the block (the energy at the assignment for a minimum), when the method can tell. */
  readonly expectedEnergy: ((group: string) => Value | null) | null;
  /** F by node of the one axis that the block repeats along ([nodes]), when it is a sum over such nodes. */
  readonly pointwise: Value | null;
  readonly convergence: Convergence | null;
  /** How far `value` is above the minimum at most, for methods that can tell: a scalar. */
  readonly gap?: Value;
}

/** How an iterative method went: 1 when a convergence test was met, the steps taken, and the objective on the way. */
export interface Convergence {
  readonly converged: Value;
  readonly iterations: Value;
  readonly trace?: Trace;
}

export type Marginal =
  | { readonly kind: 'probabilities'; readonly value: Value }
  | { readonly kind: 'moments'; readonly mean: Value; readonly sd: Value };

export interface Method<W = unknown> {
  readonly name: string;
  /** One sentence for the reference: what it needs and what it certifies, with the source. */
  readonly documentation: string;
  /** The words after `by` in an infer block that ask for it. */
  readonly serves: readonly string[];
  /** Its nodes are enumerated: their slots can weigh expected energies. */
  readonly enumerates: (facts: BlockFacts) => boolean;
  /** Iterates from where the environment says (`starts`), when it does. */
  readonly resumes?: true;
  readonly propose: (facts: BlockFacts) => Candidate<W> | Refusal;
  readonly lower: (witness: W, facts: BlockFacts, env: Environment) => Lowered;
  /** How far the energy at a point is above the minimum at most, for methods that can tell of any point: a scalar. */
  readonly gapAt?: GapAt<W>;
}

export interface GapAt<W> {
  /** What it costs, in evaluations of the energy. */
  readonly evaluations: number;
  readonly of: (witness: W, facts: BlockFacts, env: Environment, point: ReadonlyMap<string, Value>) => Value;
}

/** Posterior weights of a group's slots, for a step that minimises an expected energy. null: the group is as it stands. */
export type WeightsOf = (group: string) => Weights | null;

/** A closed-form minimisation over params, with everything else given or weighed: an M-step, or the whole solution. */
export interface ParameterStep<W = unknown> {
  readonly name: string;
  readonly documentation: string;
  readonly propose: (facts: BlockFacts) => Candidate<W> | Refusal;
  /** New values of the block's params. An entry that the energy does not determine (an empty cluster) keeps `current`. */
  readonly lower: (
    witness: W,
    facts: BlockFacts,
    env: Environment,
    weightsOf: WeightsOf,
    current: ReadonlyMap<string, Value>,
  ) => ReadonlyMap<string, Value>;
  /** The whole problem by an iteration of its own, where nothing else is unknown: with its convergence and gap. */
  readonly solve?: (witness: W, facts: BlockFacts, env: Environment) => Lowered;
  readonly gapAt?: GapAt<W>;
}

export const refusal = (method: string, reason: string): Refusal => ({ kind: 'refusal', method, reason });

/** A dim's value under the planner's sizes; null when a size has none. */
export const dimValue = (dim: Dim, sizes: BlockFacts['sizes']): number | null => {
  let total = 0;
  for (const term of dim) {
    let value = term.coef;
    for (const name of term.sizes) {
      const known = sizes[name];
      if (known === undefined) return null;
      value *= known.value;
    }
    total += value;
  }
  return total;
};
