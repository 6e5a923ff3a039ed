// Full minimisation by repeating a first-order step rule. In: a start [B, P] or [P], an objective, a rule with its options.
// Out: the point where each problem stopped. A converged problem stands still while others go on.
import type { Builder, Value } from '../tensor/builder.ts';
import { anyLeft, choose, isFlat, overRows, type Minimum, type Objective } from './objective.ts';
import type { StepRule } from './step-rules.ts';
import { recorder } from './trace.ts';

export interface DescendOptions {
  readonly maxIterations: number;
  /** Stop a problem when the largest magnitude of its gradient is at most this. Default 1e-5. */
  readonly gradientTolerance?: number;
  /** Steps between tests of convergence; default 10. */
  readonly every?: number;
}

export const descend = <Options>(
  b: Builder,
  start: Value,
  objective: Objective,
  rule: StepRule<Options>,
  ruleOptions: Options,
  { maxIterations, gradientTolerance = 1e-5, every = 10 }: DescendOptions,
): Minimum =>
  overRows(b, start, objective, (rows, rowObjective) => {
    const first = rowObjective(b, rows);
    const zeros = b.zeros(first.value.shape);
    const trace = recorder(b, maxIterations);
    const loop = b.while_(
      {
        max: maxIterations,
        every,
        carry: [
          rows,
          first.value,
          first.gradient,
          isFlat(b, first.gradient, gradientTolerance),
          zeros,
          b.constant(0),
          trace.begin(b.sum(first.value)),
          ...rule.state.map(() => b.zeros(rows.shape)),
        ],
      },
      (c, [, , , converged]) => anyLeft(c, converged!),
      (c, [x, value, gradient, converged, iterations, count, seen, ...state]) => {
        const stepNumber = c.add(count!, 1);
        const update = rule.step(c, x!, gradient!, state, stepNumber, ruleOptions);
        const next = choose(c, converged!, x!, update.x);
        const there = rowObjective(c, next);
        const reached = choose(c, converged!, value!, there.value);
        const steps = c.add(iterations!, c.sub(1, converged!));
        return [
          next,
          reached,
          choose(c, converged!, gradient!, there.gradient),
          c.maximum(converged!, isFlat(c, there.gradient, gradientTolerance)),
          steps,
          stepNumber,
          trace.record(c, seen!, c.max(steps), c.sum(reached)),
          ...update.state,
        ];
      },
    );
    const [x, value, , converged, iterations, , values] = loop.carry;
    return {
      x: x!,
      value: value!,
      iterations: iterations!,
      converged: converged!,
      trace: { values: values!, every: trace.every },
    };
  });
