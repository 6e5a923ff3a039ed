// The energy of the data: L = F(y). LeCun et al., A tutorial on energy-based learning, 2006, sec. 2.2.1.
import type { LossMethod } from './loss.ts';
import { givenOnly } from './loss.ts';

export const energy: LossMethod = {
  name: 'energy',
  smooth: () => true,
  convexFor: 'convex',
  needs: () => givenOnly,
  lower: ({ freeEnergy }) => freeEnergy('given').total,
};
