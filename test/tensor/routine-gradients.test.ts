// Routines: values against their defining equations, derivatives against central differences.
import { describe, expect, test } from 'vitest';
import { constant } from '../../src/tensor/dims.ts';
import { Builder, type Value } from '../../src/tensor/builder.ts';
import { gradient } from '../../src/tensor/differentiate.ts';
import { checkGradient, evaluateAt, point } from './finite-differences.ts';

const d = constant;
const transposed = (b: Builder, a: Value): Value => b.transpose(a, [0, 2, 1]);
/** Positive definite [2, 3, 3] from any. */
const positive = (b: Builder, a: Value): Value =>
  b.add(b.matmul(a, transposed(b, a)), b.unsqueeze(b.mul(b.eye(d(3)), 0.5), [0]));
const close = (found: readonly number[], expected: readonly number[], digits = 10): void => {
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, digits);
};
const [a, rhs] = [point([2, 3, 3], 21), point([2, 3, 2], 22)];
const loose = { tolerance: 1e-5 };

describe('values', () => {
  test('cholesky: L Lᵀ = A; solves undo products', () => {
    const seen = evaluateAt([a, rhs], (b, [x, y]) => {
      const m = positive(b, x!);
      const l = b.routine('cholesky', m)[0]!;
      return {
        m,
        product: b.matmul(l, transposed(b, l)),
        forward: b.matmul(l, b.routine('triangular-solve', l, y!)[0]!),
        backward: b.matmul(transposed(b, l), b.routine('triangular-solve-transposed', l, y!)[0]!),
        solved: b.matmul(x!, b.routine('solve', x!, y!)[0]!),
        identity: b.matmul(x!, b.routine('inverse', x!)[0]!),
        logDet: b.routine('log-abs-det', m)[0]!,
        logDetOfFactor: b.mul(b.routine('log-abs-det', l)[0]!, 2),
      };
    });
    close(seen['product']!, seen['m']!);
    for (const name of ['forward', 'backward', 'solved']) close(seen[name]!, rhs.values);
    close(seen['identity']!, [1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0, 1]);
    close(seen['logDet']!, seen['logDetOfFactor']!);
  });
  test('a matrix that is not positive definite gives NaN in its own entry only', () => {
    const { l } = evaluateAt([{ shape: [2, 1, 1], values: [-1, 4] }], (b, [x]) => ({
      l: b.routine('cholesky', x!)[0]!,
    }));
    expect(l).toEqual([NaN, 2]);
  });
  test('a singular system gives NaN and log |det| = -∞', () => {
    const singular = { shape: [2, 2], values: [1, 2, 2, 4] };
    const seen = evaluateAt([singular], (b, [x]) => ({
      s: b.routine('solve', x!, x!)[0]!,
      l: b.routine('log-abs-det', x!)[0]!,
    }));
    expect(seen['s']!.every(Number.isNaN)).toBe(true);
    expect(seen['l']).toEqual([-Infinity]);
  });
  test.each([1, 2, 5, 20])('eigh of size %d: A V = V Λ, V orthonormal, ascending', (n) => {
    const x = point([n, n], n);
    const seen = evaluateAt([x], (b, [v]) => {
      const s = b.add(v!, b.transpose(v!, [1, 0]));
      const [values, vectors] = b.routine('eigh', s);
      return {
        residual: b.sub(b.matmul(s, vectors!), b.mul(vectors!, b.unsqueeze(values!, [0]))),
        orthogonal: b.sub(b.matmul(b.transpose(vectors!, [1, 0]), vectors!), b.eye(d(n))),
        values: values!,
      };
    });
    for (const r of [...seen['residual']!, ...seen['orthogonal']!]) expect(Math.abs(r)).toBeLessThan(1e-12 * n);
    expect(seen['values']).toEqual([...seen['values']!].sort((p, q) => p - q));
  });
  test('eigh of a matrix with equal eigenvalues', () => {
    const { values } = evaluateAt([{ shape: [3, 3], values: [2, 0, 0, 0, 2, 0, 0, 0, -1] }], (b, [v]) => ({
      values: b.routine('eigh', v!)[0]!,
    }));
    close(values!, [-1, 2, 2], 13);
  });
  test('sort: stable permutation', () => {
    const seen = evaluateAt([{ shape: [2, 4], values: [3, 1, 2, 1, 0, 0, -5, 7] }], (b, [v]) => {
      const [values, permutation] = b.routine('sort', v!);
      return { values: values!, permutation: permutation! };
    });
    expect(seen).toEqual({ values: [1, 1, 2, 3, -5, 0, 0, 7], permutation: [1, 3, 2, 0, 2, 0, 1, 3] });
  });
});

describe('gradients', () => {
  test.each(['cholesky', 'inverse', 'log-abs-det'] as const)('%s', (name) => {
    checkGradient([a], (b, [x]) => b.routine(name, positive(b, x!))[0]!, loose);
    checkGradient([a], (b, [x]) => b.routine(name, positive(b, x!))[0]!, { order: 2, tolerance: 1e-4 });
  });
  test('cholesky of an argument that is not symmetric reads its symmetric part', () => {
    checkGradient([point([2, 2], 4, 0.1, 0.3)], (b, [x]) => b.routine('cholesky', b.add(x!, b.eye(d(2))))[0]!);
  });
  test.each(['triangular-solve', 'triangular-solve-transposed', 'solve'] as const)('%s', (name) => {
    const shifted = (b: Builder, x: Value): Value => b.add(x, b.unsqueeze(b.mul(b.eye(d(3)), 2), [0]));
    checkGradient([a, rhs], (b, [x, y]) => b.routine(name, shifted(b, x!), y!)[0]!, loose);
    checkGradient([a, rhs], (b, [x, y]) => b.routine(name, shifted(b, x!), y!)[0]!, { order: 2, tolerance: 1e-4 });
  });
  test('eigh: values and vectors', () => {
    checkGradient([a], (b, [x]) => b.routine('eigh', x!)[0]!, loose);
    checkGradient([a], (b, [x]) => b.routine('eigh', x!)[1]!, { tolerance: 1e-4 });
  });
  test('sort', () => checkGradient([point([2, 5], 23)], (b, [x]) => b.square(b.routine('sort', x!)[0]!)));
});

describe('block-tridiagonal', () => {
  const [batch, steps, n] = [2, 4, 2];
  const points = [
    point([batch, steps, n, n], 31, -0.5, 0.5),
    point([batch, steps, n, n], 32, -0.5, 0.5),
    point([batch, steps, n], 33),
  ];
  const diagonal = (b: Builder, x: Value): Value => b.add(x, b.unsqueeze(b.mul(b.eye(d(n)), 3), [0, 1]));
  const run = (b: Builder, [x, e, r]: readonly Value[]): readonly Value[] =>
    b.routine('block-tridiagonal', diagonal(b, x!), e!, r!);
  /** The dense matrix [batch, steps·n, steps·n] that the blocks stand for. */
  const dense = (b: Builder, [x, e]: readonly Value[]): Value => {
    const block = (v: Value, t: number): Value => b.reshape(b.sliceAxis(v, 1, d(t), d(1)), [d(batch), d(n), d(n)]);
    const flip = (v: Value): Value => b.transpose(v, [0, 2, 1]);
    const full = diagonal(b, x!);
    const zero = b.zeros([d(batch), d(n), d(n)]);
    const rows = Array.from({ length: steps }, (_, i) =>
      b.concat(
        Array.from({ length: steps }, (_, j) =>
          i === j
            ? b.mul(b.add(block(full, i), flip(block(full, i))), 0.5)
            : i === j + 1
              ? block(e!, i)
              : j === i + 1
                ? flip(block(e!, j))
                : zero,
        ),
        2,
      ),
    );
    return b.concat(rows, 1);
  };
  test('agrees with the dense solve, determinant and inverse', () => {
    const seen = evaluateAt(points, (b, vs) => {
      const [x, logDet, covariance, cross] = run(b, vs);
      const matrix = dense(b, vs);
      const inverse = b.reshape(b.routine('inverse', matrix)[0]!, [d(batch), d(steps), d(n), d(steps), d(n)]);
      const pick = (i: number, j: number): Value =>
        b.reshape(b.slice(inverse, [d(0), d(i), d(0), d(j), d(0)], [d(batch), d(1), d(n), d(1), d(n)]), [
          d(batch),
          d(n),
          d(n),
        ]);
      return {
        x: x!,
        denseX: b.routine('solve', matrix, b.reshape(vs[2]!, [d(batch), d(steps * n), d(1)]))[0]!,
        logDet: logDet!,
        denseLogDet: b.routine('log-abs-det', matrix)[0]!,
        covariance: covariance!,
        denseCovariance: b.stack(
          [0, 1, 2, 3].map((t) => pick(t, t)),
          1,
        ),
        cross: b.sliceAxis(cross!, 1, d(1), d(steps - 1)),
        denseCross: b.stack(
          [1, 2, 3].map((t) => pick(t, t - 1)),
          1,
        ),
      };
    });
    close(seen['x']!, seen['denseX']!);
    close(seen['logDet']!, seen['denseLogDet']!);
    close(seen['covariance']!, seen['denseCovariance']!);
    close(seen['cross']!, seen['denseCross']!);
  });
  test('gradients of x and of log det', () => {
    checkGradient(points, (b, vs) => run(b, vs)[0]!, loose);
    checkGradient(points, (b, vs) => run(b, vs)[1]!, loose);
    checkGradient(points, (b, vs) => run(b, vs)[0]!, { order: 2, tolerance: 1e-4 });
  });
  test('covariances have no derivative, and say so', () => {
    const b = new Builder();
    const vs = points.map((p, i) => b.input(`x${i}`, p.shape.map(d)));
    expect(() => gradient(b, b.sum(run(b, vs)[2]!), vs)).toThrow(/covariance blocks have no derivative/);
  });
  test('not positive definite: NaN', () => {
    const seen = evaluateAt(
      [
        { shape: [2, 1, 1], values: [1, -1] },
        { shape: [2, 1, 1], values: [0, 0] },
        { shape: [2, 1], values: [1, 1] },
      ],
      (b, [x, e, r]) => ({
        x: b.routine('block-tridiagonal', x!, e!, r!)[0]!,
      }),
    );
    expect(seen['x']!.every(Number.isNaN)).toBe(true);
  });
});
