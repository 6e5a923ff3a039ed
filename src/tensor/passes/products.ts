// Σ of an elementwise product that only the sum reads, and that repeats its factors, becomes one contraction, so that the
// product (often N × K × D) is never made. In and out: a program with the same meaning.
import type { Builder, Value } from '../builder.ts';
import { isOne } from '../dims.ts';
import { countReads } from '../instructions.ts';
import type { Program, ValueId } from '../program.ts';
import type { Replacement } from '../rebuild.ts';
import { rebuild } from '../rebuild.ts';

const isSmaller = (program: Program, arg: ValueId, whole: ValueId): boolean => {
  const [small, large] = [program.values[arg]!.shape, program.values[whole]!.shape];
  return small.length < large.length || small.some((dim, i) => isOne(dim) && !isOne(large[i]!));
};

type Product = { readonly args: readonly ValueId[] };

/** Products whose every factor is repeated, read once, by a sum-product contraction. */
const productsToFuse = (program: Program): ReadonlyMap<ValueId, Product> => {
  const reads = countReads(program);
  const summed = new Set(
    program.instrs.flatMap((i) =>
      i.op === 'contract' && i.semiring.kind === 'sum-product' ? i.operands.map((o) => o.value) : [],
    ),
  );
  return new Map(
    program.instrs.flatMap((instr): (readonly [ValueId, Product])[] => {
      if (instr.op !== 'map' || instr.fn !== 'mul') return [];
      const id = instr.out[0];
      const fits = summed.has(id) && reads.get(id) === 1 && instr.args.every((arg) => isSmaller(program, arg, id));
      return fits ? [[id, { args: instr.args }]] : [];
    }),
  );
};

/** A factor without the axes along which the product repeats it, and the labels of those it keeps. */
export const squeezed = (
  b: Builder,
  factor: Value,
  whole: Value,
  axes: readonly number[],
): { readonly value: Value; readonly axes: readonly number[] } => {
  const kept = [...factor.shape.keys()].filter((i) => !isOne(factor.shape[i]!) || isOne(whole.shape[i]!));
  return {
    value: b.reshape(
      factor,
      kept.map((i) => factor.shape[i]!),
    ),
    axes: kept.map((i) => axes[i]!),
  };
};

const fusion = (program: Program): Replacement => {
  const fused = productsToFuse(program);
  return (b, instr, read) => {
    if (instr.op !== 'contract' || !instr.operands.some((o) => fused.has(o.value))) return null;
    const operands = instr.operands.flatMap(({ value, axes }) =>
      (fused.get(value)?.args ?? [null]).map((arg) =>
        arg === null ? { value: read(value), axes } : squeezed(b, read(arg), read(value), axes),
      ),
    );
    // A label that no factor has left (all of them had length 1 there) must stay.
    const labels = new Set(operands.flatMap((o) => o.axes));
    const complete = instr.operands.every((o) => o.axes.every((label) => labels.has(label)));
    return complete ? [b.contract('sum-product', operands, instr.keep)] : null;
  };
};

export const fuseProducts = (program: Program): Program => rebuild(program, fusion);
