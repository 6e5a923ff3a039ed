// The largest curvature of the smooth part by row, for step sizes. In: a gradient callback. Out: an estimate from below by power
// iteration (Golub and Van Loan 2013, 7.3), a little enlarged; who uses it must check it and raise it.
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { Arrays } from './parts.ts';
import type { ConvexProblem } from './problem.ts';
import { rowDot, rowShape, spread } from './rows.ts';

export type GradientOf = (b: Builder, arrays: Arrays) => Arrays;

const iterations = 15;
/** Power iteration comes from below. */
const margin = 1.05;

export const dotArrays = (b: Builder, { parts, rows }: ConvexProblem, x: Arrays, y: Arrays): Value =>
  parts.reduce(
    (sum, { variable: { name } }) => b.add(sum, rowDot(b, rows, name, x.get(name)!, y.get(name)!)),
    b.zeros(rowShape(rows)),
  );

/** Each array times its row's number. */
export const scaleRows = (b: Builder, { parts, rows }: ConvexProblem, arrays: Arrays, by: Value): Arrays =>
  new Map(
    parts.map(({ variable }) => {
      const value = arrays.get(variable.name)!;
      return [variable.name, b.mul(value, spread(b, rows, variable, by, value.shape.length))] as const;
    }),
  );

/** Curvature around `at` along `distance` times unit directions: exact for a quadratic at any distance. */
export const curvatureBound = (
  b: Builder,
  problem: ConvexProblem,
  gradient: GradientOf,
  at: Arrays,
  seed: Value,
  distance: number,
): Value => {
  const names = problem.parts.map((p) => p.variable.name);
  const start = new Map(
    names.map((n) => [n, b.add(b.random('normal', at.get(n)!.shape, seed, b.constant(0)), 0.1)] as const),
  );
  const here = gradient(b, at);
  const unit = (c: Builder, v: Arrays): Arrays => {
    const size = c.sqrt(dotArrays(c, problem, v, v));
    return scaleRows(c, problem, v, c.div(distance, c.maximum(size, 1e-30)));
  };
  const { carry } = b.scan(
    {
      length: dims.constant(iterations),
      carry: [b.zeros(problem.rows.classes.map((c) => c.dim)), ...names.map((n) => unit(b, start).get(n)!)],
      xs: [],
    },
    (c, [, ...list]) => {
      const v = new Map(names.map((n, i) => [n, list[i]!] as const));
      const there = gradient(c, new Map(names.map((n) => [n, c.add(at.get(n)!, v.get(n)!)] as const)));
      const moved = new Map(names.map((n) => [n, c.sub(there.get(n)!, here.get(n)!)] as const));
      const size = c.div(c.sqrt(dotArrays(c, problem, moved, moved)), distance);
      const next = unit(c, moved);
      return { carry: [size, ...names.map((n) => next.get(n)!)] };
    },
  );
  return b.maximum(b.mul(margin, carry[0]!), 1e-20);
};
