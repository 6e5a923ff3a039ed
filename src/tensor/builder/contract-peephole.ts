// Algebra on contractions while building. In: semiring, operands, kept labels. Out: an equivalent contraction with operands
// that are smaller or fewer: transposes become labels, repetition is left to broadcasting, identity matrices and ones go.
import type { Builder } from '../builder.ts';
import { isOne } from '../dims.ts';
import type { Instr } from '../program.ts';
import type { Value } from './core.ts';
import { constantOf } from './peephole.ts';

export interface LabelledValue {
  readonly value: Value;
  readonly axes: readonly number[];
}
export interface ContractionForm {
  readonly operands: readonly LabelledValue[];
  readonly keep: readonly number[];
}

/** A transposed operand is its source with permuted labels. */
const throughTranspose = (b: Builder, operand: LabelledValue): LabelledValue => {
  const instr = b.producer(operand.value);
  if (instr?.op !== 'view' || instr.view.kind !== 'transpose') return operand;
  const { permutation } = instr.view;
  return { value: b.handle(instr.arg), axes: permutation.map((_, i) => operand.axes[permutation.indexOf(i)]!) };
};

const isRepeated = (b: Builder, value: Value): boolean => {
  const instr = b.producer(value);
  return instr?.op === 'view' && instr.view.kind === 'expand';
};

/** An operand repeated along a label that another operand has need not be repeated. */
const withoutRepetition = (b: Builder, operand: LabelledValue, others: ReadonlySet<number>): LabelledValue => {
  const instr = b.producer(operand.value);
  if (instr?.op !== 'view' || instr.view.kind !== 'expand') return operand;
  const source = b.handle(instr.arg);
  const repeated = source.shape.map(
    (dim, i) => isOne(dim) && !isOne(operand.value.shape[i]!) && others.has(operand.axes[i]!),
  );
  if (!repeated.includes(true)) return operand;
  const kept = [...source.shape.keys()].filter((i) => !repeated[i]);
  const value = b.expand(
    b.reshape(
      source,
      kept.map((i) => source.shape[i]!),
    ),
    kept.map((i) => operand.value.shape[i]!),
  );
  return { value, axes: kept.map((i) => operand.axes[i]!) };
};

const isIota = (instr: Instr | null, axis: number): boolean => instr?.op === 'iota' && instr.axis === axis;

/** eq(iota 0, iota 1): the identity matrix. */
const isIdentity = (b: Builder, value: Value): boolean => {
  const instr = b.producer(value);
  if (instr?.op !== 'map' || instr.fn !== 'eq' || value.shape.length !== 2) return false;
  const [x, y] = instr.args.map((id) => b.producer(b.handle(id)));
  return (isIota(x!, 0) && isIota(y!, 1)) || (isIota(x!, 1) && isIota(y!, 0));
};

/** Σ over an identity matrix renames one of its labels to the other. */
const withoutIdentity = (b: Builder, { operands, keep }: ContractionForm): ContractionForm | null => {
  for (const [k, { value, axes }] of operands.entries()) {
    if (!isIdentity(b, value)) continue;
    const [p, q] = axes as readonly [number, number];
    if (keep.includes(p) && keep.includes(q)) continue;
    const [from, to] = keep.includes(q) ? [p, q] : [q, p];
    const others = operands.filter((_, i) => i !== k);
    const renamed = others.map((o) => ({ value: o.value, axes: o.axes.map((label) => (label === from ? to : label)) }));
    const clash = renamed.some((o) => new Set(o.axes).size < o.axes.length);
    if (!clash && renamed.some((o) => o.axes.includes(to))) return { operands: renamed, keep };
  }
  return null;
};

/** A factor of ones (or a term of zeros) whose labels others have does nothing. */
const withoutNeutral = (b: Builder, { operands, keep }: ContractionForm, neutral: number): ContractionForm | null => {
  for (const [k, { value, axes }] of operands.entries()) {
    if (operands.length === 1 || constantOf(b, value) !== neutral) continue;
    const others = operands.filter((_, i) => i !== k);
    if (axes.every((label) => others.some((o) => o.axes.includes(label)))) return { operands: others, keep };
  }
  return null;
};

export const simplifyContraction = (
  b: Builder,
  kind: 'sum-product' | 'min-plus' | 'soft-min',
  form: ContractionForm,
): ContractionForm => {
  // One after another: of two operands repeated along a label the last keeps it.
  const operands = form.operands.map((operand) => throughTranspose(b, operand));
  for (const k of operands.keys()) {
    if (!isRepeated(b, operands[k]!.value)) continue;
    const others = new Set(operands.flatMap((o, i) => (i === k ? [] : o.axes)));
    operands[k] = withoutRepetition(b, operands[k]!, others);
  }
  const next: ContractionForm = { operands, keep: form.keep };
  const smaller =
    withoutNeutral(b, next, kind === 'sum-product' ? 1 : 0) ??
    (kind === 'sum-product' ? withoutIdentity(b, next) : null);
  return smaller === null ? next : simplifyContraction(b, kind, smaller);
};
