// Elementwise functions over whole arrays. In: argument arrays of one rank (or scalars) and the result's shape.
// Out: the result's numbers. Frequent functions have their own loops; the rest call the definition in the table.
import type { Elementwise } from '../../tensor/elementwise.ts';
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import { broadcastTo, sizeOf, type DenseArray, type Numbers } from './array.ts';

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

export const mapArrays = (
  fn: Elementwise,
  args: readonly DenseArray[],
  shape: readonly number[],
  int: boolean,
): Numbers => {
  const count = sizeOf(shape);
  const out = int ? new Int32Array(count) : new Float64Array(count);
  const sources = args.map((arg) => (arg.data.length === 1 ? arg.data : broadcastTo(arg, shape)));
  const strides = sources.map((source) => (source.length === 1 ? 0 : 1));
  const [a, b = a, c = a] = sources as [Numbers, Numbers?, Numbers?];
  const [sa, sb = 0, sc = 0] = strides as [number, number?, number?];
  const loop = loops[fn];
  if (loop !== undefined) loop(out, a, sa, b, sb);
  else {
    const { value } = elementwiseTable[fn];
    for (let i = 0; i < count; i++) out[i] = value(a[i * sa]!, b[i * sb]!, c[i * sc]!);
  }
  return out;
};
