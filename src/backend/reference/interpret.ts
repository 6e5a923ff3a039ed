// Runs a tensor program in float64, one instruction after another: the oracle that every other backend is compared with.
// In: a program, the values of its sizes, input arrays. Out: output arrays. A program is prepared once per sizes (shapes
// become numbers, every instruction a closure), so that loop bodies are not analysed again at each step.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { evaluate, type Dim } from '../../tensor/dims.ts';
import { deadAfter } from '../../tensor/passes/liveness.ts';
import type { Instr, Program, ValueId, View } from '../../tensor/program.ts';
import { fillRandom } from '../../tensor/threefry.ts';
import { offsetTable, sizeOf, type DenseArray } from './array.ts';
import { argmin, softMinimum, sumProduct } from './contract.ts';
import { mapArrays } from './map.ts';
import { runRoutine } from './routines.ts';
import { applyView, concatenate, gather, scatterAdd, type ConcreteView } from './views.ts';

/** What loops consult between steps. */
export interface Watch {
  readonly cancelled: () => boolean;
  readonly onStep: (step: number) => void;
}
export const unwatched: Watch = { cancelled: () => false, onStep: () => undefined };

type Read = (id: ValueId) => DenseArray;
type Step = (read: Read, watch: Watch) => readonly DenseArray[];
export type Prepared = (inputs: readonly DenseArray[], watch: Watch) => readonly DenseArray[];

type Sizes = Readonly<Record<string, number>>;
type InstrOf<O extends Instr['op']> = Extract<Instr, { op: O }>;
interface Context {
  readonly sizes: Sizes;
  readonly shapeOf: (id: ValueId) => readonly number[];
  readonly isInt: (id: ValueId) => boolean;
}

const concreteView = (view: View, shape: readonly number[], sizes: Sizes): ConcreteView => {
  const numbers = (dims: readonly Dim[]): readonly number[] => dims.map((d) => evaluate(d, sizes));
  switch (view.kind) {
    case 'reshape':
    case 'expand':
      return { kind: view.kind, shape };
    case 'transpose':
    case 'reverse':
      return view;
    case 'slice':
      return { kind: 'slice', start: numbers(view.start), length: numbers(view.length) };
    case 'pad':
      return { kind: 'pad', before: numbers(view.before), shape, value: view.value };
  }
};

const scalar = (value: number): DenseArray => ({ shape: [], data: Float64Array.of(value) });

const prepareScan = (instr: InstrOf<'scan'>, { sizes, shapeOf, isInt }: Context): Step => {
  const length = evaluate(instr.length, sizes);
  const body = prepare(instr.body, sizes);
  const carries = instr.carry.length;
  return (read, watch) => {
    let carry = instr.carry.map(read);
    const xs = instr.xs.map(read);
    const captured = instr.captured.map(read);
    const stacked = instr.out.slice(carries).map((id) => {
      const count = sizeOf(shapeOf(id));
      return { shape: shapeOf(id), data: isInt(id) ? new Int32Array(count) : new Float64Array(count) };
    });
    for (let step = 0; step < length; step++) {
      const at = instr.reverse ? length - 1 - step : step;
      const slices = xs.map((x) => {
        const shape = x.shape.slice(1);
        const size = sizeOf(shape);
        return { shape, data: x.data.subarray(at * size, (at + 1) * size) };
      });
      const results = body([...carry, ...slices, ...captured], { ...watch, onStep: () => undefined });
      carry = results.slice(0, carries);
      for (const [i, y] of stacked.entries())
        y.data.set(results[carries + i]!.data, at * results[carries + i]!.data.length);
    }
    return [...carry, ...stacked];
  };
};

const prepareWhile = (instr: InstrOf<'while'>, { sizes }: Context): Step => {
  const test = prepare(instr.test, sizes);
  const body = prepare(instr.body, sizes);
  return (read, watch) => {
    let carry: readonly DenseArray[] = instr.carry.map(read);
    const captured = instr.captured.map(read);
    const inner = { ...watch, onStep: () => undefined };
    let step = 0;
    while (step < instr.max && !watch.cancelled()) {
      if (step % instr.every === 0 && test([...carry, ...captured], inner)[0]!.data[0] === 0) break;
      carry = body([...carry, ...captured], inner);
      step++;
      watch.onStep(step);
    }
    return [...carry, scalar(step)];
  };
};

type Prepare<O extends Instr['op']> = (instr: InstrOf<O>, context: Context) => Step;

const preparations: { readonly [O in Instr['op']]: Prepare<O> } = {
  constant: (instr, { shapeOf, isInt }) => {
    const values = typeof instr.value === 'number' ? [instr.value] : instr.value;
    const data = isInt(instr.out[0]) ? Int32Array.from(values) : Float64Array.from(values);
    const result = [{ shape: shapeOf(instr.out[0]), data }];
    return () => result;
  },
  dim: (instr, { sizes }) => {
    const result = [scalar(evaluate(instr.dim, sizes))];
    return () => result;
  },
  iota: (instr, { shapeOf, isInt }) => {
    const shape = shapeOf(instr.out[0]);
    const table = offsetTable(
      shape,
      shape.map((_, i) => (i === instr.axis ? 1 : 0)),
    );
    const result = [{ shape, data: isInt(instr.out[0]) ? table : Float64Array.from(table) }];
    return () => result;
  },
  map: (instr, { shapeOf, isInt }) => {
    const shape = shapeOf(instr.out[0]);
    const int = isInt(instr.out[0]);
    return (read) => [{ shape, data: mapArrays(instr.fn, instr.args.map(read), shape, int) }];
  },
  contract: (instr) => (read) => {
    const operands = instr.operands.map(({ value, axes }) => ({ array: read(value), axes }));
    switch (instr.semiring.kind) {
      case 'sum-product':
        return [sumProduct(operands, instr.keep)];
      case 'min-plus':
        return [softMinimum(operands, instr.keep, null)];
      case 'soft-min':
        return [softMinimum(operands, instr.keep, read(instr.semiring.beta).data[0]!)];
    }
  },
  argmin: (instr) => (read) => [argmin(read(instr.arg), instr.axis)],
  view: (instr, { sizes, shapeOf }) => {
    const view = concreteView(instr.view, shapeOf(instr.out[0]), sizes);
    return (read) => [applyView(read(instr.arg), view)];
  },
  concat: (instr) => (read) => [concatenate(instr.args.map(read), instr.axis)],
  gather: (instr) => (read) => [gather(read(instr.data), read(instr.indices), instr.axis)],
  'scatter-add': (instr, { shapeOf }) => {
    const shape = shapeOf(instr.out[0]);
    return (read) => [scatterAdd(read(instr.updates), read(instr.indices), instr.axis, shape)];
  },
  cast: (instr, { isInt }) => {
    const int = isInt(instr.out[0]);
    return (read) => {
      const { shape, data } = read(instr.arg);
      return [{ shape, data: int ? Int32Array.from(data) : Float64Array.from(data) }];
    };
  },
  random: (instr, { shapeOf }) => {
    const shape = shapeOf(instr.out[0]);
    return (read) => {
      const data = new Float64Array(sizeOf(shape));
      fillRandom(instr.distribution, data, read(instr.seed).data[0]!, instr.id, read(instr.step).data[0]!);
      return [{ shape, data }];
    };
  },
  routine: (instr) => (read) => runRoutine[instr.name](instr.args.map(read)),
  scan: prepareScan,
  while: prepareWhile,
};

export const prepare = (program: Program, sizes: Sizes): Prepared => {
  const shapes = program.values.map((info) => info.shape.map((d) => evaluate(d, sizes)));
  const context: Context = { sizes, shapeOf: (id) => shapes[id]!, isInt: (id) => program.values[id]!.dtype === 'int' };
  const dead = deadAfter(program);
  const steps = program.instrs.map((instr) =>
    (preparations[instr.op] as Prepare<Instr['op']>)(instr as never, context),
  );
  return (inputs, watch) => {
    const env: (DenseArray | undefined)[] = Array.from({ length: program.values.length });
    for (const [i, input] of program.inputs.entries()) env[input.id] = inputs[i];
    const read: Read = (id) => env[id] ?? missing(id);
    for (const [i, instr] of program.instrs.entries()) {
      const results = steps[i]!(read, watch);
      for (const [k, id] of instr.out.entries()) env[id] = results[k];
      for (const id of dead[i]!) env[id] = undefined;
    }
    return program.outputs.map((output) => read(output.id));
  };
};

const missing = (id: ValueId): never => {
  throw new InternalError(`value ${id} is read before it is computed`);
};
