// Stable ascending sort of rows, NaN last. In: [batch, n]. Out: sorted values and the permutation, values[i] = v[permutation[i]].
export function sortRows(
  v: Float64Array,
  batch: number,
  n: number,
): { readonly values: Float64Array; readonly permutation: Int32Array } {
  const values = new Float64Array(batch * n);
  const permutation = new Int32Array(batch * n);
  for (let k = 0; k < batch; k++) {
    const row = v.subarray(k * n, (k + 1) * n);
    const order = Array.from(row.keys()).sort((i, j) => {
      const [a, b] = [row[i]!, row[j]!];
      if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
      return a < b ? -1 : a > b ? 1 : i - j;
    });
    for (let i = 0; i < n; i++) {
      permutation[k * n + i] = order[i]!;
      values[k * n + i] = row[order[i]!]!;
    }
  }
  return { values, permutation };
}
