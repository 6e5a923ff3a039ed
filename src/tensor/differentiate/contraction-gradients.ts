// Gradients of the contraction over its three semirings. In: the instruction's operands as Values, its result, the adjoint.
// Out: one adjoint per operand (and for β). All are contractions again, so the derivative can be differentiated.
import type { Builder, Operand, Value } from '../builder.ts';
import { product, type Dim } from '../dims.ts';

export interface Contraction {
  readonly operands: readonly { readonly value: Value; readonly axes: readonly number[] }[];
  readonly keep: readonly number[];
  readonly out: Value;
}

const dimsOf = (operands: Contraction['operands']): ReadonlyMap<number, Dim> =>
  new Map(operands.flatMap(({ value, axes }) => axes.map((label, i) => [label, value.shape[i]!] as const)));

/** Kept labels, then the reduced ones in order of appearance. */
const reducedLabels = ({ operands, keep }: Contraction): readonly number[] =>
  [...dimsOf(operands).keys()].filter((label) => !keep.includes(label));

/** The sum-product of `factors` onto `axes`; labels that none of them has are filled by repetition. */
const contractOnto = (
  b: Builder,
  factors: readonly Operand[],
  axes: readonly number[],
  dims: ReadonlyMap<number, Dim>,
): Value => {
  const present = new Set(factors.flatMap((f) => f.axes));
  const partial = b.contract(
    'sum-product',
    factors,
    axes.filter((label) => present.has(label)),
  );
  const missing = axes.flatMap((label, i) => (present.has(label) ? [] : [i]));
  if (missing.length === 0) return partial;
  return b.expand(
    b.unsqueeze(partial, missing),
    axes.map((label) => dims.get(label)!),
  );
};

export const sumProductGradient = (
  b: Builder,
  { operands, keep }: Contraction,
  adjoint: Value,
  index: number,
): Value => {
  const others = operands.filter((_, i) => i !== index);
  return contractOnto(b, [{ value: adjoint, axes: keep }, ...others], operands[index]!.axes, dimsOf(operands));
};

/** Per entry (kept labels, then reduced): 1 at the first minimum of the total energy, else 0. Ties never split. */
const firstMinimum = (b: Builder, contraction: Contraction, reduced: readonly number[]): Value => {
  const { operands, keep } = contraction;
  const dims = dimsOf(operands);
  const total = b.contract('min-plus', operands, [...keep, ...reduced]);
  const keptShape = keep.map((label) => dims.get(label)!);
  const cells = product(reduced.map((label) => dims.get(label)!));
  const flat = b.reshape(total, [...keptShape, cells]);
  return b.reshape(b.oneHot(b.argmin(flat, -1), cells), total.shape);
};

/** What a minimisation or free energy gives back: weights over the entries, times the adjoint, summed onto each operand. */
export type Weights = { readonly value: Value; readonly axes: readonly number[] } | null;

export const minPlusWeights = (b: Builder, contraction: Contraction): Weights => {
  const reduced = reducedLabels(contraction);
  if (reduced.length === 0) return null;
  return { value: firstMinimum(b, contraction, reduced), axes: [...contraction.keep, ...reduced] };
};

/** out - Σ operands per entry: at most log(entries)/β, and finite where the entry is forbidden. */
const gain = (b: Builder, { operands, out }: Contraction, labels: readonly number[]): Value => {
  const total = b.contract('min-plus', operands, labels);
  // The labels begin with the kept ones.
  const reduced = labels.map((_, i) => i).slice(out.shape.length);
  return b.sub(b.unsqueeze(out, reduced), total);
};

/** The Gibbs weights exp(β (out - Σ operands)), which sum to 1 over the reduced labels. */
export const softMinWeights = (b: Builder, contraction: Contraction, beta: Value): Weights => {
  const reduced = reducedLabels(contraction);
  if (reduced.length === 0) return null;
  const labels = [...contraction.keep, ...reduced];
  return { value: b.exp(b.mul(beta, gain(b, contraction, labels))), axes: labels };
};

export const weightedGradient = (
  b: Builder,
  { operands, keep }: Contraction,
  weights: Weights,
  adjoint: Value,
  index: number,
): Value => {
  const factors: readonly Operand[] = [{ value: adjoint, axes: keep }, ...(weights === null ? [] : [weights])];
  return contractOnto(b, factors, operands[index]!.axes, dimsOf(operands));
};

/** ∂out/∂β = (1/β) Σ weights (energy - out), summed against the adjoint. */
export const betaGradient = (
  b: Builder,
  contraction: Contraction,
  weights: Weights,
  beta: Value,
  adjoint: Value,
): Value | null => {
  if (weights === null) return null;
  const factors: readonly Operand[] = [
    { value: adjoint, axes: contraction.keep },
    weights,
    { value: gain(b, contraction, weights.axes), axes: weights.axes },
  ];
  return b.neg(b.div(b.contract('sum-product', factors, []), beta));
};
