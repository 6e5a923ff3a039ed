// Programs that a machine is measured by: what models spend their time on, at sizes at which it is memory, arithmetic or both that
// bounds them. In: nothing. Out: tensor programs with inputs, and what they do at least.
import { Builder, type Value } from '../../../tensor/builder.ts';
import { constant } from '../../../tensor/dims.ts';
import type { Program } from '../../../tensor/program.ts';
import { fillRandom } from '../../../tensor/threefry.ts';
import type { TensorData } from '../../backend.ts';

export interface StandardProgram {
  readonly name: string;
  readonly what: string;
  readonly program: Program;
  readonly inputs: Readonly<Record<string, TensorData>>;
  readonly flops: number;
  /** Bytes that come from memory or go there when nothing is stored in between. */
  readonly bytes: number;
}

const random = (id: number, ...shape: readonly number[]): TensorData => {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  fillRandom('normal', data, 1, id, 0);
  return { shape, data };
};

const built = (
  inputs: Readonly<Record<string, TensorData>>,
  body: (b: Builder, values: Readonly<Record<string, Value>>) => Readonly<Record<string, Value>>,
): Program => {
  const b = new Builder();
  const values = Object.entries(inputs).map(([name, { shape }]) => [name, b.input(name, shape.map(constant))] as const);
  return b.finish(body(b, Object.fromEntries(values)));
};

const product = (n: number): StandardProgram => {
  const inputs = { a: random(0, n, n), b: random(1, n, n) };
  const program = built(inputs, (b, { a, b: other }) => ({
    c: b.contract('sum-product', [{ value: a!, axes: [0, 1] }, { value: other!, axes: [1, 2] }], [0, 2]), // prettier-ignore
  }));
  return { name: 'product', what: `two ${n} x ${n} matrices`, program, inputs, flops: 2 * n ** 3, bytes: 12 * n ** 2 };
};

const copy = (n: number): StandardProgram => {
  const inputs = { x: random(2, n) };
  const program = built(inputs, (b, { x }) => ({ y: b.add(x!, 1) }));
  return { name: 'copy', what: `${n} numbers read, changed, written`, program, inputs, flops: n, bytes: 8 * n };
};

const elementwise = (n: number): StandardProgram => {
  const inputs = { x: random(3, n) };
  const program = built(inputs, (b, { x }) => {
    const waves = b.mul(b.exp(b.neg(b.abs(x!))), b.sin(x!));
    return { y: b.sum(b.log(b.add(b.square(waves), 1)), [0]) };
  });
  return { name: 'elementwise', what: `exp, sin, log and the sum of ${n} numbers`, program, inputs, flops: 40 * n, bytes: 4 * n }; // prettier-ignore
};

/** Distances to K centres, the nearest, and sums of what is near: a step of k-means. */
const assignment = (n: number, d: number, k: number): StandardProgram => {
  const inputs = { x: random(4, n, d), centres: random(5, d, k) };
  const program = built(inputs, (b, { x, centres }) => {
    const operands = [{ value: x!, axes: [0, 1] }, { value: b.mul(centres!, -2), axes: [1, 2] }]; // prettier-ignore
    const cross = b.contract('sum-product', operands, [0, 2]);
    const square = b.contract('sum-product', [{ value: centres!, axes: [0, 1] }, { value: centres!, axes: [0, 1] }], [1]); // prettier-ignore
    const distances = b.add(cross, b.reshape(square, [constant(1), constant(k)]));
    const nearest = b.argmin(distances, 1);
    return { sums: b.scatterAdd(x!, nearest, 0, constant(k)), total: b.sum(b.min(distances, [1]), [0]) };
  });
  return { name: 'rows', what: `${n} points in ${d} dimensions to ${k} centres`, program, inputs, flops: 2 * n * d * k + 3 * n * k, bytes: 4 * n * d }; // prettier-ignore
};

/** Sums along the first axis of a table. */
const columns = (n: number, k: number): StandardProgram => {
  const inputs = { x: random(6, n, k) };
  const program = built(inputs, (b, { x }) => ({ y: b.sum(b.square(x!), [0]) }));
  return { name: 'columns', what: `sums of ${k} columns of ${n}`, program, inputs, flops: 2 * n * k, bytes: 4 * n * k };
};

export const standardPrograms = (): readonly StandardProgram[] => [
  product(768),
  copy(4_000_000),
  elementwise(4_000_000),
  assignment(60_000, 16, 64),
  columns(20_000, 200),
];
