// Facts of domains that structure analysis and drawing need, total over the kinds.
import type { DomainKind } from '../semantics/model.ts';

interface DomainFacts {
  /** Finitely many values. */
  readonly discrete: boolean;
  /** Axes at the end of a node that the domain ties together: the entries of a simplex sum to 1. */
  readonly tied: 0 | 1 | 2;
}

const facts: Readonly<Record<DomainKind, DomainFacts>> = {
  real: { discrete: false, tied: 0 },
  nonnegative: { discrete: false, tied: 0 },
  positive: { discrete: false, tied: 0 },
  unit: { discrete: false, tied: 0 },
  interval: { discrete: false, tied: 0 },
  angle: { discrete: false, tied: 0 },
  binary: { discrete: true, tied: 0 },
  spin: { discrete: true, tied: 0 },
  category: { discrete: true, tied: 0 },
  index: { discrete: true, tied: 0 },
  integer: { discrete: true, tied: 0 },
  onehot: { discrete: true, tied: 1 },
  permutation: { discrete: true, tied: 1 },
  simplex: { discrete: false, tied: 1 },
  sphere: { discrete: false, tied: 1 },
  ball: { discrete: false, tied: 1 },
  orthonormal: { discrete: false, tied: 2 },
  spd: { discrete: false, tied: 2 },
};

export const isDiscrete = (domain: DomainKind): boolean => facts[domain].discrete;
export const tiedAxes = (domain: DomainKind): 0 | 1 | 2 => facts[domain].tied;
