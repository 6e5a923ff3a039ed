// The contraction over the three semirings. In: operand arrays with axis labels, the labels to keep. Out: the result array.
// Sums of products go through pairs, each a batched matrix product; min-plus and soft-min walk tables of offsets, which
// are made once per shape. Over an empty axis: sum 0, minimum 1e30 (the forbidden energy: no assignment exists).
import { copyStrided, offsetTable, sizeOf, stridesOf, type DenseArray } from './array.ts';

export interface Labelled {
  readonly array: DenseArray;
  readonly axes: readonly number[];
}

const emptyMinimum = 1e30;

const lengthsOf = (operands: readonly Labelled[]): ReadonlyMap<number, number> =>
  new Map(operands.flatMap(({ array, axes }) => axes.map((label, i) => [label, array.shape[i]!] as const)));

/** Strides of an operand over the given labels; 0 where it lacks the label. */
const stridesOver = ({ array, axes }: Labelled, labels: readonly number[]): readonly number[] => {
  const strides = stridesOf(array.shape);
  return labels.map((label) => (axes.includes(label) ? strides[axes.indexOf(label)]! : 0));
};

/** The operand with its axes in this order (which must be all of them). */
const arrange = (operand: Labelled, labels: readonly number[]): Labelled => {
  if (labels.every((label, i) => operand.axes[i] === label)) return operand;
  const shape = labels.map((label) => operand.array.shape[operand.axes.indexOf(label)]!);
  return { array: { shape, data: copyStrided(operand.array.data, shape, stridesOver(operand, labels)) }, axes: labels };
};

/** Sums a single operand over the labels not kept. */
const sumAway = (operand: Labelled, keep: readonly number[]): Labelled => {
  const kept = operand.axes.filter((label) => keep.includes(label));
  if (kept.length === operand.axes.length) return operand;
  const gone = operand.axes.filter((label) => !keep.includes(label));
  const { data } = arrange(operand, [...kept, ...gone]).array;
  const lengths = lengthsOf([operand]);
  const shape = kept.map((label) => lengths.get(label)!);
  const out = new Float64Array(sizeOf(shape));
  const inner = sizeOf(gone.map((label) => lengths.get(label)!));
  for (let i = 0, at = 0; i < out.length; i++) {
    let sum = 0;
    for (let j = 0; j < inner; j++) sum += data[at++]!;
    out[i] = sum;
  }
  return { array: { shape, data: out }, axes: kept };
};

/** The product of two operands summed over their common labels that are not kept: a batched matrix product. */
const multiplyPair = (left: Labelled, right: Labelled, keep: readonly number[]): Labelled => {
  const a = sumAway(left, [...keep, ...right.axes]);
  const b = sumAway(right, [...keep, ...left.axes]);
  const common = a.axes.filter((label) => b.axes.includes(label));
  const batch = common.filter((label) => keep.includes(label));
  const inner = common.filter((label) => !keep.includes(label));
  const rows = a.axes.filter((label) => !common.includes(label));
  const columns = b.axes.filter((label) => !common.includes(label));
  const lengths = lengthsOf([a, b]);
  const count = (labels: readonly number[]): number => sizeOf(labels.map((label) => lengths.get(label)!));
  const [nBatch, n, k, m] = [count(batch), count(rows), count(inner), count(columns)];
  const out = new Float64Array(nBatch * n * m);
  const x = arrange(a, [...batch, ...rows, ...inner]).array.data;
  if (m >= 4) {
    const y = arrange(b, [...batch, ...inner, ...columns]).array.data;
    for (let g = 0; g < nBatch; g++)
      for (let i = 0; i < n; i++) {
        const to = (g * n + i) * m;
        for (let p = 0; p < k; p++) {
          const factor = x[(g * n + i) * k + p]!;
          const from = (g * k + p) * m;
          for (let j = 0; j < m; j++) out[to + j]! += factor * y[from + j]!;
        }
      }
  } else {
    const y = arrange(b, [...batch, ...columns, ...inner]).array.data;
    for (let g = 0; g < nBatch; g++)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < m; j++) {
          const [xAt, yAt] = [(g * n + i) * k, (g * m + j) * k];
          let sum = 0;
          for (let p = 0; p < k; p++) sum += x[xAt + p]! * y[yAt + p]!;
          out[(g * n + i) * m + j] = sum;
        }
  }
  const axes = [...batch, ...rows, ...columns];
  return { array: { shape: axes.map((label) => lengths.get(label)!), data: out }, axes };
};

export const sumProduct = (operands: readonly Labelled[], keep: readonly number[]): DenseArray => {
  let rest = [...operands];
  while (rest.length > 1) {
    // The pair whose product is smallest goes first.
    let best: { readonly i: number; readonly j: number; readonly size: number } | null = null;
    const lengths = lengthsOf(rest);
    for (let i = 0; i < rest.length; i++)
      for (let j = i + 1; j < rest.length; j++) {
        const needed = new Set([...keep, ...rest.flatMap((o, q) => (q === i || q === j ? [] : o.axes))]);
        const axes = new Set([...rest[i]!.axes, ...rest[j]!.axes].filter((label) => needed.has(label)));
        const size = sizeOf([...axes].map((label) => lengths.get(label)!));
        if (best === null || size < best.size) best = { i, j, size };
      }
    const { i, j } = best!;
    const others = rest.filter((_, q) => q !== i && q !== j);
    rest = [...others, multiplyPair(rest[i]!, rest[j]!, [...keep, ...others.flatMap((o) => o.axes)])];
  }
  return arrange(sumAway(rest[0]!, keep), keep).array;
};

/** min Σ (beta null) or -1/β log Σ exp(-β Σ). */
export const softMinimum = (
  operands: readonly Labelled[],
  keep: readonly number[],
  beta: number | null,
): DenseArray => {
  const lengths = lengthsOf(operands);
  const shape = keep.map((label) => lengths.get(label)!);
  const gone = [...lengths.keys()].filter((label) => !keep.includes(label));
  const goneShape = gone.map((label) => lengths.get(label)!);
  const tables = operands.map((operand) => ({
    data: operand.array.data,
    outer: offsetTable(shape, stridesOver(operand, keep)),
    inner: offsetTable(goneShape, stridesOver(operand, gone)),
  }));
  const out = new Float64Array(sizeOf(shape));
  const energies = new Float64Array(sizeOf(goneShape));
  if (energies.length === 0) out.fill(emptyMinimum);
  else
    for (let i = 0; i < out.length; i++) {
      energies.fill(0);
      for (const { data, outer, inner } of tables) {
        const from = outer[i]!;
        for (let j = 0; j < energies.length; j++) energies[j]! += data[from + inner[j]!]!;
      }
      out[i] = beta === null ? minimum(energies) : freeEnergy(energies, beta);
    }
  return { shape, data: out };
};

/** NaN if any entry is. */
const minimum = (energies: Float64Array): number => {
  let least = energies[0]!;
  for (let j = 1; j < energies.length; j++) {
    const e = energies[j]!;
    if (e < least || Number.isNaN(e)) least = e;
    if (Number.isNaN(least)) break;
  }
  return least;
};

/** -1/β log Σ exp(-β e), shifted by the minimum so that no exponential overflows at any β > 0. */
const freeEnergy = (energies: Float64Array, beta: number): number => {
  const least = minimum(energies);
  if (!Number.isFinite(least) || beta === Infinity) return least;
  let sum = 0;
  for (let j = 0; j < energies.length; j++) sum += Math.exp(-beta * (energies[j]! - least));
  return least - Math.log(sum) / beta;
};

/** First index of the smallest entry along an axis. */
export const argmin = (array: DenseArray, axis: number): DenseArray => {
  const shape = array.shape.toSpliced(axis, 1);
  const order = [...shape.keys()].map((i) => (i < axis ? i : i + 1));
  const data = arrange({ array, axes: array.shape.map((_, i) => i) }, [...order, axis]).array.data;
  const length = array.shape[axis]!;
  const out = new Int32Array(sizeOf(shape));
  for (let i = 0; i < out.length; i++) {
    let best = 0;
    for (let j = 1; j < length; j++) if (data[i * length + j]! < data[i * length + best]!) best = j;
    out[i] = best;
  }
  return { shape, data: out };
};
