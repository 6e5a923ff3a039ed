// General linear systems by LU with partial pivoting in float64. In: row-major matrices [batch, n, n]. Out: new arrays.
// Functions here use only each other, so that a code generator may emit their text.

/** Factors one n × n matrix in place: unit lower below the diagonal, upper on and above; `pivots` gets the row exchanges.
 *  Returns the sign of the permutation, 0 when singular. */
export function factorLU(a: Float64Array, at: number, n: number, pivots: Int32Array): number {
  let sign = 1;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) if (Math.abs(a[at + r * n + c]!) > Math.abs(a[at + pivot * n + c]!)) pivot = r;
    pivots[c] = pivot;
    if (a[at + pivot * n + c] === 0) return 0;
    if (pivot !== c) {
      sign = -sign;
      for (let j = 0; j < n; j++) {
        const held = a[at + c * n + j]!;
        a[at + c * n + j] = a[at + pivot * n + j]!;
        a[at + pivot * n + j] = held;
      }
    }
    for (let r = c + 1; r < n; r++) {
      const factor = (a[at + r * n + c]! /= a[at + c * n + c]!);
      if (factor !== 0) for (let j = c + 1; j < n; j++) a[at + r * n + j]! -= factor * a[at + c * n + j]!;
    }
  }
  return sign;
}

/** A⁻¹ B, B [batch, n, m]. NaN for a singular A. */
export function solve(a: Float64Array, b: Float64Array, batch: number, n: number, m: number): Float64Array {
  const lu = Float64Array.from(a);
  const out = Float64Array.from(b);
  const pivots = new Int32Array(n);
  for (let k = 0; k < batch; k++) {
    const at = k * n * n;
    const bAt = k * n * m;
    if (factorLU(lu, at, n, pivots) === 0) {
      out.fill(NaN, bAt, bAt + n * m);
      continue;
    }
    for (let r = 0; r < n; r++) {
      const pivot = pivots[r]!;
      if (pivot === r) continue;
      for (let j = 0; j < m; j++) {
        const held = out[bAt + r * m + j]!;
        out[bAt + r * m + j] = out[bAt + pivot * m + j]!;
        out[bAt + pivot * m + j] = held;
      }
    }
    for (let r = 0; r < n; r++)
      for (let p = 0; p < r; p++)
        for (let j = 0; j < m; j++) out[bAt + r * m + j]! -= lu[at + r * n + p]! * out[bAt + p * m + j]!;
    for (let r = n - 1; r >= 0; r--) {
      for (let p = r + 1; p < n; p++)
        for (let j = 0; j < m; j++) out[bAt + r * m + j]! -= lu[at + r * n + p]! * out[bAt + p * m + j]!;
      for (let j = 0; j < m; j++) out[bAt + r * m + j]! /= lu[at + r * n + r]!;
    }
  }
  return out;
}

export function inverse(a: Float64Array, batch: number, n: number): Float64Array {
  const identity = new Float64Array(batch * n * n);
  for (let k = 0; k < batch; k++) for (let i = 0; i < n; i++) identity[k * n * n + i * n + i] = 1;
  return solve(a, identity, batch, n, n);
}

/** log |det A| [batch]; -Infinity for a singular A. */
export function logAbsDet(a: Float64Array, batch: number, n: number): Float64Array {
  const lu = Float64Array.from(a);
  const pivots = new Int32Array(n);
  const out = new Float64Array(batch);
  for (let k = 0; k < batch; k++) {
    const sign = factorLU(lu, k * n * n, n, pivots);
    let sum = 0;
    for (let i = 0; i < n; i++) sum += Math.log(Math.abs(lu[k * n * n + i * n + i]!));
    out[k] = sign === 0 ? -Infinity : sum;
  }
  return out;
}
