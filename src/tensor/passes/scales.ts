// A product of arrays times a number takes the number into its smaller operand: -2 (Y W) = Y (-2 W), one pass less over the
// result. In and out: a program with the same meaning, up to rounding where the number is no power of two.
import { Builder, type Value } from '../builder.ts';
import { inlineValues } from '../inline.ts';
import { operandsOf } from '../instructions.ts';
import type { Instr, Program, ValueId } from '../program.ts';

type Contract = Extract<Instr, { op: 'contract' }>;

/** Products of which each operand lacks a kept axis, so that the operands are smaller than the result; read once. */
const outerProducts = (program: Program): ReadonlyMap<ValueId, Contract> => {
  const reads = new Map<ValueId, number>();
  for (const id of [...program.instrs.flatMap(operandsOf), ...program.outputs.map((o) => o.id)])
    reads.set(id, (reads.get(id) ?? 0) + 1);
  return new Map(
    program.instrs.flatMap((instr): (readonly [ValueId, Contract])[] => {
      if (instr.op !== 'contract' || instr.semiring.kind !== 'sum-product' || instr.operands.length < 2) return [];
      const outer = instr.operands.every((o) => instr.keep.some((label) => !o.axes.includes(label)));
      return outer && reads.get(instr.out[0]) === 1 ? [[instr.out[0], instr]] : [];
    }),
  );
};

const nested = (instr: Instr): Instr => {
  switch (instr.op) {
    case 'scan':
      return { ...instr, body: absorbScales(instr.body) };
    case 'while':
      return { ...instr, test: absorbScales(instr.test), body: absorbScales(instr.body) };
    default:
      return instr;
  }
};

export const absorbScales = (program: Program): Program => {
  const products = outerProducts(program);
  const constants = new Set(
    program.instrs.flatMap((i) => (i.op === 'constant' && typeof i.value === 'number' ? [i.out[0]] : [])),
  );
  const b = new Builder();
  const inputs = program.inputs.map(({ name, id }) =>
    b.input(name, program.values[id]!.shape, program.values[id]!.dtype),
  );
  const replace = (instr: Instr, read: (id: ValueId) => Value): readonly Value[] | null => {
    if (instr.op !== 'map' || (instr.fn !== 'mul' && instr.fn !== 'neg')) return null;
    const id = instr.args.find((arg) => products.has(arg));
    const by = instr.fn === 'neg' ? null : instr.args.find((arg) => constants.has(arg));
    if (id === undefined || by === undefined) return null;
    const product = products.get(id)!;
    const smallest = product.operands.reduce((best, next) => (next.axes.length <= best.axes.length ? next : best));
    const operands = product.operands.map((o) => {
      const value = read(o.value);
      return { value: o === smallest ? b.mul(value, by === null ? -1 : read(by)) : value, axes: o.axes };
    });
    return [b.contract('sum-product', operands, product.keep)];
  };
  const values = inlineValues(b, program, inputs, nested, replace);
  return b.finish(Object.fromEntries(program.outputs.map(({ name, id }) => [name, values.get(id)!])));
};
