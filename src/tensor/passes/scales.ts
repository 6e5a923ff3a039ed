// A product of arrays times a number takes the number into its smaller operand: -2 (Y W) = Y (-2 W), one pass less over the
// result. In and out: a program with the same meaning, up to rounding where the number is no power of two.
import { countReads } from '../instructions.ts';
import type { Instr, Program, ValueId } from '../program.ts';
import type { Replacement } from '../rebuild.ts';
import { rebuild } from '../rebuild.ts';

type Contract = Extract<Instr, { op: 'contract' }>;

/** Products of which each operand lacks a kept axis, so that the operands are smaller than the result; read once. */
const outerProducts = (program: Program): ReadonlyMap<ValueId, Contract> => {
  const reads = countReads(program);
  return new Map(
    program.instrs.flatMap((instr): (readonly [ValueId, Contract])[] => {
      if (instr.op !== 'contract' || instr.semiring.kind !== 'sum-product' || instr.operands.length < 2) return [];
      const outer = instr.operands.every((o) => instr.keep.some((label) => !o.axes.includes(label)));
      return outer && reads.get(instr.out[0]) === 1 ? [[instr.out[0], instr]] : [];
    }),
  );
};

/** Values that are one number throughout: constants, and what only repeats or reshapes them. */
const numbersOf = (program: Program): ReadonlyMap<ValueId, number> => {
  const numbers = new Map<ValueId, number>();
  for (const instr of program.instrs) {
    const source = instr.op === 'view' && instr.view.kind !== 'pad' ? numbers.get(instr.arg) : undefined;
    const value = instr.op === 'constant' ? instr.value : source;
    if (typeof value === 'number') numbers.set(instr.out[0], value);
  }
  return numbers;
};

const absorption = (program: Program): Replacement => {
  const products = outerProducts(program);
  const constants = numbersOf(program);
  return (b, instr, read) => {
    if (instr.op !== 'map' || (instr.fn !== 'mul' && instr.fn !== 'neg')) return null;
    const id = instr.args.find((arg) => products.has(arg));
    const by = instr.fn === 'neg' ? -1 : instr.args.map((arg) => constants.get(arg)).find((n) => n !== undefined);
    if (id === undefined || by === undefined) return null;
    const product = products.get(id)!;
    const smallest = product.operands.reduce((best, next) => (next.axes.length <= best.axes.length ? next : best));
    const operands = product.operands.map((o) => {
      const value = read(o.value);
      return { value: o === smallest ? b.mul(value, by) : value, axes: o.axes };
    });
    return [b.contract('sum-product', operands, product.keep)];
  };
};

export const absorbScales = (program: Program): Program => rebuild(program, absorption);
