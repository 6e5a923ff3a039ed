// Contractions that differ in names of labels, order of operands or order of kept axes alone are computed once: the two halves of
// a symmetric sum ask for Σ_n y[n, d] w[n, k] as [d, k] and as [k, d]. In and out: a program with the same meaning.
import type { Value } from '../../tensor/builder.ts';
import type { Program } from '../../tensor/program.ts';
import { rebuild, type Replacement } from '../../tensor/rebuild.ts';
import type { Label } from './labelled.ts';

/** Operands in the order of their ids, labels numbered as they come, kept labels as a set. */
const keyOf = (
  operands: readonly { readonly id: number; readonly axes: readonly Label[] }[],
  by: string,
  keep: readonly Label[],
) => {
  const ordered = operands.toSorted((x, y) => x.id - y.id);
  const labels = [...new Set(ordered.flatMap((o) => o.axes))];
  const number = (label: Label): number => labels.indexOf(label);
  const named = ordered.map(({ id, axes }) => `${id}[${axes.map(number).join(' ')}]`);
  const kept = keep.map(number);
  return { key: `${by} ${named.join(' ')} -> ${kept.toSorted((x, y) => x - y).join(' ')}`, kept };
};

const sharing = (): Replacement => {
  const made = new Map<string, { readonly value: Value; readonly kept: readonly number[] }>();
  return (b, instr, read) => {
    if (instr.op !== 'contract') return null;
    const { semiring, keep } = instr;
    const operands = instr.operands.map(({ value, axes }) => ({ value: read(value), axes }));
    const by = semiring.kind === 'soft-min' ? `soft-min ${read(semiring.beta).id}` : semiring.kind;
    const { key, kept } = keyOf(operands.map(({ value, axes }) => ({ id: value.id, axes })), by, keep); // prettier-ignore
    const known = made.get(key);
    if (known !== undefined) return [b.transpose(known.value, kept.map((number) => known.kept.indexOf(number)))]; // prettier-ignore
    const value = b.contract(
      semiring.kind === 'soft-min' ? { kind: 'soft-min', beta: read(semiring.beta) } : semiring.kind,
      operands,
      keep,
    );
    made.set(key, { value, kept });
    return [value];
  };
};

export const shareContractions = (program: Program): Program => rebuild(program, sharing);
