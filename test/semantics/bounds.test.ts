// Index bounds on random programs: what the checker proves is true for all sizes, what it rejects does leave the axis.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/semantics/check.ts';
import type { Expr, Model } from '../../src/semantics/model.ts';
import { parse } from '../../src/syntax/parse.ts';
import { evaluate } from '../../src/tensor/dims.ts';
import { evaluateExpr } from './evaluate.ts';

const sizes = fc.constantFrom('N', 'K', 'N - 1', 'K + 1', '2', '5', 'N * K');
const range = fc.oneof(
  sizes,
  sizes.map((s) => `1..${s} + 1`),
  fc.constant('i..N'),
  fc.constant('0..i + 1'),
);
const leaf = fc.constantFrom('i', 'j', '0', '1', '2', 'N', 'K', 'N - 1');
const index = fc.letrec<{ e: string }>((tie) => ({
  e: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.tuple(tie('e'), fc.constantFrom('+', '-'), tie('e')).map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc.tuple(fc.integer({ min: 2, max: 3 }), tie('e')).map(([k, a]) => `${k} * ${a}`),
    fc.tuple(fc.constantFrom('min', 'max'), tie('e'), tie('e')).map(([f, a, b]) => `${f}(${a}, ${b})`),
    fc
      .tuple(fc.constantFrom('mod', 'div'), tie('e'), fc.constantFrom('N', 'K', '2', '3'))
      .map(([f, a, b]) => `${f}(${a}, ${b})`),
    tie('e').map((a) => `clamp(${a}, 0, N - 1)`),
    tie('e').map((a) => `abs(${a})`),
  ),
})).e;
const filter = fc.oneof(
  fc.constant(''),
  fc
    .tuple(index, fc.constantFrom('<', '<=', '>', '>=', '==', '!='), index)
    .map(([a, op, b]) => ` where ${a} ${op} ${b}`),
);

const program = fc.record({ ri: sizes, rj: range, filter, index, axis: fc.constantFrom('N', 'K', 'N * K', 'N + K') });

const source = (p: { ri: string; rj: string; filter: string; index: string; axis: string }): string =>
  `model m\nsize N, K\ntarget x : real[${p.axis}]\nfactor f[i in ${p.ri}, j in ${p.rj}${p.filter}] = x[${p.index}]\n`;

interface Outcome {
  readonly position: number;
  readonly length: number;
}

/** Every position that the factor reads, for given sizes. */
const positions = (model: Model, values: Readonly<Record<string, number>>): readonly Outcome[] => {
  const [factor] = model.factors;
  const subscript = factor!.energy as Expr & { kind: 'subscript' };
  const at = (subscript.subscripts[0] as { at: Expr }).at;
  const length = evaluate(model.variables[0]!.type.shape[0]!, values);
  const world = { model, values: {}, sizes: values };
  const found: Outcome[] = [];
  const loop = (k: number, indices: Readonly<Record<string, number>>): void => {
    const binder = factor!.binders[k];
    if (binder !== undefined) {
      for (let i = evaluate(binder.from, values); i < evaluate(binder.to, values); i++)
        loop(k + 1, { ...indices, [binder.id]: i });
      return;
    }
    if (factor!.where !== null && evaluateExpr(world, factor!.where, indices) === 0) return;
    found.push({ position: evaluateExpr(world, at, indices) as number, length });
  };
  loop(0, {});
  return found;
};

const isInside = ({ position, length }: Outcome): boolean => position >= 0 && position < length;
const someSizes = [1, 2, 3, 6].flatMap((N) => [1, 2, 4].map((K) => ({ N, K })));

describe('index bounds', () => {
  it('what is accepted stays inside, whenever the sizes meet the requirements', () => {
    let accepted = 0;
    fc.assert(
      fc.property(program, (p) => {
        const { model } = check(parse(source(p)).tree);
        if (model === null) return;
        accepted++;
        for (const values of someSizes) {
          const allowed = model.requirements.every(({ left, relation, right }) =>
            relation === '=='
              ? evaluate(left, values) === evaluate(right, values)
              : evaluate(left, values) <= evaluate(right, values),
          );
          if (allowed)
            expect(
              positions(model, values).filter((o) => !isInside(o)),
              source(p),
            ).toEqual([]);
        }
      }),
      { numRuns: 1200, seed: 5 },
    );
    // The property would say nothing if hardly a program passed.
    expect(accepted).toBeGreaterThan(100);
  });

  it('what is rejected without filters leaves the axis for some sizes', () => {
    // Affine in independent indices: there interval arithmetic is exact.
    const affine = fc
      .tuple(
        fc.constantFrom('i', 'j', '2 * i', 'i + j', 'i - j', 'N - i', 'i + N - K'),
        fc.constantFrom('', ' + 1', ' - 1', ' + K', ' - N'),
      )
      .map(([a, b]) => a + b);
    let rejected = 0;
    fc.assert(
      fc.property(sizes, sizes, affine, fc.constantFrom('N', 'K', 'N + K'), (ri, rj, e, axis) => {
        const text = source({ ri, rj, filter: '', index: e, axis });
        const { diagnostics } = check(parse(text).tree);
        if (!diagnostics.some((d) => d.code === 'EBM401')) return;
        rejected++;
        // The same read from an axis that is long enough tells the positions.
        const shifted = source({ ri, rj, filter: '', index: `mod(${e} + 1000, 3000)`, axis: '3000' });
        const { model } = check(parse(shifted).tree);
        const leaves = someSizes.some((values) => {
          const length = { N: values.N, K: values.K, 'N + K': values.N + values.K }[axis]!;
          return positions(model!, values).some(({ position }) => !isInside({ position: position - 1000, length }));
        });
        expect(leaves, text).toBe(true);
      }),
      { numRuns: 600, seed: 6 },
    );
    expect(rejected).toBeGreaterThan(50);
  });
});

describe('checking time', () => {
  const timed = (n: number): number => {
    const text = `model m\nsize N = ${n}, D = 2, K = 3\nparam w : real[D, K]\nplate n in ${n} {\n  target y : real[D]\n  latent z : onehot[K]\n  factor f = ||y - w @ z||^2\n}\nfactor g[n in 1..${n}] = sum(y[n] - y[n - 1])^2\n`;
    const { tree } = parse(text);
    const start = performance.now();
    for (let i = 0; i < 20; i++) expect(check(tree).model).not.toBeNull();
    return performance.now() - start;
  };
  it('does not depend on the number of points', () => {
    timed(10);
    const [few, many] = [timed(10), timed(1_000_000)];
    expect(many).toBeLessThan(5 * few + 50);
  });
});
