// scan and while: the body is built on a nested builder that captures outer values by itself.
// In: options and callbacks. Out: the loop's final carries and stacked results as Values of the outer builder.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Builder } from '../builder.ts';
import { printShape, shapesEqual, type Dim } from '../dims.ts';
import type { Program } from '../program.ts';
import type { Argument, Value } from './core.ts';

export interface ScanOptions {
  readonly length: Dim;
  readonly carry: readonly Argument[];
  readonly xs?: readonly Argument[];
  readonly reverse?: boolean;
  /** The same numbers whether it runs at once or in parts, each going on from the carries of the one before. */
  readonly resumable?: boolean;
}
export type ScanBody = (
  b: Builder,
  carry: readonly Value[],
  xs: readonly Value[],
) => { readonly carry: readonly Argument[]; readonly ys?: readonly Argument[] };
export interface ScanResult {
  readonly carry: readonly Value[];
  readonly ys: readonly Value[];
}

export interface WhileOptions {
  /** At most this many steps. */
  readonly max: number;
  /** The test runs before step 0 and then every so many steps (default 1). */
  readonly every?: number;
  readonly carry: readonly Argument[];
}
export interface WhileResult {
  readonly carry: readonly Value[];
  /** Number of steps taken, a scalar. */
  readonly steps: Value;
}

const carryInputs = (inner: Builder, carry: readonly Value[]): readonly Value[] =>
  carry.map((value, i) => inner.input(`carry${i}`, value.shape, value.dtype));

const checkCarry = (
  inner: Builder,
  carry: readonly Value[],
  next: readonly Argument[],
  what: string,
): readonly Value[] => {
  if (next.length !== carry.length) throw new InternalError(`${what}: ${next.length} new carries for ${carry.length}`);
  return next.map((argument, i) => {
    const value = inner.use(argument);
    if (!shapesEqual(value.shape, carry[i]!.shape) || value.dtype !== carry[i]!.dtype)
      throw new InternalError(
        `${what}: carry ${i} was ${carry[i]!.dtype} ${printShape(carry[i]!.shape)}, became ${value.dtype} ${printShape(value.shape)}`,
      );
    return value;
  });
};

const record = (prefix: string, values: readonly Argument[]): Record<string, Argument> =>
  Object.fromEntries(values.map((value, i) => [`${prefix}${i}`, value]));

export const buildScan = (b: Builder, options: ScanOptions, body: ScanBody): ScanResult => {
  const carry = options.carry.map((v) => b.use(v));
  const xs = (options.xs ?? []).map((v) => b.use(v));
  const inner = b.nested();
  const carried = carryInputs(inner, carry);
  const steps = xs.map((x, i) => inner.input(`x${i}`, x.shape.slice(1), x.dtype));
  const result = body(inner, carried, steps);
  const outputs = {
    ...record('carry', checkCarry(inner, carry, result.carry, 'scan')),
    ...record(
      'y',
      (result.ys ?? []).map((v) => inner.use(v)),
    ),
  };
  const captured = inner.captured().map((c) => c.outer);
  const out = b.emit({
    op: 'scan',
    length: options.length,
    reverse: options.reverse ?? false,
    ...(options.resumable === true ? { resumable: true } : {}),
    carry: carry.map((v) => v.id),
    xs: xs.map((v) => v.id),
    captured: captured.map((v) => v.id),
    body: inner.finish(outputs, captured),
  });
  return { carry: out.slice(0, carry.length), ys: out.slice(carry.length) };
};

export const buildWhile = (
  b: Builder,
  options: WhileOptions,
  test: (b: Builder, carry: readonly Value[]) => Argument,
  body: (b: Builder, carry: readonly Value[]) => readonly Argument[],
): WhileResult => {
  const carry = options.carry.map((v) => b.use(v));
  const testBuilder = b.nested();
  const verdict = testBuilder.use(test(testBuilder, carryInputs(testBuilder, carry)));
  const bodyBuilder = b.nested();
  const next = checkCarry(bodyBuilder, carry, body(bodyBuilder, carryInputs(bodyBuilder, carry)), 'while');
  const captured = [...new Set([...testBuilder.captured(), ...bodyBuilder.captured()].map((c) => c.outer))];
  const programs: { test: Program; body: Program } = {
    test: testBuilder.finish({ continue: verdict }, captured),
    body: bodyBuilder.finish(record('carry', next), captured),
  };
  const out = b.emit({
    op: 'while',
    max: options.max,
    every: options.every ?? 1,
    carry: carry.map((v) => v.id),
    captured: captured.map((v) => v.id),
    ...programs,
  });
  return { carry: out.slice(0, carry.length), steps: out.at(-1)! };
};
