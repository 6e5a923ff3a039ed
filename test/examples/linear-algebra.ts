// Dense float64 linear algebra for the checks of examples, independent of the compiler's own. Matrices are arrays of rows.
export type Matrix = readonly (readonly number[])[];

export const dot = (a: readonly number[], c: readonly number[]): number => a.reduce((sum, x, i) => sum + x * c[i]!, 0);
export const transpose = (m: Matrix): Matrix => m[0]!.map((_, j) => m.map((row) => row[j]!));
export const multiply = (a: Matrix, c: Matrix): Matrix => {
  const columns = transpose(c);
  return a.map((row) => columns.map((column) => dot(row, column)));
};
export const identity = (n: number): Matrix =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

export const meanOf = (rows: Matrix): readonly number[] =>
  transpose(rows).map(
    (c) =>
      dot(
        c,
        c.map(() => 1),
      ) / c.length,
  );

/** Σ over the rows of (row - centre)(row - centre)'. */
export const scatterOf = (rows: Matrix, centre: readonly number[]): Matrix => {
  const columns = transpose(rows.map((row) => row.map((x, d) => x - centre[d]!)));
  return columns.map((a) => columns.map((c) => dot(a, c)));
};

/** Lower triangular L with L L' = m, for m positive definite. */
export const cholesky = (m: Matrix): Matrix => {
  const l: number[][] = m.map((row) => row.map(() => 0));
  for (let i = 0; i < m.length; i++)
    for (let j = 0; j <= i; j++) {
      const rest = m[i]![j]! - dot(l[i]!.slice(0, j), l[j]!.slice(0, j));
      l[i]![j] = i === j ? Math.sqrt(rest) : rest / l[j]![j]!;
    }
  return l;
};

export const logDeterminant = (m: Matrix): number =>
  2 * cholesky(m).reduce((sum, row, i) => sum + Math.log(row[i]!), 0);

/** m⁻¹ v for m positive definite. */
export const solve = (m: Matrix, v: readonly number[]): readonly number[] => {
  const l = cholesky(m);
  const y: number[] = [];
  l.forEach((row, i) => y.push((v[i]! - dot(row.slice(0, i), y)) / row[i]!));
  const x: number[] = v.map(() => 0);
  for (let i = l.length - 1; i >= 0; i--) {
    let rest = y[i]!;
    for (let k = i + 1; k < l.length; k++) rest -= l[k]![i]! * x[k]!;
    x[i] = rest / l[i]![i]!;
  }
  return x;
};

/** Eigenvalues in falling order with their unit eigenvectors, by Jacobi's rotations (1846), for m symmetric. */
export const eigen = (m: Matrix): readonly { readonly value: number; readonly vector: readonly number[] }[] => {
  const n = m.length;
  const a = m.map((row) => [...row]);
  const v = identity(n).map((row) => [...row]);
  for (let sweep = 0; sweep < 50; sweep++)
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        const angle = 0.5 * Math.atan2(2 * a[p]![q]!, a[q]![q]! - a[p]![p]!);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        const rotate = (x: number, y: number): [number, number] => [c * x - s * y, s * x + c * y];
        for (const row of [...a, ...v]) [row[p], row[q]] = rotate(row[p]!, row[q]!);
        for (let k = 0; k < n; k++) [a[p]![k], a[q]![k]] = rotate(a[p]![k]!, a[q]![k]!);
      }
  return a.map((row, i) => ({ value: row[i]!, vector: v.map((r) => r[i]!) })).toSorted((x, y) => y.value - x.value);
};
