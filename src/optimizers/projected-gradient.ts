// Spectral projected gradient (Birgin, Martínez, Raydan 2000) for a smooth objective over a set with a projection; on manifolds
// the curvilinear search of Wen and Yin (2013): tangent steps that come down on the manifold. Both take Barzilai–Borwein
// steps and a line search that lets the value rise above the last one, but not above the worst of the last ten.
// In: a start [P] in the set, an objective. Out: the best point seen.
import type { Builder, Value } from '../tensor/builder.ts';
import { constant } from '../tensor/dims.ts';
import type { Minimum, Objective } from './objective.ts';
import { recorder } from './trace.ts';

/** Where a point may lie. */
export interface Region {
  /** The nearest point: [P] → [P]. */
  readonly project: (b: Builder, x: Value) => Value;
  /** The part of a gradient along the region at x, where it is a manifold; the gradient itself elsewhere. */
  readonly tangent: (b: Builder, x: Value, gradient: Value) => Value;
  /** A segment between two points of it stays inside: the search goes along it. Else it goes along projected points. */
  readonly convex: boolean;
}

/** The whole space. */
export const everywhere: Region = { project: (_, x) => x, tangent: (_, __, gradient) => gradient, convex: true };

export interface ProjectedGradientOptions {
  readonly maxIterations?: number;
  /** Converged when no entry of P(x - g) - x, with g the (tangent) gradient, is larger. */
  readonly gradientTolerance?: number;
  /** Converged when ten steps together lower the best value by at most this times max(|value|, 1). */
  readonly decreaseTolerance?: number;
}

/** Values that the next one is compared with. */
const memory = 10;
const sufficientDecrease = 1e-4;
const [shortest, longest] = [1e-10, 1e10];
const searchSteps = 30;
/** Relative noise of a float32 sum. */
const roundingNoise = 2e-6;

const dot = (b: Builder, x: Value, y: Value): Value => b.sum(b.mul(x, y));
const largest = (b: Builder, x: Value): Value => b.max(b.abs(x));

/** One problem: x [P], value and the rest scalars. */
export const projectedGradient = (
  b: Builder,
  start: Value,
  objective: Objective,
  region: Region,
  options: ProjectedGradientOptions = {},
): Minimum => {
  const { maxIterations = 1000, gradientTolerance = 1e-5, decreaseTolerance = 1e-10 } = options;
  const first = objective(b, start);
  const residual = (c: Builder, x: Value, gradient: Value): Value =>
    largest(c, c.sub(region.project(c, c.sub(x, region.tangent(c, x, gradient))), x));
  const distance = residual(b, start, first.gradient);
  const firstStep = b.minimum(b.div(1, b.maximum(distance, 1 / longest)), longest);
  const arrived0 = b.le(distance, gradientTolerance);
  const zero = b.constant(0);
  const trace = recorder(b, maxIterations);
  const { carry } = b.while_(
    {
      max: maxIterations,
      // The point, value, gradient; step length; values of late; best value, its point, steps since it was lowered;
      // converged, done; steps, and the best value by step.
      carry: [
        start,
        first.value,
        first.gradient,
        firstStep,
        b.full([constant(memory)], first.value),
        first.value,
        start,
        zero,
        arrived0,
        arrived0,
        zero,
        trace.begin(first.value),
      ],
    },
    (c, carried) => c.not(carried[9]!),
    (c, [x, value, gradient, length, recent, best, bestX, still, , , iterations, seen]) => {
      const search = region.convex ? alongSegment : alongArc;
      const from = { x: x!, value: value!, gradient: gradient!, length: length!, worst: c.max(recent!) };
      const found = search(c, objective, region, from);
      const next = barzilaiBorwein(c, region, found, from, iterations!);
      const progress = c.gt(c.sub(best!, found.value), c.mul(decreaseTolerance, c.maximum(c.abs(best!), 1)));
      const lower = c.and(found.moved, c.lt(found.value, best!));
      const lowest = c.select(lower, found.value, best!);
      const since = c.select(progress, 0, c.add(still!, 1));
      const flat = c.le(residual(c, found.x, found.gradient), gradientTolerance);
      // A search that fails where even the promised decrease drowns in rounding has arrived.
      const drowned = c.le(found.promised, c.mul(roundingNoise, c.maximum(c.abs(value!), 1)));
      const arrived = c.maximum(flat, c.maximum(c.ge(since, memory - 0.5), c.and(c.not(found.moved), drowned)));
      const kept = c.concat(
        [c.sliceAxis(recent!, 0, constant(1), constant(memory - 1)), c.unsqueeze(found.value, [0])],
        0,
      );
      return [
        found.x,
        found.value,
        found.gradient,
        next,
        kept,
        lowest,
        c.select(lower, found.x, bestX!),
        since,
        arrived,
        c.maximum(arrived, c.not(found.moved)),
        c.add(iterations!, 1),
        trace.record(c, seen!, c.add(iterations!, 1), lowest),
      ];
    },
  );
  const [, , , , , value, x, , converged, , iterations, values] = carry;
  return {
    x: x!,
    value: value!,
    iterations: iterations!,
    converged: converged!,
    trace: { values: values!, every: trace.every },
  };
};

interface SearchStart {
  readonly x: Value;
  readonly value: Value;
  readonly gradient: Value;
  readonly length: Value;
  /** The highest of the last values. */
  readonly worst: Value;
}

interface SearchResult {
  readonly x: Value;
  readonly value: Value;
  readonly gradient: Value;
  /** 1 where a step was accepted; else x is the start. */
  readonly moved: Value;
  /** How much the first step would lower the value if it were linear. */
  readonly promised: Value;
}

/** Points x + λ d, λ ≤ 1, towards the projected gradient step. */
const alongSegment = (b: Builder, objective: Objective, region: Region, start: SearchStart): SearchResult => {
  const { x, gradient, length, worst } = start;
  const direction = b.sub(region.project(b, b.sub(x, b.mul(gradient, length))), x);
  const slope = dot(b, gradient, direction);
  const trial = (c: Builder, share: Value): Value => c.add(x, c.mul(direction, share));
  const accepts = (c: Builder, share: Value, value: Value): Value =>
    c.le(value, c.add(worst, c.mul(sufficientDecrease, c.mul(share, slope))));
  return backtrack(b, objective, start, trial, accepts, b.neg(slope));
};

/** Points P(x - λ α t): the value has to fall by a share of the squared distance over the step. */
const alongArc = (b: Builder, objective: Objective, region: Region, start: SearchStart): SearchResult => {
  const { x, gradient, length, worst } = start;
  const tangent = region.tangent(b, x, gradient);
  const trial = (c: Builder, share: Value): Value => region.project(c, c.sub(x, c.mul(tangent, c.mul(length, share))));
  const accepts = (c: Builder, share: Value, value: Value): Value => {
    const gap = c.sub(trial(c, share), x);
    return c.le(value, c.sub(worst, c.mul(sufficientDecrease, c.div(dot(c, gap, gap), c.mul(length, share)))));
  };
  return backtrack(b, objective, start, trial, accepts, b.mul(length, dot(b, tangent, tangent)));
};

/** Shares of a step, from the whole one down, until one is accepted; the next is the minimum of the parabola through the value
 *  and slope at 0 and the value at this one, kept between a tenth and a half of it. NaN and infinity are not accepted. */
const backtrack = (
  b: Builder,
  objective: Objective,
  { x, value, gradient }: SearchStart,
  trial: (c: Builder, share: Value) => Value,
  accepts: (c: Builder, share: Value, value: Value) => Value,
  promised: Value,
): SearchResult => {
  const { carry } = b.while_(
    { max: searchSteps, carry: [b.constant(1), x, value, gradient, b.constant(0)] },
    (c, carried) => c.not(carried[4]!),
    (c, [share]) => {
      const point = trial(c, share!);
      const there = objective(c, point);
      const bend = c.add(c.sub(there.value, value), c.mul(share!, promised));
      const lowest = c.div(c.mul(0.5, c.mul(c.square(share!), promised)), bend);
      const [least, most] = [c.mul(share!, 0.1), c.mul(share!, 0.5)];
      const sound = c.and(c.gt(lowest, least), c.lt(lowest, most));
      const shorter = c.select(sound, lowest, c.mul(share!, 0.3));
      return [shorter, point, there.value, there.gradient, accepts(c, share!, there.value)];
    },
  );
  const [, point, found, slope, moved] = carry;
  return {
    x: b.select(moved!, point!, x),
    value: b.select(moved!, found!, value),
    gradient: b.select(moved!, slope!, gradient),
    moved: moved!,
    promised,
  };
};

/** The next step length from the last step s and the change y of the gradient: s·s / s·y and s·y / y·y in turns; four times
 *  the last one where the curvature along s is not positive. */
const barzilaiBorwein = (
  b: Builder,
  region: Region,
  found: SearchResult,
  { x, gradient, length }: SearchStart,
  iteration: Value,
): Value => {
  const s = b.sub(found.x, x);
  const y = b.sub(region.tangent(b, found.x, found.gradient), region.tangent(b, x, gradient));
  const [ss, sy, yy] = [dot(b, s, s), dot(b, s, y), dot(b, y, y)];
  const bends = b.gt(sy, 0);
  const safe = (top: Value, bottom: Value): Value => b.div(top, b.select(bends, bottom, 1));
  const odd = b.gt(b.mod(iteration, 2), 0.5);
  const spectral = b.select(odd, safe(sy, yy), safe(ss, sy));
  return b.minimum(b.maximum(b.select(bends, spectral, b.mul(4, length)), shortest), longest);
};
