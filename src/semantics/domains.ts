// The domains: parameters, shape of one node, type of its entries, documentation. One table, total over DomainKind.
// Read by the checker, hover and the language reference.
import type { Dim } from '../tensor/dims.ts';
import type { Domain, DomainKind, Scalar } from './model.ts';
import { boolean, category, integer, real } from './types.ts';

/** What stands in the parentheses of a domain. */
export type DomainParameters = 'none' | 'bounds' | 'count' | 'range';
/** The trailing axes of a node that belong together: none, a vector, a matrix, a square matrix. Leading axes are batch. */
export type EventShape = 'entry' | 'vector' | 'matrix' | 'square';

export interface DomainFacts {
  readonly signature: string;
  readonly documentation: string;
  readonly parameters: DomainParameters;
  readonly event: EventShape;
  readonly discrete: boolean;
}

const facts = (
  signature: string,
  documentation: string,
  event: EventShape = 'entry',
  parameters: DomainParameters = 'none',
  discrete = false,
): DomainFacts => ({ signature, documentation, parameters, event, discrete });

export const domains: Readonly<Record<DomainKind, DomainFacts>> = {
  real: facts('real', 'Any number.'),
  nonnegative: facts('nonnegative', 'Numbers ≥ 0.'),
  positive: facts('positive', 'Numbers > 0.'),
  unit: facts('unit', 'Numbers in [0, 1].'),
  interval: facts('interval(a, b)', 'Numbers in [a, b].', 'entry', 'bounds'),
  angle: facts('angle', 'An angle in radians, in (-π, π], 2π-periodic.'),
  binary: facts('binary', '0 or 1; also a condition.', 'entry', 'none', true),
  spin: facts('spin', '-1 or 1.', 'entry', 'none', true),
  category: facts(
    'category(K)',
    'One of K labels 0, …, K - 1: compared and used as an index, no arithmetic.',
    'entry',
    'count',
    true,
  ),
  index: facts('index(N)', 'A position 0, …, N - 1 in an array of N.', 'entry', 'count', true),
  integer: facts('integer(a..b)', 'Whole numbers a, …, b - 1: arithmetic and indexing.', 'entry', 'range', true),
  onehot: facts('onehot[K]', 'A vector with one 1 and zeros: may index, `M[z]` = Σ M_k z_k.', 'vector', 'none', true),
  simplex: facts('simplex[K]', 'Vectors of K numbers ≥ 0 that sum to 1.', 'vector'),
  sphere: facts('sphere[K]', 'Vectors of Euclidean norm 1.', 'vector'),
  ball: facts('ball[K]', 'Vectors of Euclidean norm at most 1.', 'vector'),
  permutation: facts('permutation[N]', 'An index vector that holds each of 0, …, N - 1 once.', 'vector', 'none', true),
  orthonormal: facts('orthonormal[D, K]', "Matrices with orthonormal columns, W' W = I; K ≤ D.", 'matrix'),
  spd: facts('spd[D, D]', 'Symmetric positive definite matrices.', 'square'),
};

export const domainKinds = Object.keys(domains) as readonly DomainKind[];
export const eventRank: Readonly<Record<EventShape, number>> = { entry: 0, vector: 1, matrix: 2, square: 2 };
/** How many trailing axes of a node form one element of the set. */
export const eventRankOf = (domain: Domain): number => eventRank[domains[domain.kind].event];
export const batchShape = (domain: Domain): readonly Dim[] =>
  domain.shape.slice(0, domain.shape.length - eventRankOf(domain));

/** What one entry of a node of this domain is. */
export const scalarOf = (domain: Domain): Scalar => {
  switch (domain.kind) {
    case 'binary':
    case 'onehot':
      return boolean;
    case 'spin':
    case 'integer':
      return integer;
    case 'category':
    case 'index':
      return category(domain.count);
    case 'permutation':
      return category(domain.shape.at(-1)!);
    case 'real':
    case 'nonnegative':
    case 'positive':
    case 'unit':
    case 'interval':
    case 'angle':
    case 'simplex':
    case 'sphere':
    case 'ball':
    case 'orthonormal':
    case 'spd':
      return real;
  }
};
