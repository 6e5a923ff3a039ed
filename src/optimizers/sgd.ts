// Stochastic gradient descent with (Nesterov) momentum: v ← μ v + g, x ← x - rate · (v, or g + μ v) (Sutskever et al. 2013,
// in the form of PyTorch). In and out: as every step rule.
import type { Argument } from '../tensor/builder.ts';
import type { StepRule } from './step-rules.ts';

export interface SgdOptions {
  readonly rate: Argument;
  /** μ in 0..1; default 0. */
  readonly momentum?: number;
  readonly nesterov?: boolean;
}

export const sgd: StepRule<SgdOptions> = {
  name: 'sgd',
  state: ['velocity'],
  step: (b, x, gradient, [velocity], _stepNumber, { rate, momentum = 0, nesterov = false }) => {
    const next = b.add(b.mul(velocity!, momentum), gradient);
    const direction = nesterov ? b.add(gradient, b.mul(next, momentum)) : next;
    return { x: b.sub(x, b.mul(direction, rate)), state: [next] };
  },
};
