// What repeats one row is computed for that row and repeated afterwards, so that constants spread over N × K stay one number on
// the way through maps and views, where they fold, and no array of them is ever stored. In and out: a program with the same meaning.
import type { Builder, Value } from '../../tensor/builder.ts';
import { isOne, shapesEqual, type Dim } from '../../tensor/dims.ts';
import type { Elementwise } from '../../tensor/elementwise.ts';
import type { Program, View } from '../../tensor/program.ts';
import { rebuild } from '../../tensor/rebuild.ts';
import { broadcastShape } from '../../tensor/shape-rules.ts';
import { one } from './labelled.ts';
import { axesThrough } from './unit-axes.ts';

/** What a value repeats; the value itself where it repeats nothing. */
const sourceOf = (b: Builder, value: Value): Value => {
  const producer = b.producer(value);
  return producer?.op === 'view' && producer.view.kind === 'expand' ? b.handle(producer.arg) : value;
};

/** Of single numbers as a map of scalars, which folds where they are known. */
const mapped = (b: Builder, fn: Elementwise, args: readonly Value[]): Value => {
  const shape = broadcastShape(args.map((arg) => arg.shape), fn); // prettier-ignore
  const isSingle = shape.every(isOne);
  return isSingle ? b.reshape(b.map(fn, ...args.map((arg) => b.reshape(arg, []))), shape) : b.map(fn, ...args);
};

/** Views of what is repeated are repeated views. */
const viewOfRepetition = (b: Builder, arg: Value, view: View, shape: readonly Dim[]): Value | null => {
  const source = sourceOf(b, arg);
  if (source === arg) return null;
  switch (view.kind) {
    case 'transpose':
      return b.expand(b.transpose(source, view.permutation), shape);
    case 'reshape': {
      const axes = axesThrough(arg.shape, shape);
      if (axes === null) return null;
      const from = shape.map((_, axis) => source.shape[axes.indexOf(axis)] ?? one);
      return b.expand(b.reshape(source, from), shape);
    }
    case 'slice':
    case 'expand':
    case 'reverse':
    case 'pad':
      return null;
  }
};

export const shrinkRepetitions = (program: Program): Program =>
  rebuild(program, (inner) => (b, instr, read) => {
    if (instr.op === 'view') {
      const view = viewOfRepetition(b, read(instr.arg), instr.view, inner.values[instr.out[0]]!.shape);
      return view === null ? null : [view];
    }
    if (instr.op !== 'map') return null;
    const args = instr.args.map(read);
    const sources = args.map((arg) => sourceOf(b, arg));
    const shape = broadcastShape(args.map((arg) => arg.shape), instr.fn); // prettier-ignore
    const isRepeated = shape.map(
      (dim, axis) => !isOne(dim) && sources.every((s) => s.shape.length === 0 || isOne(s.shape[axis]!)),
    );
    if (!isRepeated.includes(true)) return shape.every(isOne) ? [mapped(b, instr.fn, args)] : null;
    const small = args.map(
      (arg, i) =>
      arg.shape.length === 0 ? arg : b.expand(sources[i]!, arg.shape.map((dim, axis) => (isRepeated[axis] ? one : dim))), // prettier-ignore
    );
    const result = mapped(b, instr.fn, small);
    return [shapesEqual(result.shape, shape) ? result : b.broadcast(result, shape)];
  });
