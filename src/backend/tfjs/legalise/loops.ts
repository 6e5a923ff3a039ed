// Loops: nested programs are realised into nested blocks. In: a scan or while instruction, the handles of what it reads, a
// function that realises a program. Out: handles of its results. Carries keep one shape all the way round.
import type { Dim } from '../../../tensor/dims.ts';
import type { Instr, Program, ValueId, ValueInfo } from '../../../tensor/program.ts';
import type { Given } from '../host-loops/generate.ts';
import type { HostScan, Tensor } from '../realisation.ts';
import { handleOf, whole, wholeAs, type Handle } from './handle.ts';
import { keptShape } from './layout.ts';
import { replaced, replacementsFor, shapeRead } from './loop-shapes.ts';
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

/** `together`: the condition under which the host runs the scan; null where it cannot. */
export const realiseScan = (
  r: Realiser,
  instr: InstrOf<'scan'>,
  read: Reader,
  together: string | null,
  inline: Inline,
): readonly Handle[] => {
  const stacked = instr.xs.map((id) =>
    wholeAs(r, read.handle(id), [instr.length, ...keptShape(perStep(read.info(id)).shape)]),
  );
  let lists = stacked.map((x) => r.unstack(x, together));
  const infos = instr.out.map(read.info);
  const count = instr.carry.length;
  let variables: readonly Tensor[] = [];
  let elements: readonly Tensor[] = [];
  let values: readonly Tensor[] = [];
  const body = r.within((block) => {
    const carries = instr.carry.map((id) => declare(r, read.info(id), 'carry'));
    const steps = instr.xs.map((id, i): Declared => {
      const info = perStep(read.info(id));
      const tensor = r.declare({ shape: lists[i]!.shape.slice(1), type: tensorType(info.dtype) }, 'step');
      return { tensor, handle: handleOf(tensor, info.shape) };
    });
    const inputs = [...carries, ...steps].map((d) => d.handle).concat(instr.captured.map(read.handle));
    const results = inline(instr.body, inputs);
    // A carry takes the shape in which the body reads it, and so does the step of an x that is taken apart for this loop.
    const reshaped = ({ tensor }: Declared, free: boolean): Tensor => {
      const shape = free ? shapeRead(block.steps, tensor) : null;
      return shape === null ? tensor : r.declare({ shape, type: tensor.type }, tensor.stem);
    };
    variables = carries.map((c) => reshaped(c, true));
    elements = steps.map((s, i) => reshaped(s, !r.isCollected(lists[i]!)));
    const declared = [...carries, ...steps].map(({ tensor }) => tensor);
    const changes = [...variables, ...elements].map((now, i) => ({ old: declared[i]!, now }));
    const replacements = replacementsFor(
      block.steps,
      changes.filter(({ old, now }) => old !== now),
    );
    // What is collected may have any shape.
    const made = results.map((result, i) =>
      i < count ? wholeAs(r, result, variables[i]!.shape) : r.beforeReshape(whole(r, result)),
    );
    block.steps.splice(0, block.steps.length, ...replaced(block.steps, replacements));
    // A variable that becomes another carry may have another shape by now.
    values = made.map((value, i) => {
      const now = replacements.get(value.id) ?? value;
      return i < count ? r.reshape(now, value.shape) : now;
    });
  });
  const initial = instr.carry.map((id, i) => wholeAs(r, read.handle(id), variables[i]!.shape));
  lists = lists.map((list, i) =>
    r.isCollected(list) ? list : r.unstack(r.reshape(stacked[i]!, [instr.length, ...elements[i]!.shape]), together),
  );
  const outs = variables.map(({ shape, type }) => r.declare({ shape, type }, 'last'));
  const collected = values.slice(count).map((value) => r.declareSteps(instr.length, value));
  r.append({
    kind: 'scan',
    ...(together === null ? {} : { host: hostScan(instr, read, together, collected) }),
    length: instr.length,
    reverse: instr.reverse,
    carries: variables.map((variable, i) => ({ initial: initial[i]!, variable, next: values[i]!, out: outs[i]! })),
    xs: lists.map((list, i) => ({ list, element: elements[i]! })),
    ys: collected.map((list, i) => ({ value: values[count + i]!, list })),
    body: body.steps,
  });
  const joined = collected.map((list, i) =>
    r.stack(list, [instr.length, ...keptShape(perStep(infos[count + i]!).shape)], together),
  );
  return [...outs, ...joined].map((tensor, i) => handleOf(tensor, infos[i]!.shape));
};

/** The host reads what a broadcast value stores; only carries and xs are whole. */
const hostScan = (
  scan: InstrOf<'scan'>,
  { handle, info }: Reader,
  condition: string,
  collected: readonly Tensor[],
): HostScan => {
  const given = (id: ValueId, stored: readonly Dim[]): Given => ({
    shape: info(id).shape,
    stored,
    int: info(id).dtype === 'int',
  });
  return {
    scan,
    condition,
    given: [
      ...[...scan.carry, ...scan.xs].map((id) => given(id, info(id).shape)),
      ...scan.captured.map((id) => given(id, handle(id).stored)),
    ],
    captured: scan.captured.map((id) => handle(id).tensor),
    collected,
  };
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
