// The contraction over the three semirings. In: shapes of the operands with axis labels, the labels to keep. Out: a function
// of the operands' numbers. Sums of products go through pairs, each a batched matrix product; min-plus and soft-min walk
// tables of offsets. Over an empty axis: sum 0, minimum 1e30 (the forbidden energy: no assignment exists).
import { FORBIDDEN } from '../../tensor/energies.ts';
import { lazily, offsetTable, sizeOf, stridedCopy, stridesOf, type Numbers } from './array.ts';

export interface Labelled {
  readonly shape: readonly number[];
  readonly axes: readonly number[];
}
type Inputs = readonly Numbers[];
/** An operand, or what is made from operands. */
interface Source extends Labelled {
  readonly read: (inputs: Inputs) => Numbers;
}

const lengthsOf = (operands: readonly Labelled[]): ReadonlyMap<number, number> =>
  new Map(operands.flatMap(({ shape, axes }) => axes.map((label, i) => [label, shape[i]!] as const)));

/** Strides of an operand over the given labels; 0 where it lacks the label. */
const stridesOver = ({ shape, axes }: Labelled, labels: readonly number[]): readonly number[] => {
  const strides = stridesOf(shape);
  return labels.map((label) => (axes.includes(label) ? strides[axes.indexOf(label)]! : 0));
};

/** The same with its axes in this order (which must be all of them). */
const arrange = (source: Source, labels: readonly number[]): Source => {
  if (labels.every((label, i) => source.axes[i] === label)) return source;
  const shape = labels.map((label) => source.shape[source.axes.indexOf(label)]!);
  const copy = stridedCopy(shape, stridesOver(source, labels));
  return { shape, axes: labels, read: (inputs) => copy(source.read(inputs)) };
};

/** Sums a single operand over the labels not kept. */
const sumAway = (source: Source, keep: readonly number[]): Source => {
  const kept = source.axes.filter((label) => keep.includes(label));
  if (kept.length === source.axes.length) return source;
  const gone = source.axes.filter((label) => !keep.includes(label));
  const { read } = arrange(source, [...kept, ...gone]);
  const lengths = lengthsOf([source]);
  const shape = kept.map((label) => lengths.get(label)!);
  const count = sizeOf(shape);
  const inner = sizeOf(gone.map((label) => lengths.get(label)!));
  return {
    shape,
    axes: kept,
    read: (inputs) => {
      const data = read(inputs);
      const out = new Float64Array(count);
      for (let i = 0, at = 0; i < count; i++) {
        let sum = 0;
        for (let j = 0; j < inner; j++) sum += data[at++]!;
        out[i] = sum;
      }
      return out;
    },
  };
};

/** The product of two operands summed over their common labels that are not kept: a batched matrix product. */
const multiplyPair = (left: Source, right: Source, keep: readonly number[]): Source => {
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
  const axes = [...batch, ...rows, ...columns];
  const shape = axes.map((label) => lengths.get(label)!);
  const x = arrange(a, [...batch, ...rows, ...inner]);
  if (m >= 4) {
    const y = arrange(b, [...batch, ...inner, ...columns]);
    return { shape, axes, read: (inputs) => multiplyRows(x.read(inputs), y.read(inputs), nBatch, n, k, m) };
  }
  const y = arrange(b, [...batch, ...columns, ...inner]);
  return { shape, axes, read: (inputs) => multiplyDots(x.read(inputs), y.read(inputs), nBatch, n, k, m) };
};

/** x[g, i, p] y[g, p, j] → [g, i, j], adding rows of y. */
const multiplyRows = (x: Numbers, y: Numbers, batch: number, n: number, k: number, m: number): Numbers => {
  const out = new Float64Array(batch * n * m);
  for (let g = 0; g < batch; g++)
    for (let i = 0; i < n; i++) {
      const to = (g * n + i) * m;
      for (let p = 0; p < k; p++) {
        const factor = x[(g * n + i) * k + p]!;
        const from = (g * k + p) * m;
        for (let j = 0; j < m; j++) out[to + j]! += factor * y[from + j]!;
      }
    }
  return out;
};

/** x[g, i, p] y[g, j, p] → [g, i, j], one dot product an entry. */
const multiplyDots = (x: Numbers, y: Numbers, batch: number, n: number, k: number, m: number): Numbers => {
  const out = new Float64Array(batch * n * m);
  for (let g = 0; g < batch; g++)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < m; j++) {
        const [xAt, yAt] = [(g * n + i) * k, (g * m + j) * k];
        let sum = 0;
        for (let p = 0; p < k; p++) sum += x[xAt + p]! * y[yAt + p]!;
        out[(g * n + i) * m + j] = sum;
      }
  return out;
};

/** The pair of sources whose product is smallest. */
const smallestPair = (
  sources: readonly Source[],
  keep: readonly number[],
): { readonly i: number; readonly j: number } => {
  let best = { i: 0, j: 1, size: Infinity };
  const lengths = lengthsOf(sources);
  for (let i = 0; i < sources.length; i++)
    for (let j = i + 1; j < sources.length; j++) {
      const needed = new Set([...keep, ...sources.flatMap((o, q) => (q === i || q === j ? [] : o.axes))]);
      const axes = new Set([...sources[i]!.axes, ...sources[j]!.axes].filter((label) => needed.has(label)));
      const size = sizeOf([...axes].map((label) => lengths.get(label)!));
      if (size < best.size) best = { i, j, size };
    }
  return best;
};

/** Σ Π of the operands. */
export const sumProduct = (operands: readonly Labelled[], keep: readonly number[]): ((inputs: Inputs) => Numbers) => {
  let rest = operands.map((operand, i): Source => ({ ...operand, read: (inputs) => inputs[i]! }));
  while (rest.length > 1) {
    const { i, j } = smallestPair(rest, keep);
    const others = rest.filter((_, q) => q !== i && q !== j);
    rest = [...others, multiplyPair(rest[i]!, rest[j]!, [...keep, ...others.flatMap((o) => o.axes)])];
  }
  return arrange(sumAway(rest[0]!, keep), keep).read;
};

/** min Σ (beta null) or -1/β log Σ exp(-β Σ). */
export const softMinimum = (
  operands: readonly Labelled[],
  keep: readonly number[],
): ((inputs: Inputs, beta: number | null) => Numbers) => {
  const lengths = lengthsOf(operands);
  const shape = keep.map((label) => lengths.get(label)!);
  const gone = [...lengths.keys()].filter((label) => !keep.includes(label));
  const goneShape = gone.map((label) => lengths.get(label)!);
  const [count, reduced] = [sizeOf(shape), sizeOf(goneShape)];
  const tables = lazily(() =>
    operands.map((operand) => ({
      outer: offsetTable(shape, stridesOver(operand, keep)),
      inner: offsetTable(goneShape, stridesOver(operand, gone)),
    })),
  );
  return (inputs, beta) => {
    const out = new Float64Array(count);
    if (reduced === 0) return out.fill(FORBIDDEN);
    const energies = new Float64Array(reduced);
    for (let i = 0; i < count; i++) {
      for (const [k, { outer, inner }] of tables().entries()) {
        const data = inputs[k]!;
        const from = outer[i]!;
        if (k === 0) for (let j = 0; j < reduced; j++) energies[j] = data[from + inner[j]!]!;
        else for (let j = 0; j < reduced; j++) energies[j]! += data[from + inner[j]!]!;
      }
      out[i] = reduced === 1 ? energies[0]! : beta === null ? minimum(energies) : freeEnergy(energies, beta);
    }
    return out;
  };
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

/** First index of the smallest entry along an axis; NaN is passed over, and 0 is left where nothing is below infinity. */
export const argmin = (shape: readonly number[], axis: number): ((data: Numbers) => Int32Array) => {
  const axes = shape.map((_, i) => i);
  const operand: Source = { shape, axes, read: ([data]) => data! };
  const { read } = arrange(operand, [...axes.filter((i) => i !== axis), axis]);
  const length = shape[axis]!;
  const count = sizeOf(shape.toSpliced(axis, 1));
  return (given) => {
    const data = read([given]);
    const out = new Int32Array(count);
    for (let i = 0; i < count; i++) {
      let least = Infinity;
      for (let j = 0; j < length; j++) {
        if (!(data[i * length + j]! < least)) continue;
        least = data[i * length + j]!;
        out[i] = j;
      }
    }
    return out;
  };
};
