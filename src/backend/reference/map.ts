// Elementwise functions over whole arrays. In: the function, the shapes of its arguments (one rank, or scalars) and of the
// result. Out: a function of their numbers. Frequent functions have their own loops; the rest call the table's definition.
import type { Elementwise } from '../../tensor/elementwise.ts';
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import { repetition, sizeOf, type Numbers } from './array.ts';

type Loop = (out: Numbers, a: Numbers, sa: number, b: Numbers, sb: number) => void;

// The stride of an argument is 1, or 0 for a scalar.
const loops: Partial<Record<Elementwise, Loop>> = {
  add: (out, a, sa, b, sb) => {
    for (let i = 0; i < out.length; i++) out[i] = a[i * sa]! + b[i * sb]!;
  },
  sub: (out, a, sa, b, sb) => {
    for (let i = 0; i < out.length; i++) out[i] = a[i * sa]! - b[i * sb]!;
  },
  mul: (out, a, sa, b, sb) => {
    for (let i = 0; i < out.length; i++) out[i] = a[i * sa]! * b[i * sb]!;
  },
  div: (out, a, sa, b, sb) => {
    for (let i = 0; i < out.length; i++) out[i] = a[i * sa]! / b[i * sb]!;
  },
  eq: (out, a, sa, b, sb) => {
    for (let i = 0; i < out.length; i++) out[i] = a[i * sa] === b[i * sb] ? 1 : 0;
  },
  neg: (out, a, sa) => {
    for (let i = 0; i < out.length; i++) out[i] = -a[i * sa]!;
  },
  square: (out, a, sa) => {
    for (let i = 0; i < out.length; i++) out[i] = a[i * sa]! * a[i * sa]!;
  },
  exp: (out, a, sa) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.exp(a[i * sa]!);
  },
  log: (out, a, sa) => {
    for (let i = 0; i < out.length; i++) out[i] = Math.log(a[i * sa]!);
  },
};

/** Arguments that the function lacks may be anything. */
export type MapRun = (a: Numbers, b: Numbers, c: Numbers) => Numbers;

export const mapping = (
  fn: Elementwise,
  argShapes: readonly (readonly number[])[],
  shape: readonly number[],
  int: boolean,
): MapRun => {
  const count = sizeOf(shape);
  const single = argShapes.map((from) => sizeOf(from) === 1);
  const [ra, rb = null, rc = null] = argShapes.map((from, i) => (single[i] ? null : repetition(from, shape)));
  const [sa, sb = 0, sc = 0] = single.map((one) => (one ? 0 : 1)) as [number, number?, number?];
  const loop = loops[fn];
  const { value } = elementwiseTable[fn];
  return (x, y, z) => {
    const out = int ? new Int32Array(count) : new Float64Array(count);
    const a = ra ? ra(x) : x;
    const b = rb ? rb(y) : y;
    if (loop !== undefined) {
      loop(out, a, sa, b, sb);
      return out;
    }
    const c = rc ? rc(z) : z;
    for (let i = 0; i < count; i++) out[i] = value(a[i * sa]!, b[i * sb]!, c[i * sc]!);
    return out;
  };
};
