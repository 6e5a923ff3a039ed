// Layers in plain numbers, written from their definitions and from nothing in src. In and out: nested arrays.
export type Vector = readonly number[];
export type Matrix = readonly Vector[];

export const dot = (a: Vector, b: Vector): number => a.reduce((s, x, i) => s + x * b[i]!, 0);
export const mean = (v: Vector): number => v.reduce((s, x) => s + x, 0) / v.length;

/** W v + b. */
export const linear = (w: Matrix, b: Vector, v: Vector): Vector => w.map((row, i) => dot(row, v) + b[i]!);

export const layerNorm = (scale: Vector, shift: Vector, v: Vector): Vector => {
  const centre = mean(v);
  const sd = Math.sqrt(mean(v.map((x) => (x - centre) ** 2)) + 1e-5);
  return v.map((x, i) => ((x - centre) / sd) * scale[i]! + shift[i]!);
};

/** weight [channel][width][C], signal [L][C]. */
export const conv1d = (weight: readonly Matrix[], bias: Vector, signal: Matrix, stride: number): Matrix => {
  const width = weight[0]!.length;
  const out: number[][] = [];
  for (let start = 0; start + width <= signal.length; start += stride)
    out.push(weight.map((w, c) => bias[c]! + w.reduce((s, row, k) => s + dot(row, signal[start + k]!), 0)));
  return out;
};

/** weight [channel][width][width][C], image [H][W][C]. */
export const conv2d = (
  weight: readonly (readonly Matrix[])[],
  bias: Vector,
  image: readonly Matrix[],
  stride: number,
): readonly Matrix[] => {
  const width = weight[0]!.length;
  const out: Matrix[] = [];
  for (let top = 0; top + width <= image.length; top += stride) {
    const row: Vector[] = [];
    for (let left = 0; left + width <= image[0]!.length; left += stride)
      row.push(
        weight.map((w, c) => {
          let sum = bias[c]!;
          for (let i = 0; i < width; i++)
            for (let j = 0; j < width; j++) sum += dot(w[i]![j]!, image[top + i]![left + j]!);
          return sum;
        }),
      );
    out.push(row);
  }
  return out;
};

const softmax = (v: Vector): Vector => {
  const most = Math.max(...v);
  const powers = v.map((x) => Math.exp(x - most));
  const total = powers.reduce((s, x) => s + x, 0);
  return powers.map((p) => p / total);
};

export interface Projection {
  readonly weight: Matrix;
  readonly bias: Vector;
}

/** Head by head on the columns that belong to it (Vaswani et al. 2017, section 3.2). */
export const attention = (
  { query, key, value, output }: Readonly<Record<'query' | 'key' | 'value' | 'output', Projection>>,
  heads: number,
  x: Matrix,
): Matrix => {
  const project = (p: Projection): Matrix => x.map((row) => linear(p.weight, p.bias, row));
  const [q, k, v] = [project(query), project(key), project(value)];
  const size = x[0]!.length / heads;
  const joined = x.map((_, t) => {
    const row: number[] = [];
    for (let a = 0; a < heads; a++) {
      const cut = (r: Vector): Vector => r.slice(a * size, (a + 1) * size);
      const weights = softmax(k.map((r) => dot(cut(q[t]!), cut(r)) / Math.sqrt(size)));
      for (let j = 0; j < size; j++) row.push(weights.reduce((s, w, i) => s + w * cut(v[i]!)[j]!, 0));
    }
    return row;
  });
  return joined.map((row) => linear(output.weight, output.bias, row));
};
