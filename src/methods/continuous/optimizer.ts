// Which optimizer descends, with its numbers: L-BFGS unless the model names another (`by adam(rate = 1e-2)`).
// In: the name and options of a request. Out: a choice as data, and the loop that carries it out.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { adam } from '../../optimizers/adam.ts';
import { descend } from '../../optimizers/descend.ts';
import { lbfgs } from '../../optimizers/lbfgs.ts';
import type { Minimum, Objective } from '../../optimizers/objective.ts';
import { sgd } from '../../optimizers/sgd.ts';
import type { Region } from '../../optimizers/projected-gradient.ts';
import { projectedGradient } from '../../optimizers/projected-gradient.ts';
import type { StepRule } from '../../optimizers/step-rules.ts';
import type { Builder, Value } from '../../tensor/builder.ts';

/** The last two keep the unknowns in their sets by projections; the others move freely. */
export type OptimizerName = 'lbfgs' | 'adam' | 'sgd' | 'projected_gradient' | 'riemannian';

export interface OptimizerChoice {
  readonly name: OptimizerName;
  readonly options: Readonly<Record<string, number>>;
  readonly iterations: number;
}

export const optimizerTitles: Readonly<Record<OptimizerName, string>> = {
  lbfgs: 'L-BFGS',
  adam: 'Adam',
  sgd: 'gradient descent',
  projected_gradient: 'projected gradient',
  riemannian: 'Riemannian gradient',
};

const standardIterations: Readonly<Record<OptimizerName, number>> = {
  lbfgs: 200,
  adam: 2000,
  sgd: 2000,
  projected_gradient: 1000,
  riemannian: 1000,
};

/** Steps along gradients alone: no values are compared. */
export const isFirstOrder = (name: string): name is 'adam' | 'sgd' => name === 'adam' || name === 'sgd';
export const isOptimizer = (name: string): name is OptimizerName => Object.hasOwn(optimizerTitles, name);

/** `steps`: a number of steps given elsewhere (epochs), used when the options have none. */
export const optimizerChoice = (
  name: OptimizerName,
  options: Readonly<Record<string, number>> = {},
  steps: number | null = null,
): OptimizerChoice => ({ name, options, iterations: options['iterations'] ?? steps ?? standardIterations[name] });

/** Iterations in one sweep of an alternation: the next goes on from there. */
const iterationsPerSweep = 30;

export const forSweep = (choice: OptimizerChoice): OptimizerChoice => ({
  ...choice,
  iterations: Math.min(choice.iterations, iterationsPerSweep),
});

/** The step rule of a first-order choice, its numbers filled in. */
export const firstOrderRule = ({ name, options }: OptimizerChoice): StepRule<void> => {
  switch (name) {
    case 'adam': {
      const { rate = 0.05, beta1 = 0.9, beta2 = 0.999 } = options;
      return { ...adam, step: (b, x, g, state, n) => adam.step(b, x, g, state, n, { rate, beta1, beta2 }) };
    }
    case 'sgd': {
      const { rate = 0.01, momentum = 0 } = options;
      return { ...sgd, step: (b, x, g, state, n) => sgd.step(b, x, g, state, n, { rate, momentum }) };
    }
    case 'lbfgs':
    case 'projected_gradient':
    case 'riemannian':
      throw new InternalError(`${optimizerTitles[name]} has no step rule: it looks at all data at once`);
  }
};

/** `region`: where x may lie. Only those that project look at it. */
export const minimiseBy = (
  b: Builder,
  start: Value,
  objective: Objective,
  choice: OptimizerChoice,
  region: Region,
): Minimum => {
  const { options, iterations: maxIterations } = choice;
  switch (choice.name) {
    case 'lbfgs':
      return lbfgs(b, start, objective, { maxIterations, memory: options['memory'] ?? 10 });
    case 'projected_gradient':
    case 'riemannian':
      return projectedGradient(b, start, objective, region, { maxIterations });
    case 'adam':
    case 'sgd':
      return descend(b, start, objective, firstOrderRule(choice), undefined, { maxIterations });
  }
};
