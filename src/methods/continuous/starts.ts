// Descent from several random starts, the best end is kept; or from one start that the environment has for all unknowns.
// In: unknowns with coordinates, an objective that is differentiable in them. Out: their arrays.
import type { Environment } from '../../lower/environment.ts';
import { bestOf } from '../../optimizers/best-of.ts';
import { equilibrated } from '../../optimizers/equilibrate.ts';
import type { Minimum, Objective } from '../../optimizers/objective.ts';
import { differentiated } from '../../optimizers/objective.ts';
import type { Trace } from '../../optimizers/trace.ts';
import { NOTHING, recorder } from '../../optimizers/trace.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { startValue } from '../alternate/start.ts';
import { jointCoordinates } from './coordinates.ts';
import { bindArrays } from './joint-transform.ts';
import type { OptimizerChoice } from './optimizer.ts';
import { minimiseBy } from './optimizer.ts';

export interface DescentProblem {
  readonly unknowns: readonly Variable[];
  readonly restarts: number;
  readonly optimizer: OptimizerChoice;
  /** Coordinates are scaled by the curvature at the start, which is like that elsewhere: for convex objectives. */
  readonly equilibrate?: boolean;
  /** The total (free) energy with the unknowns bound in the environment: a scalar. */
  readonly objective: (env: Environment) => Value;
}

export interface DescentResult {
  readonly arrays: ReadonlyMap<string, Value>;
  /** The objective there. */
  readonly value: Value;
  readonly iterations: Value;
  readonly converged: Value;
  /** Of the start that was kept. */
  readonly trace: Trace;
}

export const descendFromStarts = (problem: DescentProblem, env: Environment): DescentResult => {
  const b = env.builder;
  const joint = jointCoordinates(env, problem.unknowns, problem.optimizer.name);
  const resumed = problem.unknowns.map((v) => env.starts?.get(v.name)).filter((v) => v !== undefined);
  const resumes = resumed.length === problem.unknowns.length;
  const written = problem.unknowns.some((v) => v.start !== null || v.initial !== undefined);
  const descend = (inner: Environment, restart: Value): readonly Value[] => {
    const region = joint.region(inner);
    const arrays = resumes ? resumed : problem.unknowns.map((v) => startValue(inner, v, env.seed(), restart));
    const drawn = joint.toVector(inner, arrays);
    const near = written || resumes ? drawn : inner.builder.mul(drawn, shrunk(inner.builder, restart));
    const start = region.project(inner.builder, near);
    const energy = differentiated((here, x) => {
      const there: Environment = { ...inner, builder: here };
      return problem.objective(bindArrays(there, joint.toArrays(there, x)));
    });
    const c = inner.builder;
    const from = (at: Value, objective: Objective): Minimum => minimiseBy(c, at, objective, problem.optimizer, region);
    const found = problem.equilibrate === true ? equilibrated(c, start, energy, env.seed(), from) : from(start, energy);
    return [found.value, found.iterations, found.converged, found.x, found.trace.values];
  };
  const { every, empty } = recorder(b, problem.optimizer.iterations);
  const none = [b.constant(NOTHING), b.constant(0), b.constant(0), b.zeros([joint.count]), empty];
  const [value, iterations, converged, x, values] =
    problem.restarts === 1 || resumes
      ? descend(env, b.constant(0))
      : bestOf(b, problem.restarts, none, (inner, restart) => descend({ ...env, builder: inner }, restart));
  return {
    arrays: joint.toArrays(env, x!),
    value: value!,
    iterations: iterations!,
    converged: converged!,
    trace: { values: values!, every },
  };
};

/** The second start lies near 0: with data in large units all others may lie where the energy overflows. */
const shrunk = (b: Builder, restart: Value): Value => b.select(b.eq(restart, 1), 0.01, 1);
