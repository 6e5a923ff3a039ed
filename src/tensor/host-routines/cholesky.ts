// Cholesky factor and triangular solves in float64. In: row-major matrices [batch, n, n]. Out: new arrays.
// Functions here use nothing outside themselves, so that a code generator may emit their text.

/** L lower with A = L Lᵀ (A is read as (A + Aᵀ)/2). An entry that is not positive definite becomes NaN throughout; so does
 *  one that is singular to rounding: a pivot below `leastPivot` of its own diagonal entry has no correct digit (the test
 *  does not depend on how the unknowns are scaled; some units in the last place of the numbers that A came from). */
export function cholesky(a: Float64Array, batch: number, n: number, leastPivot: number): Float64Array {
  const out = new Float64Array(batch * n * n);
  for (let k = 0; k < batch; k++) {
    const at = k * n * n;
    let good = true;
    for (let i = 0; i < n && good; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0.5 * (a[at + i * n + j]! + a[at + j * n + i]!);
        for (let p = 0; p < j; p++) sum -= out[at + i * n + p]! * out[at + j * n + p]!;
        if (i !== j) out[at + i * n + j] = sum / out[at + j * n + j]!;
        else if (sum > leastPivot * a[at + i * n + i]!) out[at + i * n + i] = Math.sqrt(sum);
        else good = false;
      }
    }
    if (!good) out.fill(NaN, at, at + n * n);
  }
  return out;
}

/** L⁻¹ B, or L⁻ᵀ B when `transposed`: L lower [batch, n, n], B [batch, n, m]. */
export function triangularSolve(
  l: Float64Array,
  b: Float64Array,
  batch: number,
  n: number,
  m: number,
  transposed: boolean,
): Float64Array {
  const out = Float64Array.from(b);
  for (let k = 0; k < batch; k++) {
    const lAt = k * n * n;
    const bAt = k * n * m;
    for (let step = 0; step < n; step++) {
      const i = transposed ? n - 1 - step : step;
      const from = transposed ? i + 1 : 0;
      const to = transposed ? n : i;
      for (let p = from; p < to; p++) {
        const factor = transposed ? l[lAt + p * n + i]! : l[lAt + i * n + p]!;
        for (let j = 0; j < m; j++) out[bAt + i * m + j]! -= factor * out[bAt + p * m + j]!;
      }
      const diagonal = l[lAt + i * n + i]!;
      for (let j = 0; j < m; j++) out[bAt + i * m + j]! /= diagonal;
    }
  }
  return out;
}
