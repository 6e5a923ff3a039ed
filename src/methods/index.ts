// The list of inference methods. A new one is a file and a line here; the planner asks them all.
import { chainElimination } from './discrete/chain.ts';
import { admmMethod } from './convex/admm-method.ts';
import { admmStep } from './convex/admm-step.ts';
import { convexStep } from './convex/convex-step.ts';
import { fistaMethod } from './convex/method.ts';
import { descents } from './continuous/descent.ts';
import { grid } from './continuous/grid.ts';
import { levels } from './discrete/levels.ts';
import { elimination } from './discrete/regular.ts';
import type { Method, ParameterStep } from './method.ts';
import { descentStep } from './parameter-steps/descent-step.ts';
import { eigenvectorStep } from './parameter-steps/eigenvectors.ts';
import { exponentialFamilyStep } from './parameter-steps/exponential-family.ts';
import { quadraticStep } from './parameter-steps/quadratic-step.ts';
import { quadratic } from './quadratic/method.ts';

// oxlint-disable-next-line no-explicit-any -- each method has a witness of its own
export const methods: readonly Method<any>[] = [
  elimination,
  chainElimination,
  levels,
  quadratic,
  grid,
  fistaMethod,
  admmMethod,
  ...descents,
];

/** Steps for params that find the minimum, in the order in which an alternation runs them: locations before scales. Params
 *  that none of them serves may take a descent step. */
// oxlint-disable-next-line no-explicit-any -- each step has a witness of its own
export const parameterSteps: readonly ParameterStep<any>[] = [
  quadraticStep,
  exponentialFamilyStep,
  eigenvectorStep,
  convexStep,
  admmStep,
  descentStep,
];

/** The step for params that have none which finds the minimum. */
// oxlint-disable-next-line no-explicit-any -- it has a witness of its own
export const gradualStep: ParameterStep<any> = descentStep;
