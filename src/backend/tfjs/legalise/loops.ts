// Loops: nested programs are realised into nested blocks. In: a scan or while instruction, the handles of what it reads, a
// function that realises a program. Out: handles of its results. Carries keep one shape all the way round.
import type { Instr, Program, ValueId, ValueInfo } from '../../../tensor/program.ts';
import type { Tensor } from '../realisation.ts';
import { handleOf, whole, wholeAs, type Handle } from './handle.ts';
import { keptShape } from './layout.ts';
import { tensorType, type Realiser } from './realiser.ts';

type InstrOf<O extends Instr['op']> = Extract<Instr, { op: O }>;
/** Realises a program on the handles of its inputs, in order; returns the handles of its outputs. */
export type Inline = (program: Program, inputs: readonly Handle[]) => readonly Handle[];
export interface Reader {
  readonly handle: (id: ValueId) => Handle;
  readonly info: (id: ValueId) => ValueInfo;
}

interface Declared {
  readonly tensor: Tensor;
  readonly handle: Handle;
}

const declare = (r: Realiser, info: ValueInfo, stem: string, alias?: Tensor): Declared => {
  const tensor = r.declare({ shape: keptShape(info.shape), type: tensorType(info.dtype) }, stem, alias);
  return { tensor, handle: handleOf(tensor, info.shape) };
};

/** One turn's part of an x or y: the shape without the leading axis. */
const perStep = (info: ValueInfo): ValueInfo => ({ ...info, shape: info.shape.slice(1) });

export const realiseScan = (r: Realiser, instr: InstrOf<'scan'>, read: Reader, inline: Inline): readonly Handle[] => {
  const initial = instr.carry.map((id) => wholeAs(r, read.handle(id), keptShape(read.info(id).shape)));
  const lists = instr.xs.map((id) => {
    const stacked = wholeAs(r, read.handle(id), [instr.length, ...keptShape(perStep(read.info(id)).shape)]);
    return r.unstack(stacked);
  });
  const infos = instr.out.map(read.info);
  let variables: readonly Declared[] = [];
  let elements: readonly Declared[] = [];
  let values: readonly Tensor[] = [];
  const body = r.within(() => {
    variables = instr.carry.map((id) => declare(r, read.info(id), 'carry'));
    elements = instr.xs.map((id, i) => {
      const info = perStep(read.info(id));
      const tensor = r.declare({ shape: lists[i]!.shape.slice(1), type: tensorType(info.dtype) }, 'step');
      return { tensor, handle: handleOf(tensor, info.shape) };
    });
    const results = inline(
      instr.body,
      [...variables, ...elements].map((d) => d.handle).concat(instr.captured.map(read.handle)),
    );
    // Carries keep their shape; what is collected may have any.
    values = results.map((result, i) =>
      i < initial.length ? wholeAs(r, result, keptShape(infos[i]!.shape)) : whole(r, result),
    );
  });
  const outs = infos
    .slice(0, initial.length)
    .map((info) => r.declare({ shape: keptShape(info.shape), type: tensorType(info.dtype) }, 'last'));
  const collected = values.slice(initial.length).map((value) => r.declareSteps(instr.length, value));
  r.append({
    kind: 'scan',
    length: instr.length,
    reverse: instr.reverse,
    carries: initial.map((start, i) => ({
      initial: start,
      variable: variables[i]!.tensor,
      next: values[i]!,
      out: outs[i]!,
    })),
    xs: lists.map((list, i) => ({ list, element: elements[i]!.tensor })),
    ys: collected.map((list, i) => ({ value: values[initial.length + i]!, list })),
    body: body.steps,
  });
  const stacked = collected.map((list, i) =>
    r.stack(list, [instr.length, ...keptShape(perStep(infos[initial.length + i]!).shape)]),
  );
  return [...outs, ...stacked].map((tensor, i) => handleOf(tensor, infos[i]!.shape));
};

export const realiseWhile = (
  r: Realiser,
  instr: InstrOf<'while'>,
  read: Reader,
  outermost: boolean,
  inline: Inline,
): readonly Handle[] => {
  const initial = instr.carry.map((id) => wholeAs(r, read.handle(id), keptShape(read.info(id).shape)));
  const captured = instr.captured.map(read.handle);
  let variables: readonly Declared[] = [];
  let next: readonly Tensor[] = [];
  const body = r.within(() => {
    variables = instr.carry.map((id) => declare(r, read.info(id), 'carry'));
    const results = inline(instr.body, [...variables.map((v) => v.handle), ...captured]);
    next = results.map((result, i) => wholeAs(r, result, keptShape(read.info(instr.carry[i]!).shape)));
  });
  let verdict: Tensor | null = null;
  // The test reads the same variables but runs only now and then, so its steps stay apart from the body's.
  const test = r.within(() => {
    const seen = instr.carry.map((id, i) => declare(r, read.info(id), 'carry', variables[i]!.tensor).handle);
    verdict = wholeAs(r, inline(instr.test, [...seen, ...captured])[0]!, []);
  });
  const infos = instr.out.map(read.info);
  const outs = infos
    .slice(0, -1)
    .map((info) => r.declare({ shape: keptShape(info.shape), type: tensorType(info.dtype) }, 'last'));
  const count = r.declare({ shape: [], type: 'float32' }, 'count');
  r.append({
    kind: 'while',
    max: instr.max,
    every: instr.every,
    outermost,
    carries: initial.map((start, i) => ({
      initial: start,
      variable: variables[i]!.tensor,
      next: next[i]!,
      out: outs[i]!,
    })),
    test: test.steps,
    verdict: verdict!,
    body: body.steps,
    count,
  });
  return [...outs, count].map((tensor, i) => handleOf(tensor, infos[i]!.shape));
};
