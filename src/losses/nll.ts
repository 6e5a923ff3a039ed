// The exact negative log-likelihood over β: L = F(y) + 1/β log ∫ e^{-βF(y)} dy, over all given targets, conditional on what
// is observed. LeCun et al. 2006, sec. 2.2.4. At any β and with factors of any kind the integral is computed, not assumed.
import type { LossMethod } from './loss.ts';
import { sumOfExcess } from './values.ts';

export const nll: LossMethod = {
  name: 'nll',
  smooth: () => true,
  convexFor: 'affine',
  needs: ({ targets }) =>
    targets.length === 0
      ? 'the likelihood is that of targets, and no target is given while training'
      : {
          energies: [
            { kind: 'given', replaced: [] },
            { kind: 'soft', replaced: [] },
          ],
          points: false,
          states: null,
          likelihood: true,
        },
  lower: (view) => sumOfExcess(view, 'soft'),
};
