// The shape rule of every instruction. In: an instruction, the shapes and dtypes of its arguments, and what is declared
// for its results. Out: the shapes and dtypes of its results. Throws InternalError naming both shapes on a violation.
// The builder and the verifier both use this table, so they cannot disagree.
import { InternalError } from '../diagnostics/diagnostic.ts';
import {
  constant,
  constantValue,
  equal,
  isOne,
  print,
  printShape,
  product,
  shapesEqual,
  add,
  type Dim,
} from './dims.ts';
import { elementwiseTable } from './elementwise-table.ts';
import type { DType, Instr, Program, ValueId, ValueInfo, View } from './program.ts';
import { routineShapes } from './routine-shapes.ts';

export type InfoOf = (id: ValueId) => ValueInfo;
type Op = Instr['op'];
type InstrOf<O extends Op> = Extract<Instr, { op: O }>;
export type ShapeRule<O extends Op> = (
  instr: InstrOf<O>,
  info: InfoOf,
  declared: readonly ValueInfo[],
) => readonly ValueInfo[];

const fail = (text: string): never => {
  throw new InternalError(text);
};
const one = (shape: readonly Dim[], dtype: DType = 'float'): readonly ValueInfo[] => [{ shape, dtype }];
const need = (condition: boolean, text: () => string): void => {
  if (!condition) fail(text());
};
const needDType = (info: ValueInfo, dtype: DType, where: string): void =>
  need(info.dtype === dtype, () => `${where}: expected ${dtype}, found ${info.dtype} ${printShape(info.shape)}`);
const needAxis = (shape: readonly Dim[], axis: number, where: string): void =>
  need(
    Number.isInteger(axis) && axis >= 0 && axis < shape.length,
    () => `${where}: no axis ${axis} in ${printShape(shape)}`,
  );
const needSame = (expected: readonly Dim[], found: readonly Dim[], where: string): void =>
  need(shapesEqual(expected, found), () => `${where}: expected ${printShape(expected)}, found ${printShape(found)}`);
const needScalar = (info: ValueInfo, where: string): void => {
  needSame([], info.shape, where);
  needDType(info, 'float', where);
};

/** The common shape of a map's arguments: rank 0 joins anything, else equal ranks, constant 1 broadcasts. */
export const broadcastShape = (shapes: readonly (readonly Dim[])[], where: string): readonly Dim[] => {
  let shape: readonly Dim[] = [];
  for (const next of shapes) {
    if (next.length === 0) continue;
    if (shape.length === 0) {
      shape = next;
      continue;
    }
    const left = shape;
    need(left.length === next.length, () => `${where}: ranks differ, ${printShape(left)} and ${printShape(next)}`);
    shape = left.map((dim, i) =>
      isOne(dim)
        ? next[i]!
        : isOne(next[i]!) || equal(dim, next[i]!)
          ? dim
          : fail(`${where}: shapes differ, ${printShape(left)} and ${printShape(next)}`),
    );
  }
  return shape;
};

const viewShape = (from: readonly Dim[], view: View): readonly Dim[] => {
  switch (view.kind) {
    case 'reshape':
      need(
        equal(product(from), product(view.shape)),
        () => `reshape: ${printShape(from)} to ${printShape(view.shape)} changes the number of entries`,
      );
      return view.shape;
    case 'transpose':
      need(
        view.permutation.length === from.length && [...view.permutation].sort((a, b) => a - b).every((p, i) => p === i),
        () => `transpose: [${view.permutation.join(', ')}] is no permutation of the axes of ${printShape(from)}`,
      );
      return view.permutation.map((p) => from[p]!);
    case 'slice':
      need(
        view.start.length === from.length && view.length.length === from.length,
        () => `slice: rank ${view.start.length} of ${printShape(from)}`,
      );
      for (const [i, dim] of from.entries()) {
        const [start, length, whole] = [
          constantValue(view.start[i]!),
          constantValue(view.length[i]!),
          constantValue(dim),
        ];
        need(
          start === null || length === null || whole === null || (start >= 0 && length >= 0 && start + length <= whole),
          () => `slice: ${start}+${length} leaves axis ${i} of ${printShape(from)}`,
        );
      }
      return view.length;
    case 'expand':
      need(
        view.shape.length === from.length && from.every((dim, i) => isOne(dim) || equal(dim, view.shape[i]!)),
        () => `expand: ${printShape(from)} to ${printShape(view.shape)}`,
      );
      return view.shape;
    case 'reverse':
      needAxis(from, view.axis, 'reverse');
      return from;
    case 'pad':
      need(
        view.before.length === from.length && view.after.length === from.length,
        () => `pad: rank ${view.before.length} of ${printShape(from)}`,
      );
      return from.map((dim, i) => add(add(view.before[i]!, dim), view.after[i]!));
  }
};

const infoOfProgram =
  (program: Program): InfoOf =>
  (id) =>
    program.values[id] ?? fail(`no value ${id} in a nested program`);

const needProgram = (program: Program, inputs: readonly ValueInfo[], where: string): readonly ValueInfo[] => {
  const info = infoOfProgram(program);
  need(
    program.inputs.length === inputs.length,
    () => `${where}: ${program.inputs.length} inputs, expected ${inputs.length}`,
  );
  for (const [i, input] of program.inputs.entries()) {
    needSame(inputs[i]!.shape, info(input.id).shape, `${where}, input ${i}`);
    needDType(info(input.id), inputs[i]!.dtype, `${where}, input ${i}`);
  }
  return program.outputs.map((output) => info(output.id));
};

const needCarry = (carry: readonly ValueInfo[], found: readonly ValueInfo[], where: string): void => {
  need(found.length >= carry.length, () => `${where}: ${found.length} results for ${carry.length} carries`);
  for (const [i, expected] of carry.entries()) {
    needSame(expected.shape, found[i]!.shape, `${where}, carry ${i}`);
    needDType(found[i]!, expected.dtype, `${where}, carry ${i}`);
  }
};

export const shapeRules: { readonly [O in Op]: ShapeRule<O> } = {
  constant: (instr, _info, declared) => {
    const { shape, dtype } = declared[0]!;
    if (typeof instr.value !== 'number') {
      const count = constantValue(product(shape));
      need(
        count === instr.value.length,
        () => `literal: ${(instr.value as readonly number[]).length} numbers for ${printShape(shape)}`,
      );
    } else needSame([], shape, 'constant');
    return one(shape, dtype);
  },
  dim: () => one([]),
  iota: (instr, _info, declared) => {
    needAxis(declared[0]!.shape, instr.axis, 'iota');
    return declared;
  },
  map: (instr, info) => {
    const facts = elementwiseTable[instr.fn];
    const args = instr.args.map(info);
    need(args.length === facts.arity, () => `${instr.fn}: ${args.length} arguments, expected ${facts.arity}`);
    const judged = instr.fn === 'select' ? args.slice(1) : args;
    if (instr.fn === 'select') needDType(args[0]!, 'float', 'select, condition');
    for (const arg of judged) needDType(arg, facts.dtype === 'float' ? 'float' : judged[0]!.dtype, instr.fn);
    return one(
      broadcastShape(
        args.map((a) => a.shape),
        instr.fn,
      ),
      facts.dtype === 'same' ? judged[0]!.dtype : 'float',
    );
  },
  contract: (instr, info) => {
    const dims = new Map<number, Dim>();
    need(instr.operands.length > 0, () => 'contract: no operands');
    for (const [k, operand] of instr.operands.entries()) {
      const { shape } = info(operand.value);
      needDType(info(operand.value), 'float', `contract, operand ${k}`);
      need(
        operand.axes.length === shape.length,
        () => `contract: operand ${k} has ${operand.axes.length} labels for ${printShape(shape)}`,
      );
      need(new Set(operand.axes).size === operand.axes.length, () => `contract: operand ${k} repeats a label`);
      for (const [i, label] of operand.axes.entries()) {
        const seen = dims.get(label);
        if (seen === undefined) dims.set(label, shape[i]!);
        else if (!equal(seen, shape[i]!))
          fail(
            `contract: axis ${label} is ${print(seen)} and ${print(shape[i]!)} in operand ${k} ${printShape(shape)}`,
          );
      }
    }
    need(new Set(instr.keep).size === instr.keep.length, () => 'contract: keep repeats a label');
    if (instr.semiring.kind === 'soft-min') needScalar(info(instr.semiring.beta), 'contract, beta');
    return one(instr.keep.map((label) => dims.get(label) ?? fail(`contract: kept axis ${label} is in no operand`)));
  },
  argmin: (instr, info) => {
    const { shape } = info(instr.arg);
    needDType(info(instr.arg), 'float', 'argmin');
    needAxis(shape, instr.axis, 'argmin');
    return one(
      shape.filter((_, i) => i !== instr.axis),
      'int',
    );
  },
  view: (instr, info) => one(viewShape(info(instr.arg).shape, instr.view), info(instr.arg).dtype),
  concat: (instr, info) => {
    need(instr.args.length > 0, () => 'concat: no arguments');
    const first = info(instr.args[0]!);
    needAxis(first.shape, instr.axis, 'concat');
    let length: Dim = constant(0);
    for (const id of instr.args) {
      const { shape, dtype } = info(id);
      need(
        shape.length === first.shape.length,
        () => `concat: ranks differ, ${printShape(first.shape)} and ${printShape(shape)}`,
      );
      needSame(
        first.shape.with(instr.axis, constant(1)),
        shape.with(instr.axis, constant(1)),
        `concat along axis ${instr.axis}`,
      );
      need(dtype === first.dtype, () => 'concat: dtypes differ');
      length = add(length, shape[instr.axis]!);
    }
    return one(first.shape.with(instr.axis, length), first.dtype);
  },
  gather: (instr, info) => {
    const data = info(instr.data);
    const indices = info(instr.indices);
    needAxis(data.shape, instr.axis, 'gather');
    needDType(indices, 'int', 'gather, indices');
    return one(data.shape.toSpliced(instr.axis, 1, ...indices.shape), data.dtype);
  },
  'scatter-add': (instr, info, declared) => {
    const out = declared[0]!;
    const updates = info(instr.updates);
    const indices = info(instr.indices);
    needAxis(out.shape, instr.axis, 'scatter-add');
    needDType(indices, 'int', 'scatter-add, indices');
    needDType(updates, 'float', 'scatter-add, updates');
    needSame(out.shape.toSpliced(instr.axis, 1, ...indices.shape), updates.shape, 'scatter-add, updates');
    return one(out.shape);
  },
  cast: (instr, info) => one(info(instr.arg).shape, info(instr.arg).dtype === 'int' ? 'float' : 'int'),
  random: (instr, info, declared) => {
    needSame([], info(instr.seed).shape, 'random, seed');
    needSame([], info(instr.step).shape, 'random, step');
    return one(declared[0]!.shape);
  },
  routine: (instr, info) => routineShapes[instr.name](instr.args.map(info)),
  scan: (instr, info) => {
    const carry = instr.carry.map(info);
    const steps = instr.xs.map((id, i) => {
      const { shape, dtype } = info(id);
      need(
        shape.length > 0 && equal(shape[0]!, instr.length),
        () => `scan: x ${i} has shape ${printShape(shape)}, expected leading ${print(instr.length)}`,
      );
      return { shape: shape.slice(1), dtype };
    });
    const results = needProgram(instr.body, [...carry, ...steps, ...instr.captured.map(info)], 'scan body');
    needCarry(carry, results, 'scan');
    return [
      ...carry,
      ...results.slice(carry.length).map(({ shape, dtype }) => ({ shape: [instr.length, ...shape], dtype })),
    ];
  },
  while: (instr, info) => {
    const carry = instr.carry.map(info);
    const inputs = [...carry, ...instr.captured.map(info)];
    needCarry(carry, needProgram(instr.body, inputs, 'while body'), 'while');
    const test = needProgram(instr.test, inputs, 'while test');
    need(test.length === 1, () => 'while: the test gives one scalar');
    needScalar(test[0]!, 'while test');
    need(instr.every >= 1 && instr.max >= 0, () => `while: every ${instr.every}, max ${instr.max}`);
    return [...carry, { shape: [], dtype: 'float' }];
  },
};

/** Shapes and dtypes of the results of any instruction. */
export const resultsOf = (instr: Instr, info: InfoOf, declared: readonly ValueInfo[]): readonly ValueInfo[] =>
  (shapeRules[instr.op] as ShapeRule<Op>)(instr as never, info, declared);
