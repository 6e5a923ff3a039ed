// A scan as a loop of statements. In: the writer of the function, the scan, values of what it reads, the positions of the
// outputs that are wanted. Out: values of its outputs. Carries and collected steps are arrays, or variables for single numbers.
import { product, type Dim } from '../../../tensor/dims.ts';
import type { Program } from '../../../tensor/program.ts';
import { unwrapped } from './expressions.ts';
import type { FunctionWriter } from './function-writer.ts';
import type { Scan } from './hostable.ts';
import { factorOf, named, sumText, standing, type HostValue } from './values.ts';

/** Writes the instructions of a body. `carried` and `collected`: positions of the outputs that are wanted; others may be
 *  undefined in the result. */
export type BodyStatements = (
  f: FunctionWriter,
  program: Program,
  inputs: readonly HostValue[],
  carried: readonly number[],
  collected: readonly number[],
) => readonly (HostValue | undefined)[];

/** Something that a loop overwrites at the end of each turn. */
interface Variable {
  readonly position: number;
  readonly name: string;
  readonly value: HostValue;
}

/** The step of an x at the index `t`. */
const stepOf = (f: FunctionWriter, x: HostValue, t: string): HostValue => {
  const shape = x.shape.slice(1);
  if (x.stands === null) return { shape, int: x.int, read: (at) => x.read([t, ...at]), stands: null };
  const from = sumText(x.stands.from, strided(f, t, shape));
  return standing(x.stands.array, from, shape, x.int, f.dim);
};
const strided = (f: FunctionWriter, t: string, shape: readonly Dim[]): string =>
  f.isSingle(shape) ? t : `${t} * ${factorOf(f.dim(product(shape)))}`;

const startVariable = (
  f: FunctionWriter,
  name: string,
  position: number,
  initial: HostValue,
  single: boolean,
): Variable => {
  const { shape, int } = initial;
  if (!f.isSingle(shape)) {
    const array = f.array(name, shape, int, single);
    f.store(array.name, '0', initial);
    return { position, name: array.name, value: array };
  }
  const variable = f.fresh(name);
  f.writer.line(`let ${variable} = ${unwrapped(initial.read(shape.map(() => '0')))};`);
  return { position, name: variable, value: named(variable, int, shape) };
};

export const scanLoop = (
  f: FunctionWriter,
  scan: Scan,
  carries: readonly HostValue[],
  xs: readonly HostValue[],
  captured: readonly HostValue[],
  wanted: readonly number[],
  statements: BodyStatements,
): readonly HostValue[] => {
  const { body, length } = scan;
  const count = carries.length;
  const staysAt = (i: number): boolean => body.outputs[i]!.id === body.inputs[i]!.id;
  const variables = carries.flatMap((initial, i) =>
    staysAt(i) ? [] : [startVariable(f, body.inputs[i]!.name, i, initial, scan.resumable === true)],
  );
  const carried = carries.map((initial, i) => variables.find((v) => v.position === i)?.value ?? initial);
  const collected = wanted.filter((i) => i >= count);
  const stacks = new Map(
    collected.map((i) => {
      const { shape, dtype } = body.values[body.outputs[i]!.id]!;
      return [i, f.array(body.outputs[i]!.name, [length, ...shape], dtype === 'int')] as const;
    }),
  );
  const t = f.fresh('t');
  const steps = f.dim(length);
  const head = scan.reverse
    ? `for (let ${t} = ${factorOf(steps)} - 1; ${t} >= 0; ${t}--) {`
    : `for (let ${t} = 0; ${t} < ${steps}; ${t}++) {`;
  f.writer.block(head, () => {
    const inputs = [...carried, ...xs.map((x) => stepOf(f, x, t)), ...captured];
    const moving = variables.map((v) => v.position);
    const results = statements(f, body, inputs, moving, collected);
    for (const i of collected) {
      const value = results[i]!;
      f.store(stacks.get(i)!.name, strided(f, t, value.shape), value);
    }
    // A carry that becomes another, or a step of an x, or something from outside, is read before any of them is replaced.
    const made = new Set(body.instrs.flatMap((instr) => instr.out));
    const next = variables.map(({ position }) => {
      const value = results[position]!;
      return made.has(body.outputs[position]!.id) && !isView(scan, position) ? value : f.made('next', value);
    });
    const stored = (text: string, int: boolean): string =>
      scan.resumable === true && !int ? `Math.fround(${unwrapped(text)})` : unwrapped(text);
    for (const [i, { name, value }] of variables.entries()) {
      if (f.isSingle(value.shape))
        f.writer.line(`${name} = ${stored(next[i]!.read(value.shape.map(() => '0')), value.int)};`);
      else f.store(name, '0', next[i]!);
    }
  });
  return [...carried, ...body.outputs.slice(count).map((_, i) => stacks.get(count + i)!)];
};

/** Whether an output is another way to read something, which may be a carry. */
const isView = ({ body }: Scan, position: number): boolean => {
  const id = body.outputs[position]!.id;
  const op = body.instrs.find((instr) => instr.out.includes(id))?.op;
  return op === 'view' || op === 'cast' || op === 'scan';
};
