// The optimizers, by the name a model uses in `by …`. In: nothing. Out: the table and what callers need around it.
import { adam } from './adam.ts';
import { sgd } from './sgd.ts';

export { adam, type AdamOptions } from './adam.ts';
export { descend, type DescendOptions } from './descend.ts';
export { lbfgs, type LbfgsOptions } from './lbfgs.ts';
export { differentiated, type Minimum, type Objective } from './objective.ts';
export { sgd, type SgdOptions } from './sgd.ts';
export type { StepRule, Update } from './step-rules.ts';

/** First-order rules, for stochastic training. */
export const stepRules = { sgd, adam } as const;
