// Runs a tensor program in float64, one instruction after another: the oracle that every other backend is compared with.
// In: a program, the values of its sizes, input arrays. Out: output arrays. A program is prepared once per sizes (shapes
// become numbers, every instruction a closure over its plan), so that loop bodies are not analysed again at each step.
import { evaluate, type Dim } from '../../tensor/dims.ts';
import { runRoutine } from '../../tensor/host-routines/by-name.ts';
import { deadAfter } from '../../tensor/passes/liveness.ts';
import type { Instr, Program, ValueId, View } from '../../tensor/program.ts';
import { fillRandom } from '../../tensor/threefry.ts';
import { offsetTable, sizeOf, type Numbers } from './array.ts';
import { argmin, softMinimum, sumProduct } from './contract.ts';
import { mapping } from './map.ts';
import { concatenation, gathering, scattering, viewOf, type ConcreteView } from './views.ts';

/** What loops consult between steps. */
export interface Watch {
  readonly cancelled: () => boolean;
  readonly onStep: (step: number) => void;
}
export const unwatched: Watch = { cancelled: () => false, onStep: () => undefined };

/** The numbers of every value, by its id; those that are dead or not yet made are empty. */
type Values = Numbers[];
/** Reads its operands and writes its results. */
type Step = (values: Values, watch: Watch) => void;
export type Prepared = (inputs: readonly Numbers[], watch: Watch) => readonly Numbers[];

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

const writeAll = (values: Values, ids: readonly ValueId[], results: readonly Numbers[]): void => {
  for (let i = 0; i < ids.length; i++) values[ids[i]!] = results[i]!;
};
const quiet = (watch: Watch): Watch => ({ ...watch, onStep: () => undefined });

const prepareScan = (instr: InstrOf<'scan'>, { sizes, shapeOf, isInt }: Context): Step => {
  const length = evaluate(instr.length, sizes);
  const body = prepare(instr.body, sizes);
  const carries = instr.carry.length;
  const ys = instr.out.slice(carries).map((id) => ({ size: sizeOf(shapeOf(id).slice(1)), int: isInt(id) }));
  const xSizes = instr.xs.map((id) => sizeOf(shapeOf(id).slice(1)));
  return (values, watch) => {
    const inner = quiet(watch);
    const xs = instr.xs.map((id) => values[id]!);
    const stacked = ys.map(({ size, int }) => (int ? new Int32Array(size * length) : new Float64Array(size * length)));
    // Carries, then this step's slices, then captured values.
    const inputs = [...instr.carry, ...instr.xs, ...instr.captured].map((id) => values[id]!);
    for (let step = 0; step < length; step++) {
      const at = instr.reverse ? length - 1 - step : step;
      for (let i = 0; i < xs.length; i++) inputs[carries + i] = xs[i]!.subarray(at * xSizes[i]!, (at + 1) * xSizes[i]!);
      const results = body(inputs, inner);
      for (let i = 0; i < carries; i++) inputs[i] = results[i]!;
      for (let i = 0; i < ys.length; i++) stacked[i]!.set(results[carries + i]!, at * ys[i]!.size);
    }
    writeAll(values, instr.out, [...inputs.slice(0, carries), ...stacked]);
  };
};

const prepareWhile = (instr: InstrOf<'while'>, { sizes }: Context): Step => {
  const test = prepare(instr.test, sizes);
  const body = prepare(instr.body, sizes);
  return (values, watch) => {
    const inner = quiet(watch);
    const inputs = [...instr.carry, ...instr.captured].map((id) => values[id]!);
    let step = 0;
    while (step < instr.max && !watch.cancelled()) {
      if (step % instr.every === 0 && test(inputs, inner)[0]![0] === 0) break;
      writeAll(
        inputs,
        instr.carry.map((_, i) => i),
        body(inputs, inner),
      );
      step++;
      watch.onStep(step);
    }
    writeAll(values, instr.out, [...inputs.slice(0, instr.carry.length), Float64Array.of(step)]);
  };
};

type Prepare<O extends Instr['op']> = (instr: InstrOf<O>, context: Context) => Step;

/** The same numbers at every run. */
const fixed =
  (id: ValueId, numbers: Numbers): Step =>
  (values) => {
    values[id] = numbers;
  };

const preparations: { readonly [O in Instr['op']]: Prepare<O> } = {
  constant: ({ out: [out], value }, { isInt }) => {
    const numbers = typeof value === 'number' ? [value] : value;
    return fixed(out, isInt(out) ? Int32Array.from(numbers) : Float64Array.from(numbers));
  },
  dim: ({ out: [out], dim }, { sizes }) => fixed(out, Float64Array.of(evaluate(dim, sizes))),
  iota: ({ out: [out], axis }, { shapeOf, isInt }) => {
    const shape = shapeOf(out);
    const table = offsetTable(
      shape,
      shape.map((_, i) => (i === axis ? 1 : 0)),
    );
    return fixed(out, isInt(out) ? table : Float64Array.from(table));
  },
  map: ({ out: [out], fn, args }, { shapeOf, isInt }) => {
    const run = mapping(fn, args.map(shapeOf), shapeOf(out), isInt(out));
    const [a, b = a, c = a] = args as [ValueId, ValueId?, ValueId?];
    return (values) => {
      values[out] = run(values[a]!, values[b]!, values[c]!);
    };
  },
  contract: ({ out: [out], semiring, operands, keep }, { shapeOf }) => {
    const labelled = operands.map(({ value, axes }) => ({ shape: shapeOf(value), axes }));
    const read = (values: Values): readonly Numbers[] => operands.map(({ value }) => values[value]!);
    if (semiring.kind === 'sum-product') {
      const run = sumProduct(labelled, keep);
      return (values) => {
        values[out] = run(read(values));
      };
    }
    const run = softMinimum(labelled, keep);
    return (values) => {
      values[out] = run(read(values), semiring.kind === 'soft-min' ? values[semiring.beta]![0]! : null);
    };
  },
  argmin: ({ out: [out], arg, axis }, { shapeOf }) => {
    const run = argmin(shapeOf(arg), axis);
    return (values) => {
      values[out] = run(values[arg]!);
    };
  },
  view: ({ out: [out], arg, view }, { sizes, shapeOf }) => {
    const run = viewOf(shapeOf(arg), concreteView(view, shapeOf(out), sizes));
    return (values) => {
      values[out] = run(values[arg]!);
    };
  },
  concat: ({ out: [out], args, axis }, { shapeOf }) => {
    const run = concatenation(args.map(shapeOf), axis, shapeOf(out));
    return (values) => {
      values[out] = run(args.map((id) => values[id]!));
    };
  },
  gather: ({ out: [out], data, indices, axis }, { shapeOf }) => {
    const run = gathering(shapeOf(data), axis);
    return (values) => {
      values[out] = run(values[data]!, values[indices]!);
    };
  },
  'scatter-add': ({ out: [out], updates, indices, axis }, { shapeOf }) => {
    const run = scattering(axis, shapeOf(out));
    return (values) => {
      values[out] = run(values[updates]!, values[indices]!);
    };
  },
  cast: ({ out: [out], arg }, { isInt }) => {
    const int = isInt(out);
    return (values) => {
      values[out] = int ? Int32Array.from(values[arg]!) : Float64Array.from(values[arg]!);
    };
  },
  random: ({ out: [out], id, seed, step, distribution }, { shapeOf }) => {
    const count = sizeOf(shapeOf(out));
    return (values) => {
      const data = new Float64Array(count);
      fillRandom(distribution, data, values[seed]![0]!, id, values[step]![0]!);
      values[out] = data;
    };
  },
  routine: ({ out, name, args }, { shapeOf }) => {
    const shapes = args.map(shapeOf);
    return (values) => {
      const results = runRoutine[name](args.map((id, i) => ({ shape: shapes[i]!, data: values[id]! })));
      writeAll(
        values,
        out,
        results.map((r) => r.data),
      );
    };
  },
  scan: prepareScan,
  while: prepareWhile,
};

/** A function of the inputs' numbers. It is not re-entrant: its values live in one array that every run fills anew. */
export const prepare = (program: Program, sizes: Sizes): Prepared => {
  const shapes = program.values.map((info) => info.shape.map((d) => evaluate(d, sizes)));
  const context: Context = { sizes, shapeOf: (id) => shapes[id]!, isInt: (id) => program.values[id]!.dtype === 'int' };
  const dead = deadAfter(program);
  const steps = program.instrs.map((instr) =>
    (preparations[instr.op] as Prepare<Instr['op']>)(instr as never, context),
  );
  const none = new Float64Array(0);
  const values: Values = program.values.map(() => none);
  return (inputs, watch) => {
    for (let i = 0; i < program.inputs.length; i++) values[program.inputs[i]!.id] = inputs[i]!;
    for (let i = 0; i < steps.length; i++) {
      steps[i]!(values, watch);
      for (const id of dead[i]!) values[id] = none;
    }
    return program.outputs.map(({ id }) => values[id]!);
  };
};
