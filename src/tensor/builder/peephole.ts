// Algebra done while building, so that generated code does not fill with x + 0 and 1 · x. In: a map or view about to be
// emitted. Out: a value that equals it, or null. Only identities that hold for NaN and infinities too (x · 0 is kept).
import type { Builder } from '../builder.ts';
import { constantValue, isOne, shapesEqual, type Dim } from '../dims.ts';
import type { Elementwise } from '../elementwise.ts';
import { elementwiseTable } from '../elementwise-table.ts';
import type { Instr, View } from '../program.ts';
import { broadcastShape } from '../shape-rules.ts';
import type { Value } from './core.ts';

/** Whether a value is another one under an identity of its own (`distinct`): algebra must not look through it, since it
 *  is there to be differentiated with respect to. A reshape to the same shape is made by nothing else. */
const isDistinct = (b: Builder, instr: Instr): boolean =>
  instr.op === 'view' && instr.view.kind === 'reshape' && shapesEqual(instr.view.shape, b.handle(instr.arg).shape);

/** The number that fills a value, looking through views that only repeat it; null when it is not known. */
export const constantOf = (b: Builder, value: Value): number | null => {
  const instr = b.producer(value);
  if (instr?.op === 'constant') {
    if (typeof instr.value === 'number') return instr.value;
    return instr.value.length === 1 ? instr.value[0]! : null;
  }
  if (instr?.op === 'dim') return constantValue(instr.dim);
  if (instr?.op === 'view' && instr.view.kind !== 'pad' && !isDistinct(b, instr))
    return constantOf(b, b.handle(instr.arg));
  return null;
};

type Rewrite = (b: Builder, args: readonly Value[], constants: readonly (number | null)[]) => Value | null;

const neutralRight =
  (neutral: number): Rewrite =>
  (_b, [x], [, c]) =>
    c === neutral ? x! : null;
const neutral =
  (element: number): Rewrite =>
  (_b, [x, y], [c, d]) =>
    d === element ? x! : c === element ? y! : null;

/** log σ(x) = -softplus(-x) and log(1 - σ(x)) = -softplus(x), which keep their digits where σ rounds to 0 or 1. */
const logOfSigmoid = (b: Builder, value: Value): Value | null => {
  const instr = b.producer(value);
  if (instr?.op !== 'map') return null;
  if (instr.fn === 'sigmoid') return b.neg(b.softplus(b.neg(b.handle(instr.args[0]!))));
  if (instr.fn !== 'sub' || constantOf(b, b.handle(instr.args[0]!)) !== 1) return null;
  const inner = b.producer(b.handle(instr.args[1]!));
  return inner?.op === 'map' && inner.fn === 'sigmoid' ? b.neg(b.softplus(b.handle(inner.args[0]!))) : null;
};

const rewrites: Partial<Record<Elementwise, Rewrite>> = {
  add: neutral(0),
  sub: (b, [x, y], [c, d]) => (d === 0 ? x! : c === 0 ? b.neg(y!) : null),
  mul: (b, [x, y], [c, d]) => (d === 1 ? x! : c === 1 ? y! : d === -1 ? b.neg(x!) : c === -1 ? b.neg(y!) : null),
  div: neutralRight(1),
  pow: (b, [x], [, d]) => (d === 1 ? x! : d === 2 ? b.square(x!) : null),
  neg: (b, [x]) => {
    const inner = b.producer(x!);
    return inner?.op === 'map' && inner.fn === 'neg' ? b.handle(inner.args[0]!) : null;
  },
  log: (b, [x]) => logOfSigmoid(b, x!),
  select: (_b, [, x, y], [c]) => (c !== null && c !== undefined ? (c !== 0 ? x! : y!) : x!.id === y!.id ? x! : null),
};

export const simplifyMap = (b: Builder, fn: Elementwise, args: readonly Value[]): Value | null => {
  const constants = args.map((arg) => constantOf(b, arg));
  const shape = broadcastShape(
    args.map((arg) => arg.shape),
    fn,
  );
  if (shape.length === 0 && constants.every((c) => c !== null)) {
    const facts = elementwiseTable[fn];
    const value = facts.value(constants[0]!, constants[1] ?? 0, constants[2] ?? 0);
    return b.constant(value, facts.dtype === 'same' ? args.at(-1)!.dtype : 'float');
  }
  const found = rewrites[fn]?.(b, args, constants) ?? null;
  if (found === null) return null;
  // A broadcast that the identity would lose is written out.
  return shapesEqual(found.shape, shape) ? found : b.broadcast(found, shape);
};

const isIdentity = (shape: readonly Dim[], view: View): boolean => {
  switch (view.kind) {
    case 'reshape':
    case 'expand':
      return shapesEqual(view.shape, shape);
    case 'transpose':
      return view.permutation.every((p, i) => p === i);
    case 'slice':
      return shapesEqual(view.length, shape);
    case 'pad':
      return [...view.before, ...view.after].every((d) => d.length === 0);
    case 'reverse':
      return isOne(shape[view.axis]!);
  }
};

export const simplifyView = (b: Builder, value: Value, view: View): Value | null => {
  if (isIdentity(value.shape, view)) return value;
  const inner = b.producer(value);
  if (inner?.op !== 'view' || isDistinct(b, inner)) return null;
  const source = b.handle(inner.arg);
  const first = inner.view;
  if (view.kind === 'transpose') {
    if (first.kind === 'transpose')
      return b.transpose(
        source,
        view.permutation.map((p) => first.permutation[p]!),
      );
  } else if (view.kind === first.kind) {
    if (view.kind === 'reshape') return b.reshape(source, view.shape);
    if (view.kind === 'expand') return b.expand(source, view.shape);
    if (view.kind === 'reverse' && first.kind === 'reverse' && view.axis === first.axis) return source;
  }
  return null;
};
