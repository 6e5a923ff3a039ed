// The line search on the six functions of Moré and Thuente (1994, Line search algorithms with guaranteed sufficient decrease,
// section 5), from first steps that are far too short and far too long, and on functions that end at a wall.
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/backend/reference.ts';
import { lineSearch } from '../../src/optimizers/line-search.ts';
import { differentiated } from '../../src/optimizers/objective.ts';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { constant } from '../../src/tensor/dims.ts';

type Function = (b: Builder, a: Value) => Value;

const root = (b: Builder, a: Value, at: number, width: number): Value =>
  b.sqrt(b.add(b.square(b.sub(a, at)), width * width));
const share = (beta: number): number => Math.sqrt(1 + beta * beta) - beta;
/** Two bends of different sharpness at 0 and 1 (Yanai, Ozawa, Kaneko 1981). */
const bends =
  (left: number, right: number): Function =>
  (b, a) =>
    b.add(b.mul(share(left), root(b, a, 1, right)), b.mul(share(right), root(b, a, 0, left)));

const functions: Readonly<Record<string, Function>> = {
  'a shallow well that flattens out': (b, a) => b.neg(b.div(a, b.add(b.square(a), 2))),
  'a concave start, a steep rise after': (b, a) => {
    const x = b.add(a, 0.004);
    return b.mul(b.mul(b.square(b.square(x)), 1), b.sub(x, 2));
  },
  'waves on a valley': (b, a) => {
    const [beta, waves] = [0.01, 39];
    const d = b.sub(a, 1);
    const inside = b.add(b.div(b.square(d), 2 * beta), beta / 2);
    const valley = b.select(b.lt(b.abs(d), beta), inside, b.abs(d));
    const factor = (2 * (1 - beta)) / (waves * Math.PI);
    return b.add(valley, b.mul(factor, b.sin(b.mul((waves * Math.PI) / 2, a))));
  },
  'bends of equal sharpness': bends(0.001, 0.001),
  'a blunt bend at 0': bends(0.01, 0.001),
  'a blunt bend at 1': bends(0.001, 0.01),
  'a wall at 1: -log(1 - a) - 3a, not a number beyond': (b, a) => b.sub(b.neg(b.log(b.sub(1, a))), b.mul(3, a)),
  'an exponential that overflows': (b, a) => b.sub(b.exp(a), b.mul(50, a)),
};

/** Value and slope at a step. */
const at = (f: Function, step: number): readonly [number, number] => {
  const b = new Builder();
  const { value, gradient } = differentiated((c, x) => c.reshape(f(c, x), [constant(1)]))(
    b,
    b.input('a', [constant(1)]),
  );
  const out = runProgram(b.finish({ value, gradient }), { a: { shape: [1], data: Float64Array.of(step) } });
  return [out['value']!.data[0]!, out['gradient']!.data[0]!];
};

/** The accepted step along a line from 0; null when nothing was accepted. */
const search = (f: Function, first: number, most: number): number | null => {
  const b = new Builder();
  const objective = differentiated((c, x) => c.reshape(f(c, x), [constant(1)]));
  const rows = (values: number): Value => b.full([constant(1), constant(1)], values);
  const [value, slope] = at(f, 0);
  const found = lineSearch(
    b,
    objective,
    {
      x: rows(0),
      value: b.full([constant(1)], value),
      gradient: rows(slope),
      direction: rows(1),
      step: b.full([constant(1)], first),
      idle: b.zeros([constant(1)]),
    },
    most,
  );
  const out = runProgram(b.finish({ x: found.x, moved: found.moved }), {});
  return out['moved']!.data[0] === 1 ? out['x']!.data[0]! : null;
};

describe('the strong Wolfe conditions hold after at most 20 values', () => {
  it.each(Object.keys(functions))('%s', (name) => {
    const f = functions[name]!;
    const [value, slope] = at(f, 0);
    expect(slope).toBeLessThan(0);
    for (const first of [1e-3, 1e-1, 1, 1e1, 1e3]) {
      const step = search(f, first, 20);
      expect(step, `from ${first}`).not.toBeNull();
      const [there, bend] = at(f, step!);
      expect(there, `from ${first}`).toBeLessThanOrEqual(value + 1e-4 * step! * slope);
      expect(Math.abs(bend), `from ${first}, step ${step}`).toBeLessThanOrEqual(0.9 * Math.abs(slope));
    }
  });
});
