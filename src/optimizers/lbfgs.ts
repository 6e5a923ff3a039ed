// Limited-memory BFGS (Nocedal 1980; Nocedal & Wright 2006, algorithm 7.4) for many independent problems at once.
// In: a start [B, P] or [P] and an objective. Out: the minimum of each row, as one `while` of the program. Every row has its
// own step lengths, history and convergence; rows that are done stand still.
import { constant } from '../tensor/dims.ts';
import type { Builder, Value } from '../tensor/builder.ts';
import { lineSearch } from './line-search.ts';
import { recorder } from './trace.ts';
import {
  anyLeft,
  choose,
  column,
  isFlat,
  overRows,
  rowDot,
  rowMaximum,
  type Minimum,
  type Objective,
} from './objective.ts';

export interface LbfgsOptions {
  readonly maxIterations?: number;
  /** Pairs (s, y) remembered. */
  readonly memory?: number;
  /** Converged when the largest magnitude of the gradient is at most this. */
  readonly gradientTolerance?: number;
  /** Converged when a step lowers the value by at most this times max(|value|, 1). */
  readonly decreaseTolerance?: number;
  readonly lineSearchSteps?: number;
  /** Iterations between looks at the convergence masks. */
  readonly every?: number;
}

/** Relative noise of a float32 sum. */
const roundingNoise = 2e-6;

interface History {
  /** [memory, B, P], newest last. */
  readonly s: Value;
  readonly y: Value;
  /** 1 / (s · y) [memory, B]; 0 for an empty place. */
  readonly rho: Value;
  /** s · y / y · y of the newest pair [B]: the scale of the inverse Hessian. */
  readonly scale: Value;
}

/** H g by the two-loop recursion. */
const twoLoop = (b: Builder, gradient: Value, { s, y, rho, scale }: History, memory: number): Value => {
  const backward = b.scan(
    { length: constant(memory), carry: [gradient], xs: [s, y, rho], reverse: true },
    (c, [q], [si, yi, ri]) => {
      const alpha = c.mul(ri!, rowDot(c, si!, q!));
      return { carry: [c.sub(q!, c.mul(yi!, column(c, alpha)))], ys: [alpha] };
    },
  );
  const scaled = b.mul(backward.carry[0]!, column(b, scale));
  return b.scan(
    { length: constant(memory), carry: [scaled], xs: [s, y, rho, backward.ys[0]!] },
    (c, [r], [si, yi, ri, alpha]) => {
      const beta = c.mul(ri!, rowDot(c, yi!, r!));
      return { carry: [c.add(r!, c.mul(si!, column(c, c.sub(alpha!, beta))))] };
    },
  ).carry[0]!;
};

/** Drops the oldest entry along the leading axis and appends a new one. */
const shift = (b: Builder, kept: Value, next: Value, memory: number): Value =>
  b.concat([b.sliceAxis(kept, 0, constant(1), constant(memory - 1)), b.unsqueeze(next, [0])], 0);

/** Rows without positive curvature keep an empty place, so that H stays positive definite. */
const remember = (b: Builder, history: History, s: Value, y: Value, memory: number): History => {
  const [sy, yy, ss] = [rowDot(b, s, y), rowDot(b, y, y), rowDot(b, s, s)];
  const good = b.gt(sy, b.mul(b.sqrt(b.mul(ss, yy)), 1e-10));
  const divide = (top: Value, bottom: Value): Value => b.select(good, b.div(top, b.select(good, bottom, 1)), 0);
  return {
    s: shift(b, history.s, choose(b, good, s, b.zeros(s.shape)), memory),
    y: shift(b, history.y, choose(b, good, y, b.zeros(y.shape)), memory),
    rho: shift(b, history.rho, divide(b.full(sy.shape, 1), sy), memory),
    scale: b.select(good, divide(sy, yy), history.scale),
  };
};

export const lbfgs = (b: Builder, start: Value, objective: Objective, options: LbfgsOptions = {}): Minimum => {
  const {
    maxIterations = 200,
    memory = 10,
    gradientTolerance = 1e-5,
    decreaseTolerance = 1e-10,
    lineSearchSteps = 25,
    every = 1,
  } = options;
  return overRows(b, start, objective, (rows, rowObjective) => {
    const first = rowObjective(b, rows);
    const zeros = b.zeros(first.value.shape);
    const converged0 = isFlat(b, first.gradient, gradientTolerance);
    const history = b.zeros([constant(memory), ...rows.shape]);
    const trace = recorder(b, maxIterations);
    const loop = b.while_(
      {
        max: maxIterations,
        every,
        // `fresh`: no usable history, the next direction is the steepest. `done`: converged or stuck.
        carry: [
          rows,
          first.value,
          first.gradient,
          history,
          history,
          b.zeros([constant(memory), rows.shape[0]!]),
          b.full(first.value.shape, 1),
          b.full(first.value.shape, 1),
          converged0,
          converged0,
          zeros,
          trace.begin(b.sum(first.value)),
        ],
      },
      (c, carry) => anyLeft(c, carry[8]!),
      (c, [x, value, gradient, s, y, rho, scale, fresh, done, converged, iterations, seen]) => {
        const past: History = { s: s!, y: y!, rho: rho!, scale: scale! };
        const quasiNewton = c.neg(twoLoop(c, gradient!, past, memory));
        const descends = c.and(c.not(fresh!), c.lt(rowDot(c, gradient!, quasiNewton), 0));
        const direction = choose(c, descends, quasiNewton, c.neg(gradient!));
        const firstStep = c.minimum(1, c.reciprocal(c.maximum(rowMaximum(c, gradient!), 1e-30)));
        const step = c.select(descends, c.full(value!.shape, 1), firstStep);
        const found = lineSearch(
          c,
          rowObjective,
          { x: x!, value: value!, gradient: gradient!, direction, step, idle: done! },
          lineSearchSteps,
        );
        const next = remember(c, past, c.sub(found.x, x!), c.sub(found.gradient, gradient!), memory);
        const decrease = c.sub(value!, found.value);
        const flat = c.and(found.moved, c.le(decrease, c.mul(c.maximum(c.abs(found.value), 1), decreaseTolerance)));
        // Where even the predicted decrease -g · d drowns in the rounding of float32, a failed search is an arrival.
        const predicted = c.abs(rowDot(c, gradient!, direction));
        const drowned = c.le(predicted, c.mul(c.maximum(c.abs(value!), 1), roundingNoise));
        const atPrecision = c.and(c.not(found.moved), c.and(descends, drowned));
        const arrived = c.maximum(isFlat(c, found.gradient, gradientTolerance), c.maximum(flat, atPrecision));
        // A failed search starts again from the steepest direction; when that fails too there is nowhere to go.
        const stuck = c.and(c.not(found.moved), c.not(descends));
        const active = c.not(done!);
        const now = c.maximum(converged!, c.and(active, arrived));
        const forgets = c.not(found.moved);
        const reached = choose(c, active, found.value, value!);
        const steps = c.add(iterations!, active);
        return [
          choose(c, active, found.x, x!),
          reached,
          choose(c, active, found.gradient, gradient!),
          next.s,
          next.y,
          c.mul(next.rho, c.unsqueeze(found.moved, [0])),
          c.select(forgets, c.full(value!.shape, 1), next.scale),
          forgets,
          c.maximum(done!, c.maximum(now, stuck)),
          now,
          steps,
          trace.record(c, seen!, c.max(steps), c.sum(reached)),
        ];
      },
    );
    const [x, value, , , , , , , , converged, iterations, values] = loop.carry;
    return {
      x: x!,
      value: value!,
      iterations: iterations!,
      converged: converged!,
      trace: { values: values!, every: trace.every },
    };
  });
};
