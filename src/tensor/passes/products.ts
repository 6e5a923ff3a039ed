// Σ of an elementwise product that only the sum reads, and that repeats its factors, becomes one contraction, so that the
// product (often N × K × D) is never made. In and out: a program with the same meaning.
import { Builder, type Value } from '../builder.ts';
import { isOne } from '../dims.ts';
import { inlineValues } from '../inline.ts';
import { operandsOf } from '../instructions.ts';
import type { Instr, Program, ValueId } from '../program.ts';

const countUses = (program: Program): ReadonlyMap<ValueId, number> => {
  const uses = new Map<ValueId, number>();
  const read = [...program.instrs.flatMap(operandsOf), ...program.outputs.map((o) => o.id)];
  for (const id of read) uses.set(id, (uses.get(id) ?? 0) + 1);
  return uses;
};

const isSmaller = (program: Program, arg: ValueId, whole: ValueId): boolean => {
  const [small, large] = [program.values[arg]!.shape, program.values[whole]!.shape];
  return small.length < large.length || small.some((dim, i) => isOne(dim) && !isOne(large[i]!));
};

type Product = { readonly args: readonly ValueId[] };
type Contract = Extract<Instr, { op: 'contract' }>;

/** Products whose every factor is repeated, read once, by a sum-product contraction. */
const productsToFuse = (program: Program): ReadonlyMap<ValueId, Product> => {
  const uses = countUses(program);
  const summed = new Set(
    program.instrs.flatMap((i) =>
      i.op === 'contract' && i.semiring.kind === 'sum-product' ? i.operands.map((o) => o.value) : [],
    ),
  );
  return new Map(
    program.instrs.flatMap((instr): (readonly [ValueId, Product])[] => {
      if (instr.op !== 'map' || instr.fn !== 'mul') return [];
      const id = instr.out[0];
      const fits = summed.has(id) && uses.get(id) === 1 && instr.args.every((arg) => isSmaller(program, arg, id));
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

const fuseNested = (instr: Instr): Instr => {
  switch (instr.op) {
    case 'scan':
      return { ...instr, body: fuseProducts(instr.body) };
    case 'while':
      return { ...instr, test: fuseProducts(instr.test), body: fuseProducts(instr.body) };
    default:
      return instr;
  }
};

export const fuseProducts = (program: Program): Program => {
  const fused = productsToFuse(program);
  const b = new Builder();
  const inputs = program.inputs.map(({ name, id }) =>
    b.input(name, program.values[id]!.shape, program.values[id]!.dtype),
  );
  const contract = (instr: Instr, read: (id: ValueId) => Value): readonly Value[] | null => {
    if (instr.op !== 'contract' || !instr.operands.some((o) => fused.has(o.value))) return null;
    const operands = (instr as Contract).operands.flatMap(({ value, axes }) =>
      (fused.get(value)?.args ?? [null]).map((arg) =>
        arg === null ? { value: read(value), axes } : squeezed(b, read(arg), read(value), axes),
      ),
    );
    // A label that no factor has left (all of them had length 1 there) must stay.
    const labels = new Set(operands.flatMap((o) => o.axes));
    const complete = instr.operands.every((o) => o.axes.every((label) => labels.has(label)));
    return complete ? [b.contract('sum-product', operands, instr.keep)] : null;
  };
  const values = inlineValues(b, program, inputs, fuseNested, contract);
  return b.finish(Object.fromEntries(program.outputs.map(({ name, id }) => [name, values.get(id)!])));
};
