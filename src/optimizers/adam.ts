// Adam (Kingma & Ba 2015, algorithm 1) with optional decoupled weight decay (Loshchilov & Hutter 2019).
// In and out: as every step rule.
import type { Argument } from '../tensor/builder.ts';
import type { StepRule } from './step-rules.ts';

export interface AdamOptions {
  readonly rate: Argument;
  /** Decay rates of the first and second moment; defaults 0.9 and 0.999. */
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
}

export const adam: StepRule<AdamOptions> = {
  name: 'adam',
  state: ['first moment', 'second moment'],
  step: (
    b,
    x,
    gradient,
    [first, second],
    stepNumber,
    { rate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 },
  ) => {
    const m = b.add(b.mul(first!, beta1), b.mul(gradient, 1 - beta1));
    const v = b.add(b.mul(second!, beta2), b.mul(b.square(gradient), 1 - beta2));
    const corrected = (moment: typeof m, decay: number): typeof m => b.div(moment, b.sub(1, b.pow(decay, stepNumber)));
    const direction = b.div(corrected(m, beta1), b.add(b.sqrt(corrected(v, beta2)), epsilon));
    const decayed = weightDecay === 0 ? direction : b.add(direction, b.mul(x, weightDecay));
    return { x: b.sub(x, b.mul(decayed, rate)), state: [m, v] };
  },
};
