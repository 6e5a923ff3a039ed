// Symmetric positive definite block-tridiagonal systems in O(T d³) float64: block Thomas elimination forwards, then back
// substitution with the selected inverse (the Rauch-Tung-Striebel smoother in information form; Asif & Moura 2005).
// In: diagonal blocks D [batch, T, d, d] (read as (D + Dᵀ)/2), E[t] = A[t, t-1] (E[0] ignored), b [batch, T, d].
// Out: x = A⁻¹ b, log det A, the blocks (A⁻¹)[t, t] and (A⁻¹)[t, t-1] (0 at t = 0). Not positive definite, or a pivot below
// `leastPivot` of its diagonal entry: NaN in that entry.
// Functions here use only each other, so that a code generator may emit their text.

export function blockTridiagonal(
  diagonal: Float64Array,
  below: Float64Array,
  right: Float64Array,
  batch: number,
  steps: number,
  d: number,
  leastPivot: number,
): {
  readonly x: Float64Array;
  readonly logDet: Float64Array;
  readonly covariance: Float64Array;
  readonly crossCovariance: Float64Array;
} {
  const square = d * d;
  const x = new Float64Array(batch * steps * d);
  const logDet = new Float64Array(batch);
  const covariance = new Float64Array(batch * steps * square);
  const crossCovariance = new Float64Array(batch * steps * square);
  // Per step: the inverse of the Schur complement S[t] = D[t] - E[t] S[t-1]⁻¹ E[t]ᵀ, and the gain G[t] = E[t] S[t-1]⁻¹.
  const inverses = new Float64Array(steps * square);
  const gains = new Float64Array(steps * square);
  const schur = new Float64Array(square);
  for (let k = 0; k < batch; k++) {
    const blocks = k * steps * square;
    const vectors = k * steps * d;
    for (let t = 0; t < steps; t++) {
      const at = blocks + t * square;
      for (let i = 0; i < d; i++)
        for (let j = 0; j < d; j++) schur[i * d + j] = 0.5 * (diagonal[at + i * d + j]! + diagonal[at + j * d + i]!);
      for (let i = 0; i < d; i++) x[vectors + t * d + i] = right[vectors + t * d + i]!;
      if (t > 0) {
        multiplyBlock(below, at, false, inverses, (t - 1) * square, false, gains, t * square, d, 1, false);
        multiplyBlock(gains, t * square, false, below, at, true, schur, 0, d, -1, true);
        for (let i = 0; i < d; i++)
          for (let j = 0; j < d; j++)
            x[vectors + t * d + i]! -= gains[t * square + i * d + j]! * x[vectors + (t - 1) * d + j]!;
      }
      logDet[k]! += invertPositive(schur, diagonal, at, inverses, t * square, d, leastPivot);
    }
    for (let t = steps - 1; t >= 0; t--) {
      const at = blocks + t * square;
      const solved = new Float64Array(d);
      for (let i = 0; i < d; i++)
        for (let j = 0; j < d; j++) solved[i]! += inverses[t * square + i * d + j]! * x[vectors + t * d + j]!;
      for (let i = 0; i < square; i++) covariance[at + i] = inverses[t * square + i]!;
      if (t < steps - 1) {
        const next = (t + 1) * square;
        for (let i = 0; i < d; i++)
          for (let j = 0; j < d; j++) solved[i]! -= gains[next + j * d + i]! * x[vectors + (t + 1) * d + j]!;
        multiplyBlock(
          covariance,
          blocks + next,
          false,
          gains,
          next,
          false,
          crossCovariance,
          blocks + next,
          d,
          -1,
          false,
        );
        multiplyBlock(gains, next, true, crossCovariance, blocks + next, false, covariance, at, d, -1, true);
      }
      for (let i = 0; i < d; i++) x[vectors + t * d + i] = solved[i]!;
    }
    if (Number.isNaN(logDet[k])) {
      x.fill(NaN, vectors, vectors + steps * d);
      covariance.fill(NaN, blocks, blocks + steps * square);
      crossCovariance.fill(NaN, blocks, blocks + steps * square);
    }
  }
  return { x, logDet, covariance, crossCovariance };
}

/** out (+)= scale · a b for d × d blocks at offsets, each factor optionally transposed. */
export function multiplyBlock(
  a: Float64Array,
  aAt: number,
  aTransposed: boolean,
  b: Float64Array,
  bAt: number,
  bTransposed: boolean,
  out: Float64Array,
  outAt: number,
  d: number,
  scale: number,
  accumulate: boolean,
): void {
  for (let i = 0; i < d; i++)
    for (let j = 0; j < d; j++) {
      let sum = 0;
      for (let p = 0; p < d; p++)
        sum += a[aAt + (aTransposed ? p * d + i : i * d + p)]! * b[bAt + (bTransposed ? j * d + p : p * d + j)]!;
      const at = outAt + i * d + j;
      out[at] = (accumulate ? out[at]! : 0) + scale * sum;
    }
}

/** Writes the inverse of a positive definite block and returns log det; NaN (and a NaN block) when it is not. */
export function invertPositive(
  a: Float64Array,
  scale: Float64Array,
  scaleAt: number,
  out: Float64Array,
  outAt: number,
  d: number,
  leastPivot: number,
): number {
  const l = new Float64Array(d * d);
  let logDet = 0;
  for (let i = 0; i < d; i++)
    for (let j = 0; j <= i; j++) {
      let sum = 0.5 * (a[i * d + j]! + a[j * d + i]!);
      for (let p = 0; p < j; p++) sum -= l[i * d + p]! * l[j * d + p]!;
      if (i !== j) l[i * d + j] = sum / l[j * d + j]!;
      else {
        // A pivot that is not positive, or has no correct digit, makes a NaN that spreads to everything after it.
        l[i * d + i] = sum > leastPivot * scale[scaleAt + i * d + i]! ? Math.sqrt(sum) : NaN;
        logDet += 2 * Math.log(l[i * d + i]!);
      }
    }
  for (let c = 0; c < d; c++) {
    const column = new Float64Array(d);
    for (let i = 0; i < d; i++) {
      let sum = i === c ? 1 : 0;
      for (let p = 0; p < i; p++) sum -= l[i * d + p]! * column[p]!;
      column[i] = sum / l[i * d + i]!;
    }
    for (let i = d - 1; i >= 0; i--) {
      let sum = column[i]!;
      for (let p = i + 1; p < d; p++) sum -= l[p * d + i]! * column[p]!;
      column[i] = sum / l[i * d + i]!;
    }
    for (let i = 0; i < d; i++) out[outAt + i * d + c] = column[i]!;
  }
  return logDet;
}
