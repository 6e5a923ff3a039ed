// Arrays of the workloads, random from a seed: splitmix-style 32-bit generator (Steele, Lea and Flood 2014). In: a seed. Out:
// arrays.
export interface BenchArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

export interface Random {
  readonly uniform: () => number;
  readonly normal: () => number;
}

export const seeded = (seed: number): Random => {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return ((z ^ (z >>> 15)) >>> 0) / 2 ** 32;
  };
  // Box and Muller 1958.
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return { uniform, normal };
};

export const filled = (shape: readonly number[], next: (index: number) => number): BenchArray => ({
  shape,
  data: Float64Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => next(i)),
});

/** Rows that are positive and sum to 1. */
export const distributions = (shape: readonly number[], { uniform }: Random): BenchArray => {
  const array = filled(shape, () => 0.1 + uniform());
  const width = shape.at(-1)!;
  for (let start = 0; start < array.data.length; start += width) {
    const row = array.data.subarray(start, start + width);
    const total = row.reduce((sum, p) => sum + p, 0);
    row.forEach((p, i) => (row[i] = p / total));
  }
  return array;
};
