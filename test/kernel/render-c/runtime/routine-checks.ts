// Every routine against the float64 code of the reference backend: random batches of sizes on both sides of where the algorithms
// change, and hard cases: singular, indefinite, repeated and tiny eigenvalues, infinities and NaN.
import { expect } from 'vitest';
import { blockTridiagonal } from '../../../../src/tensor/host-routines/block-tridiagonal.ts';
import { cholesky, triangularSolve } from '../../../../src/tensor/host-routines/cholesky.ts';
import { eigh } from '../../../../src/tensor/host-routines/eigh.ts';
import { inverse, logAbsDet, solve } from '../../../../src/tensor/host-routines/lu.ts';
import { sortRows } from '../../../../src/tensor/host-routines/sort.ts';
import type { Command, Run } from './driver.ts';
import { generator, normals, rounded, type Scalar } from './numbers.ts';

/** As in src/backend/reference/routines.ts. */
const LEAST_PIVOT = 1e-13;

const tolerance: Readonly<Record<Scalar, number>> = { float32: 5e-7, float64: 1e-9 };

/** Entry by entry: NaN and infinities alike, else within the tolerance of the largest entry of the same matrix (`size` entries). */
const expectNear = (
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  size: number,
  scalar: Scalar,
  what: string,
): void => {
  expect(found.length, what).toBe(expected.length);
  for (let from = 0; from < expected.length; from += size) {
    let largest = 0;
    for (let i = from; i < from + size; i++)
      if (Number.isFinite(expected[i])) largest = Math.max(largest, Math.abs(expected[i]!));
    for (let i = from; i < from + size; i++) {
      const [x, y] = [found[i]!, expected[i]!];
      const same = Object.is(x, y) || Math.abs(x - y) <= tolerance[scalar] * largest;
      if (!same) expect.fail(`${what}: entry ${i} is ${x}, not ${y}`);
    }
  }
};

const inScalar = (numbers: Float64Array, scalar: Scalar): Float64Array => numbers.map((x) => rounded(x, scalar));

/** Symmetric positive definite, condition some hundreds: G G' + I/2. */
const positive = (batch: number, n: number, seed: number, scalar: Scalar): Float64Array => {
  const g = normals(batch * n * n, seed);
  const out = new Float64Array(batch * n * n);
  for (let k = 0; k < batch; k++)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let sum = i === j ? 0.5 * n : 0;
        for (let p = 0; p < n; p++) sum += g[(k * n + i) * n + p]! * g[(k * n + j) * n + p]!;
        out[(k * n + i) * n + j] = sum / n;
      }
  return inScalar(out, scalar);
};
/** Not symmetric, well away from singular: normals with the diagonal raised, rows exchanged so that pivoting has to. */
const general = (batch: number, n: number, seed: number, scalar: Scalar): Float64Array => {
  const out = normals(batch * n * n, seed);
  for (let k = 0; k < batch; k++)
    for (let i = 0; i < n; i++) out[(k * n + i) * n + ((i + 1) % n)]! += 2 * Math.sqrt(n) + 2;
  return inScalar(out, scalar);
};

interface Sizes {
  readonly batch: number;
  readonly n: number;
  readonly m: number;
  readonly threads: number;
}
const sizes = (dense: boolean): readonly Sizes[] => {
  const some: readonly Sizes[] = [
    { batch: 0, n: 3, m: 1, threads: 1 },
    { batch: 2, n: 0, m: 2, threads: 1 },
    { batch: 5, n: 1, m: 1, threads: 1 },
    { batch: 19, n: 3, m: 2, threads: 2 },
    { batch: 2, n: 6, m: 1, threads: 1 },
    { batch: 9, n: 8, m: 1, threads: 3 },
    { batch: 3, n: 25, m: 3, threads: 2 },
    { batch: 1, n: 40, m: 1, threads: 1 },
  ];
  const more: readonly Sizes[] = [
    { batch: 500, n: 2, m: 3, threads: 2 },
    { batch: 400, n: 5, m: 5, threads: 2 },
    { batch: 17, n: 16, m: 4, threads: 1 },
    { batch: 10, n: 24, m: 24, threads: 1 },
    { batch: 4, n: 12, m: 30, threads: 1 },
    { batch: 2, n: 90, m: 7, threads: 1 },
  ];
  return dense ? [...some, ...more] : some;
};

const spoil = (matrices: Float64Array, n: number, index: number, change: (matrix: Float64Array) => void): void => {
  if (matrices.length >= (index + 1) * n * n && n > 0) change(matrices.subarray(index * n * n, (index + 1) * n * n));
};

export const checkCholesky = (run: Run, scalar: Scalar, dense: boolean): void => {
  const cases = sizes(dense).map((s, i) => {
    const a = positive(s.batch, s.n, i, scalar);
    // Of a batch, the second is indefinite, the third singular, the fourth NaN in one entry, the fifth scaled over 40 orders.
    spoil(a, s.n, 1, (matrix) => (matrix[0] = -1));
    spoil(a, s.n, 2, (matrix) => matrix.fill(1));
    spoil(a, s.n, 3, (matrix) => (matrix[s.n * s.n - 1] = NaN));
    spoil(a, s.n, 4, (matrix) => matrix.forEach((_, e) => (matrix[e]! *= 10 ** (-20 * ((Math.floor(e / s.n) % 2) + ((e % s.n) % 2)) + 10)))); // prettier-ignore
    return { ...s, a: inScalar(a, scalar) };
  });
  const results = run(cases.map(({ batch, n, threads, a }): Command => ({ call: 'call_eb_cholesky', ints: [batch, n, threads], arrays: [a], outs: [a.length] }))); // prettier-ignore
  cases.forEach(({ batch, n, a }, i) => expectNear(results[i]![0]!, cholesky(a, batch, n, LEAST_PIVOT), Math.max(1, n), scalar, `cholesky ${batch} × ${n}`)); // prettier-ignore
};

export const checkTriangular = (run: Run, scalar: Scalar, dense: boolean): void => {
  for (const transposed of [false, true]) {
    const cases = sizes(dense).map((s, i) => {
      const l = inScalar(cholesky(positive(s.batch, s.n, i, 'float64'), s.batch, s.n, LEAST_PIVOT), scalar);
      // Above the diagonal nothing is read.
      for (let k = 0; k < s.batch; k++) for (let r = 0; r < s.n; r++) for (let c = r + 1; c < s.n; c++) l[(k * s.n + r) * s.n + c] = NaN; // prettier-ignore
      spoil(l, s.n, 1, (matrix) => (matrix[0] = 0));
      return { ...s, l, b: inScalar(normals(s.batch * s.n * s.m, 100 + i), scalar) };
    });
    const call = transposed ? 'call_eb_triangular_solve_transposed' : 'call_eb_triangular_solve';
    const results = run(cases.map(({ batch, n, m, threads, l, b }): Command => ({ call, ints: [batch, n, m, threads], arrays: [l, b], outs: [b.length] }))); // prettier-ignore
    cases.forEach(({ batch, n, m, l, b }, i) => {
      const found = results[i]![0]!;
      const expected = triangularSolve(l, b, batch, n, m, transposed);
      // By a zero: infinite or NaN, here as there.
      for (let e = n * m; e < 2 * n * m && e < found.length; e++)
        if (!Number.isFinite(expected[e])) {
          expect(Number.isFinite(found[e])).toBe(false);
          found[e] = expected[e]!;
        }
      expectNear(found, expected, Math.max(1, n * m), scalar, `${call} ${batch} × ${n} × ${m}`);
    });
  }
};

export const checkGeneral = (run: Run, scalar: Scalar, dense: boolean): void => {
  const cases = sizes(dense).map((s, i) => {
    const a = general(s.batch, s.n, i, scalar);
    // Singular: zeros; two equal rows (exactly so in every order of operations); NaN; and one that needs its rows exchanged.
    spoil(a, s.n, 1, (matrix) => matrix.fill(0));
    spoil(a, s.n, 2, (matrix) => matrix.fill(2));
    spoil(a, s.n, 3, (matrix) => (matrix[0] = NaN));
    spoil(a, s.n, 4, (matrix) => (matrix[0] = 0));
    return { ...s, a, b: inScalar(normals(s.batch * s.n * s.m, 200 + i), scalar) };
  });
  // A 1 × 1 matrix filled with 2 is regular, larger ones are singular: the definition says which.
  const solved = run(cases.map(({ batch, n, m, threads, a, b }): Command => ({ call: 'call_eb_solve', ints: [batch, n, m, threads], arrays: [a, b], outs: [b.length] }))); // prettier-ignore
  const inverted = run(cases.map(({ batch, n, threads, a }): Command => ({ call: 'call_eb_inverse', ints: [batch, n, threads], arrays: [a], outs: [a.length] }))); // prettier-ignore
  const measured = run(cases.map(({ batch, n, threads, a }): Command => ({ call: 'call_eb_log_abs_det', ints: [batch, n, threads], arrays: [a], outs: [batch] }))); // prettier-ignore
  cases.forEach(({ batch, n, m, a, b }, i) => {
    const what = `${batch} × ${n} × ${m}`;
    expectNear(solved[i]![0]!, solve(a, b, batch, n, m), Math.max(1, n * m), scalar, `solve ${what}`);
    expectNear(inverted[i]![0]!, inverse(a, batch, n), Math.max(1, n * n), scalar, `inverse ${what}`);
    expectNear(measured[i]![0]!, logAbsDet(a, batch, n), Math.max(1, batch), scalar, `log-abs-det ${what}`);
  });
};

/** Vectors are free where values are equal: they are judged by what they are, values against the reference. */
const expectEigen = (
  a: Float64Array,
  n: number,
  values: Float64Array,
  vectors: Float64Array,
  scalar: Scalar,
  what: string,
): void => {
  const expected = eigh(a, 1, n).values;
  if (Number.isNaN(expected[0])) {
    expect([...values, ...vectors].every(Number.isNaN), what).toBe(true);
    return;
  }
  const norm = Math.max(...expected.map(Math.abs));
  const allowed = (scalar === 'float32' ? 3e-7 : 1e-13) * Math.sqrt(n);
  for (let i = 0; i < n; i++) {
    expect(Math.abs(values[i]! - expected[i]!), `${what}: value ${i}`).toBeLessThanOrEqual(4 * allowed * norm);
    let largest = 0;
    for (let r = 0; r < n; r++) {
      let image = 0;
      for (let c = 0; c < n; c++) image += 0.5 * (a[r * n + c]! + a[c * n + r]!) * vectors[c * n + i]!;
      expect(Math.abs(image - values[i]! * vectors[r * n + i]!), `${what}: A v - λ v`).toBeLessThanOrEqual(4 * allowed * norm * Math.sqrt(n)); // prettier-ignore
      if (Math.abs(vectors[r * n + i]!) > Math.abs(largest) * (1 + 1e-6)) largest = vectors[r * n + i]!;
    }
    expect(largest, `${what}: sign`).toBeGreaterThan(0);
    for (let j = 0; j <= i; j++) {
      let dot = 0;
      for (let r = 0; r < n; r++) dot += vectors[r * n + i]! * vectors[r * n + j]!;
      expect(Math.abs(dot - Number(i === j)), `${what}: orthonormal`).toBeLessThan(4 * allowed);
    }
  }
};

export const checkEigh = (run: Run, scalar: Scalar, dense: boolean): void => {
  const cases = sizes(dense)
    .filter(({ n }) => n > 0)
    .map((s, i) => {
      const a = positive(s.batch, s.n, 300 + i, scalar);
      const { n } = s;
      spoil(a, n, 1, (matrix) => matrix.fill(0));
      // Rank one: n - 1 equal values at 0. Identity: all equal. A pair far apart in size. Indefinite. Infinite. Huge and tiny.
      spoil(a, n, 2, (matrix) => matrix.fill(1));
      spoil(a, n, 3, (matrix) => matrix.forEach((_, e) => (matrix[e] = Number(e % (n + 1) === 0))));
      spoil(a, n, 4, (matrix) => (matrix[0]! *= 1e12));
      spoil(a, n, 5, (matrix) => matrix.forEach((x, e) => (matrix[e] = e % (n + 1) === 0 ? -x : x)));
      spoil(a, n, 6, (matrix) => (matrix[n * n - 1] = Infinity));
      spoil(a, n, 7, (matrix) => matrix.forEach((x, e) => (matrix[e] = x * 1e30)));
      spoil(a, n, 8, (matrix) => matrix.forEach((x, e) => (matrix[e] = x * 1e-30)));
      return { ...s, a: inScalar(a, scalar) };
    });
  const results = run(cases.map(({ batch, n, threads, a }): Command => ({ call: 'call_eb_eigh', ints: [batch, n, threads], arrays: [a], outs: [batch * n, a.length] }))); // prettier-ignore
  cases.forEach(({ batch, n, a }, i) => {
    const [values, vectors] = results[i]!;
    for (let k = 0; k < batch; k++)
      expectEigen(a.subarray(k * n * n, (k + 1) * n * n), n, values!.subarray(k * n, (k + 1) * n), vectors!.subarray(k * n * n, (k + 1) * n * n), scalar, `eigh ${batch} × ${n}, matrix ${k}`); // prettier-ignore
  });
};

export const checkSort = (run: Run, scalar: Scalar, dense: boolean): void => {
  const rows = [[0, 5], [3, 0], [4, 1], [40, 10], [5, 24], [5, 25], [3, 100], [2, 511], [2, 512], [1, dense ? 30_000 : 1000]] as const; // prettier-ignore
  const cases = rows.map(([batch, n], i) => {
    const random = generator(400 + i);
    // Many ties, NaN, infinities, zeros of both signs.
    const odd = [NaN, Infinity, -Infinity, 0, -0, 1, -1];
    const v = Float64Array.from({ length: batch * n }, () => (random() < 0.3 ? odd[Math.floor(random() * odd.length)]! : Math.round((random() - 0.5) * 200) / 7)); // prettier-ignore
    return { batch, n, v: inScalar(v, scalar) };
  });
  const results = run(cases.map(({ batch, n, v }): Command => ({ call: 'call_eb_sort', ints: [batch, n, 2], arrays: [v], outs: [v.length, v.length] }))); // prettier-ignore
  cases.forEach(({ batch, n, v }, i) => {
    const { values, permutation } = sortRows(v, batch, n);
    expect(results[i]![0], `sort ${batch} × ${n}`).toEqual(values);
    expect(results[i]![1], `sort ${batch} × ${n}`).toEqual(Float64Array.from(permutation));
  });
};

export const checkBlockTridiagonal = (run: Run, scalar: Scalar, dense: boolean): void => {
  const all = [
    [0, 3, 2],
    [3, 0, 2],
    [1, 1, 1],
    [1, 7, 3],
    [5, 6, 2],
    [20, 4, 3],
    [9, 30, 4],
    [3, 5, 26],
  ] as const;
  const cases = all.slice(0, dense ? all.length : 6).map(([batch, steps, d], i) => {
    const diagonal = positive(batch * steps, d, 500 + i, scalar);
    for (let e = 0; e < diagonal.length; e++) if ((e % (d * d)) % (d + 1) === 0) diagonal[e]! += 2;
    const below = normals(batch * steps * d * d, 600 + i).map((x) => x / (2 * d));
    // The second system is indefinite at its last step; the third has NaN, the fourth a singular block.
    const first = (k: number, t: number): number => (k * steps + t) * d * d;
    if (batch > 1 && steps > 0) diagonal[first(1, steps - 1)] = -5;
    if (batch > 2 && steps > 0) below[first(2, steps - 1)] = NaN;
    if (batch > 3 && steps > 0) diagonal.fill(0, first(3, 0), first(3, 0) + d * d);
    // What stands in below[0] is ignored.
    if (steps > 0) for (let k = 0; k < batch; k++) below.fill(NaN, first(k, 0), first(k, 0) + d * d);
    return { batch, steps, d, diagonal: inScalar(diagonal, scalar), below: inScalar(below, scalar), right: inScalar(normals(batch * steps * d, 700 + i), scalar) }; // prettier-ignore
  });
  const results = run(cases.map(({ batch, steps, d, diagonal, below, right }): Command => ({ call: 'call_eb_block_tridiagonal', ints: [batch, steps, d, 2], arrays: [diagonal, below, right], outs: [right.length, batch, diagonal.length, diagonal.length] }))); // prettier-ignore
  cases.forEach(({ batch, steps, d, diagonal, below, right }, i) => {
    const expected = blockTridiagonal(diagonal, below, right, batch, steps, d, LEAST_PIVOT);
    const [x, logDet, covariance, cross] = results[i]!;
    const what = `block-tridiagonal ${batch} × ${steps} × ${d}`;
    expectNear(x!, expected.x, Math.max(1, steps * d), scalar, `${what}: x`);
    expectNear(logDet!, expected.logDet, Math.max(1, batch), scalar, `${what}: log det`);
    expectNear(covariance!, expected.covariance, Math.max(1, d * d), scalar, `${what}: covariance`);
    expectNear(cross!, expected.crossCovariance, Math.max(1, steps * d * d), scalar, `${what}: cross-covariance`);
  });
};
