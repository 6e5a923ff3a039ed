// Eigenvalues and vectors of symmetric matrices in float64: Householder tridiagonalisation, then implicit QL (EISPACK tred2
// and tql2; Bowdler, Martin, Reinsch, Wilkinson 1968). In: row-major [batch, n, n], read as (A + Aᵀ)/2.
// Out: values ascending [batch, n]; unit vectors in columns [batch, n, n], signed so that their largest entry is positive.
// Functions here use only each other, so that a code generator may emit their text.

export function eigh(
  a: Float64Array,
  batch: number,
  n: number,
): { readonly values: Float64Array; readonly vectors: Float64Array } {
  const values = new Float64Array(batch * n);
  const vectors = new Float64Array(batch * n * n);
  for (let k = 0; k < batch; k++) {
    const v = vectors.subarray(k * n * n, (k + 1) * n * n);
    const d = values.subarray(k * n, (k + 1) * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) v[i * n + j] = 0.5 * (a[k * n * n + i * n + j]! + a[k * n * n + j * n + i]!);
    if (v.some((x) => !Number.isFinite(x))) {
      v.fill(NaN);
      d.fill(NaN);
      continue;
    }
    const e = new Float64Array(n);
    tridiagonalise(v, d, e, n);
    implicitQL(v, d, e, n);
    orderAndSign(v, d, n);
  }
  return { values, vectors };
}

/** Householder reduction: v becomes the orthogonal transformation, d the diagonal, e the subdiagonal in e[1..]. */
export function tridiagonalise(v: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  for (let j = 0; j < n; j++) d[j] = v[(n - 1) * n + j]!;
  for (let i = n - 1; i > 0; i--) {
    let scale = 0;
    let h = 0;
    for (let k = 0; k < i; k++) scale += Math.abs(d[k]!);
    if (scale === 0) {
      e[i] = d[i - 1]!;
      for (let j = 0; j < i; j++) {
        d[j] = v[(i - 1) * n + j]!;
        v[i * n + j] = 0;
        v[j * n + i] = 0;
      }
    } else {
      for (let k = 0; k < i; k++) {
        d[k]! /= scale;
        h += d[k]! * d[k]!;
      }
      const f = d[i - 1]!;
      const g = f > 0 ? -Math.sqrt(h) : Math.sqrt(h);
      e[i] = scale * g;
      h -= f * g;
      d[i - 1] = f - g;
      for (let j = 0; j < i; j++) e[j] = 0;
      for (let j = 0; j < i; j++) {
        const dj = d[j]!;
        v[j * n + i] = dj;
        let sum = e[j]! + v[j * n + j]! * dj;
        for (let k = j + 1; k < i; k++) {
          sum += v[k * n + j]! * d[k]!;
          e[k]! += v[k * n + j]! * dj;
        }
        e[j] = sum;
      }
      let dot = 0;
      for (let j = 0; j < i; j++) {
        e[j]! /= h;
        dot += e[j]! * d[j]!;
      }
      const half = dot / (h + h);
      for (let j = 0; j < i; j++) e[j]! -= half * d[j]!;
      for (let j = 0; j < i; j++) {
        const dj = d[j]!;
        const ej = e[j]!;
        for (let k = j; k < i; k++) v[k * n + j]! -= dj * e[k]! + ej * d[k]!;
        d[j] = v[(i - 1) * n + j]!;
        v[i * n + j] = 0;
      }
    }
    d[i] = h;
  }
  for (let i = 0; i < n - 1; i++) {
    v[(n - 1) * n + i] = v[i * n + i]!;
    v[i * n + i] = 1;
    const h = d[i + 1]!;
    if (h !== 0) {
      for (let k = 0; k <= i; k++) d[k] = v[k * n + i + 1]! / h;
      for (let j = 0; j <= i; j++) {
        let g = 0;
        for (let k = 0; k <= i; k++) g += v[k * n + i + 1]! * v[k * n + j]!;
        for (let k = 0; k <= i; k++) v[k * n + j]! -= g * d[k]!;
      }
    }
    for (let k = 0; k <= i; k++) v[k * n + i + 1] = 0;
  }
  for (let j = 0; j < n; j++) {
    d[j] = v[(n - 1) * n + j]!;
    v[(n - 1) * n + j] = 0;
  }
  v[(n - 1) * n + n - 1] = 1;
  e[0] = 0;
}

/** Implicit QL on the tridiagonal matrix (d, e), accumulating the rotations into v. */
export function implicitQL(v: Float64Array, d: Float64Array, e: Float64Array, n: number): void {
  for (let i = 1; i < n; i++) e[i - 1] = e[i]!;
  e[n - 1] = 0;
  let shift = 0;
  let largest = 0;
  for (let l = 0; l < n; l++) {
    largest = Math.max(largest, Math.abs(d[l]!) + Math.abs(e[l]!));
    let m = l;
    for (; m < n - 1; m++) if (Math.abs(e[m]!) <= 2.220446049250313e-16 * largest) break;
    const sweeps = m > l ? 60 : 0;
    for (let sweep = 0; sweep < sweeps; sweep++) {
      let g = d[l]!;
      let p = (d[l + 1]! - g) / (2 * e[l]!);
      let r = Math.hypot(p, 1);
      if (p < 0) r = -r;
      d[l] = e[l]! / (p + r);
      d[l + 1] = e[l]! * (p + r);
      const next = d[l + 1]!;
      let h = g - d[l]!;
      for (let i = l + 2; i < n; i++) d[i]! -= h;
      shift += h;
      p = d[m]!;
      let c = 1;
      let c2 = 1;
      let c3 = 1;
      const el1 = e[l + 1]!;
      let s = 0;
      let s2 = 0;
      for (let i = m - 1; i >= l; i--) {
        c3 = c2;
        c2 = c;
        s2 = s;
        g = c * e[i]!;
        h = c * p;
        r = Math.hypot(p, e[i]!);
        e[i + 1] = s * r;
        s = e[i]! / r;
        c = p / r;
        p = c * d[i]! - s * g;
        d[i + 1] = h + s * (c * g + s * d[i]!);
        for (let k = 0; k < n; k++) {
          const held = v[k * n + i + 1]!;
          v[k * n + i + 1] = s * v[k * n + i]! + c * held;
          v[k * n + i] = c * v[k * n + i]! - s * held;
        }
      }
      p = (-s * s2 * c3 * el1 * e[l]!) / next;
      e[l] = s * p;
      d[l] = c * p;
      if (Math.abs(e[l]!) <= 2.220446049250313e-16 * largest) break;
    }
    d[l]! += shift;
    e[l] = 0;
  }
}

/** Ascending values; each column's entry of largest magnitude made positive. */
export function orderAndSign(v: Float64Array, d: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) {
    let smallest = i;
    for (let j = i + 1; j < n; j++) if (d[j]! < d[smallest]!) smallest = j;
    const held = d[smallest]!;
    d[smallest] = d[i]!;
    d[i] = held;
    let largest = 0;
    for (let r = 0; r < n; r++) {
      const x = v[r * n + smallest]!;
      v[r * n + smallest] = v[r * n + i]!;
      v[r * n + i] = x;
      if (Math.abs(x) > Math.abs(largest) * (1 + 1e-12)) largest = x;
    }
    if (largest < 0) for (let r = 0; r < n; r++) v[r * n + i] = -v[r * n + i]!;
  }
}
