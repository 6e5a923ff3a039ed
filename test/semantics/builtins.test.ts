// Every builtin: its shape rule, its value without and with a batch axis, and its gradient, against independent definitions.
import { describe, expect, it } from 'vitest';
import { writtenNumber, type Argument } from '../../src/semantics/builtin.ts';
import { type BuiltinName, builtinNames, builtins } from '../../src/semantics/builtins.ts';
import type { Expr, Scalar, ValueType } from '../../src/semantics/model.ts';
import type { Builder, Value } from '../../src/tensor/builder.ts';
import { constant, evaluate } from '../../src/tensor/dims.ts';
import { checkGradient, evaluateAt, type Point, randomNumbers } from '../tensor/finite-differences.ts';
import { type Case, cases, flat, type Nested, type Sample } from './builtin-cases.ts';

const span = { start: 0, end: 0 };
const count = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const scalarKind = (sample: Sample): Scalar => {
  const kind = sample.kind ?? 'real';
  return kind === 'category' ? { kind, count: constant(3) } : { kind };
};
const typeOf = (sample: Sample): ValueType => {
  const type = { scalar: scalarKind(sample), shape: sample.shape.map(constant) };
  return sample.row ? { ...type, row: true } : type;
};
const exprOf = (sample: Sample): Expr =>
  sample.written === undefined
    ? { kind: 'parameter', name: 'x', type: typeOf(sample), span }
    : { kind: 'number', value: sample.written, type: typeOf(sample), span };
const argumentOf = (sample: Sample): Argument => ({
  type: typeOf(sample),
  dim: sample.written !== undefined && Number.isInteger(sample.written) ? constant(sample.written) : null,
  number: writtenNumber(exprOf(sample)),
});

const numbers = (sample: Sample, seed: number): readonly number[] => {
  const { shape, kind, from = -1, to = 1 } = sample;
  if (kind === 'boolean') return randomNumbers(count(shape), seed, 0, 1).map(Math.round);
  const raw = randomNumbers(count(shape), seed, from, to);
  if (kind === 'integer') return raw.map(Math.round);
  if (sample.spd !== true) return raw;
  // A A' + I
  const n = shape.at(-1)!;
  const entry = (i: number, j: number): number => raw[i * n + j]!;
  return raw.map((_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    return Array.from({ length: n }, (_, t) => entry(i, t) * entry(j, t)).reduce((a, b) => a + b, i === j ? 1 : 0);
  });
};

const nest = (values: readonly number[], shape: readonly number[]): Nested => {
  if (shape.length === 0) return values[0]!;
  const step = values.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) => nest(values.slice(i * step, (i + 1) * step), shape.slice(1)));
};

const resultType = (name: BuiltinName, { args }: Case): ValueType => {
  const ruling = builtins[name].result(args.map(argumentOf));
  if ('problem' in ruling) throw new Error(`${name}: ${JSON.stringify(ruling.problem)}`);
  return ruling.type;
};

/** Lowers a call; written arguments become constants with the batch axes that the others have. */
const lower = (name: BuiltinName, c: Case, b: Builder, xs: readonly Value[], batch: readonly number[]): Value => {
  const given = [...xs];
  const values = c.args.map((sample) =>
    sample.written === undefined ? given.shift()! : b.full(batch.map(constant), sample.written),
  );
  const call = { type: resultType(name, c), args: c.args.map(exprOf) };
  return builtins[name].lower!(b, values, batch.length, call);
};

const points = (c: Case, seed: number, batch: readonly number[]): readonly Point[] =>
  c.args.flatMap((sample, i) => {
    if (sample.written !== undefined) return [];
    const values = Array.from({ length: count(batch) }, (_, k) => numbers(sample, seed + 17 * i + 101 * k)).flat();
    return [{ shape: [...batch, ...sample.shape], values }];
  });

const expected = (c: Case, seed: number, k: number): readonly number[] => {
  const args = c.args.map(
    (sample, i) => sample.written ?? nest(numbers(sample, seed + 17 * i + 101 * k), sample.shape),
  );
  return flat(c.value(...args));
};

const closeTo = (found: readonly number[], wanted: readonly number[]): void => {
  expect(found.length).toBe(wanted.length);
  found.forEach((x, i) =>
    expect(Math.abs(x - wanted[i]!), `${x} for ${wanted[i]}`).toBeLessThan(1e-8 * (1 + Math.abs(wanted[i]!))),
  );
};

describe.each(builtinNames)('%s', (name) => {
  const entry = builtins[name];
  it('is documented', () => {
    expect(entry.documentation.length).toBeGreaterThan(5);
    expect(entry.signatures.length).toBeGreaterThan(0);
  });
  it('has samples unless lowering is elsewhere', () => expect(cases[name].length > 0).toBe(entry.lower !== null));

  cases[name].forEach((c, i) => {
    it(`sample ${i}: value and shape`, () => {
      const found = evaluateAt(points(c, 7 + i, []), (b, xs) => ({ y: lower(name, c, b, xs, []) }))['y']!;
      closeTo(found, expected(c, 7 + i, 0));
      expect(found.length).toBe(count(resultType(name, c).shape.map((d) => evaluate(d, {}))));
    });
    it(`sample ${i}: over a batch`, () => {
      const found = evaluateAt(points(c, 7 + i, [2]), (b, xs) => ({ y: lower(name, c, b, xs, [2]) }))['y']!;
      closeTo(found, [...expected(c, 7 + i, 0), ...expected(c, 7 + i, 1)]);
    });
    if (c.smooth === true)
      it(`sample ${i}: gradient`, () => {
        checkGradient(points(c, 7 + i, []), (b, xs) => lower(name, c, b, xs, []));
        checkGradient(points(c, 7 + i, [2]), (b, xs) => lower(name, c, b, xs, [2]));
      });
  });
});

describe('curvature facts', () => {
  /** Midpoint convexity and monotony along the only array argument. */
  const unaryCases = builtinNames.filter(
    (name) =>
      builtins[name].arity[1] === 1 &&
      (cases[name][0]?.args.length ?? 0) === 1 &&
      cases[name][0]!.args[0]!.kind === undefined,
  );
  it.each(unaryCases)('%s', (name) => {
    const c = cases[name][0]!;
    const [facts] = builtins[name].curvature([null]);
    const evaluateNumbers = (values: readonly number[]): readonly number[] =>
      flat(c.value(nest(values, c.args[0]!.shape)));
    for (let seed = 0; seed < 20; seed++) {
      const [a, b] = [numbers(c.args[0]!, seed), numbers(c.args[0]!, seed + 1000)];
      const [fa, fb] = [evaluateNumbers(a), evaluateNumbers(b)];
      const middle = evaluateNumbers(a.map((x, i) => (x + b[i]!) / 2));
      const larger = evaluateNumbers(a.map((x, i) => Math.max(x, b[i]!)));
      middle.forEach((mid, i) => {
        const chord = (fa[i]! + fb[i]!) / 2;
        if (facts!.convexity === 'convex' || facts!.convexity === 'affine')
          expect(mid).toBeLessThanOrEqual(chord + 1e-9);
        if (facts!.convexity === 'concave' || facts!.convexity === 'affine')
          expect(mid).toBeGreaterThanOrEqual(chord - 1e-9);
        if (facts!.monotone === 'increasing')
          expect(larger[i]!).toBeGreaterThanOrEqual(Math.max(fa[i]!, fb[i]!) - 1e-9);
        if (facts!.monotone === 'decreasing') expect(larger[i]!).toBeLessThanOrEqual(Math.min(fa[i]!, fb[i]!) + 1e-9);
      });
    }
  });
});
