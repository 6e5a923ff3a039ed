// Dense linear algebra in plain float64, for oracles. Matrices are arrays of rows.
export type Matrix = readonly (readonly number[])[];

/** Lower Cholesky factor; null when the matrix is not positive definite. */
export const cholesky = (a: Matrix): number[][] | null => {
  const n = a.length;
  const l = a.map(() => Array<number>(n).fill(0));
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      let sum = a[i]![j]!;
      for (let k = 0; k < j; k++) sum -= l[i]![k]! * l[j]![k]!;
      if (i !== j) l[i]![j] = sum / l[j]![j]!;
      else if (sum > 1e-12) l[i]![i] = Math.sqrt(sum);
      else return null;
    }
  return l;
};

export const multiply = (a: Matrix, b: Matrix): number[][] =>
  a.map((row) => b[0]!.map((_, j) => row.reduce((sum, x, k) => sum + x * b[k]![j]!, 0)));

export const transpose = (a: Matrix): number[][] => a[0]!.map((_, j) => a.map((row) => row[j]!));

export const apply = (a: Matrix, x: readonly number[]): number[] =>
  a.map((row) => row.reduce((sum, c, k) => sum + c * x[k]!, 0));

export const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

/** Inverse and log-determinant of a positive definite matrix; null when it is not. */
export const invert = (a: Matrix): { readonly inverse: number[][]; readonly logDet: number } | null => {
  const l = cholesky(a);
  if (l === null) return null;
  const n = a.length;
  const columns = a.map((_, c) => {
    const y = Array<number>(n).fill(0);
    for (let i = 0; i < n; i++) {
      let sum = i === c ? 1 : 0;
      for (let k = 0; k < i; k++) sum -= l[i]![k]! * y[k]!;
      y[i] = sum / l[i]![i]!;
    }
    const x = Array<number>(n).fill(0);
    for (let i = n - 1; i >= 0; i--) {
      let sum = y[i]!;
      for (let k = i + 1; k < n; k++) sum -= l[k]![i]! * x[k]!;
      x[i] = sum / l[i]![i]!;
    }
    return x;
  });
  return { inverse: transpose(columns), logDet: 2 * l.reduce((sum, row, i) => sum + Math.log(row[i]!), 0) };
};

export interface QuadraticForm {
  readonly constant: number;
  readonly gradient: readonly number[];
  readonly hessian: Matrix;
}

/** The form c + g'x + ½ x'Hx that a quadratic function is, from its values at 0, e_i and e_i + e_j. */
export const quadraticForm = (energy: (x: Float64Array) => number, n: number): QuadraticForm => {
  const x = new Float64Array(n);
  const at = (...on: readonly number[]): number => {
    on.forEach((i) => (x[i]! += 1));
    const value = energy(x);
    on.forEach((i) => (x[i] = 0));
    return value;
  };
  const constant = at();
  const single = Array.from({ length: n }, (_, i) => at(i));
  const hessian = single.map((a, i) => single.map((b, j) => at(i, j) - a - b + constant));
  const gradient = single.map((a, i) => a - constant - hessian[i]![i]! / 2);
  return { constant, gradient, hessian };
};

export const valueAt = (f: QuadraticForm, x: readonly number[]): number =>
  f.constant + dot(f.gradient, x) + dot(x, apply(f.hessian, x)) / 2;
