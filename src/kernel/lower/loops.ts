// scan and while. In: the instruction. Out: a serial loop, or a `while`, around the nests of the body. A carry is two copies of its
// value, read at the parity of the step and written at the other, so that nothing is copied between steps; one that the body hands
// on as it is stays where it was.
import { constant, type Dim } from '../../tensor/dims.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import { addIndex, constantIndex, ofAtom, ofLoop, zero } from '../index-arithmetic.ts';
import type { BufferId, Expr, Index, Scalar } from '../kernel.ts';
import type { Place, Scope, Source } from './context.ts';
import { cast, parityOf } from './expressions.ts';
import { storeNest, whole } from './nests.ts';
import { reversed } from './views.ts';
import { newBuffer } from './store.ts';

type InstrOf<O extends Instr['op']> = Extract<Instr, { op: O }>;
export type LowerProgram = (scope: Scope) => void;

const one = constantIndex(constant(1));

/** Whether the body hands on its carry number `i` as it is. */
export const handsOn = (body: Program, i: number): boolean => body.outputs[i]!.id === body.inputs[i]!.id;

/** Two copies of each carry (null: of one that is handed on), the first filled with the initial value. */
const carryBuffers = (scope: Scope, carry: readonly ValueId[], body: Program, out: readonly ValueId[]) =>
  carry.map((value, i): BufferId | null => {
    if (handsOn(body, i)) return null;
    const { shape, dtype } = scope.program.values[value]!;
    const buffer = scope.context.buffer({
      name: `%${scope.prefix}${out[i]!} carry`,
      scalar: dtype === 'int' ? 'int' : 'real',
      shape: [constant(2), ...shape],
      storage: 'arena',
    });
    storeNest(scope, shape, (entries, at) => entries.at(scope, value, at), [whole({ buffer, leading: [zero] })]);
    return buffer;
  });

const outer = (scope: Scope, value: ValueId, leading: readonly Index[] = []): Source => ({
  kind: 'outer',
  scope,
  value,
  leading,
});

const carrySource = (scope: Scope, value: ValueId, buffer: BufferId | null, steps: Index): Source =>
  buffer === null ? outer(scope, value) : { kind: 'stored', place: { buffer, leading: [parityOf(steps)] } };

/** A nested program whose inputs come from these sources and whose outputs go to these places (null: nowhere). */
const inside = (
  scope: Scope,
  instr: InstrOf<'scan' | 'while'>,
  which: number,
  program: Program,
  sources: readonly Source[],
  places: readonly (Place | null)[],
): Scope => {
  const destinations = new Map<ValueId, Place[]>();
  for (const [i, { id }] of program.outputs.entries()) {
    const place = places[i];
    if (place) destinations.set(id, [...(destinations.get(id) ?? []), place]);
  }
  return {
    number: scope.context.scopeNumber(),
    prefix: `${scope.prefix}${instr.out[0]!}.`,
    program,
    context: scope.context,
    decisions: scope.decisions.nested.get(instr)![which]!,
    sources: new Map(program.inputs.map(({ id }, i) => [id, sources[i]!])),
    destinations,
    statements: [],
  };
};

const nextCarries = (carries: readonly (BufferId | null)[], step: Index): readonly (Place | null)[] =>
  carries.map((buffer) => (buffer === null ? null : { buffer, leading: [parityOf(addIndex(step, one))] }));

/** What a loop leaves: final carries, copied where they have to end. */
const leaveCarries = (
  scope: Scope,
  instr: InstrOf<'scan' | 'while'>,
  carries: readonly (BufferId | null)[],
  steps: Index,
): void => {
  for (const [i, value] of instr.carry.entries()) {
    const out = instr.out[i]!;
    scope.sources.set(out, carrySource(scope, value, carries[i]!, steps));
    copyToDestinations(scope, out);
  }
};

/** Copies of a value where it has to end. */
export const copyToDestinations = (scope: Scope, value: ValueId): void => {
  const places = scope.destinations.get(value);
  if (places === undefined) return;
  const { shape } = scope.program.values[value]!;
  storeNest(scope, shape, (entries, at) => entries.at(scope, value, at), places.map(whole));
};

export const lowerScan = (scope: Scope, instr: InstrOf<'scan'>, lower: LowerProgram): void => {
  const { context } = scope;
  const { carry, xs, captured, body, length } = instr;
  const carries = carryBuffers(scope, carry, body, instr.out);
  const loop = context.loop(length);
  const step = ofLoop(loop.id);
  const entry = instr.reverse ? reversed(step, length) : step;
  const stacked = instr.out.slice(carry.length).map((id): readonly Place[] => {
    const places = scope.destinations.get(id) ?? [{ buffer: newBuffer(scope, id, 'steps'), leading: [] }];
    return places;
  });
  const sources = [
    ...carry.map((value, i) => carrySource(scope, value, carries[i]!, step)),
    ...xs.map((value) => outer(scope, value, [entry])),
    ...captured.map((value) => outer(scope, value)),
  ];
  const places = [
    ...nextCarries(carries, step),
    ...stacked.map(([place]) => ({ buffer: place!.buffer, leading: [...place!.leading, entry] })),
  ];
  const scopeOfBody = inside(scope, instr, 0, body, sources, places);
  lower(scopeOfBody);
  scope.statements.push({
    kind: 'loop',
    loop,
    role: 'serial',
    scratch: [],
    privates: [],
    body: scopeOfBody.statements,
  });
  leaveCarries(scope, instr, carries, constantIndex(length));
  for (const [i, [place, ...others]] of stacked.entries()) {
    const id = instr.out[carry.length + i]!;
    scope.sources.set(id, { kind: 'stored', place: place! });
    if (others.length > 0)
      storeNest(scope, scope.program.values[id]!.shape, (entries, at) => entries.at(scope, id, at), others.map(whole)); // prettier-ignore
  }
};

export const lowerWhile = (scope: Scope, instr: InstrOf<'while'>, lower: LowerProgram): void => {
  const { context } = scope;
  const { carry, captured, body, test, every, max } = instr;
  const carries = carryBuffers(scope, carry, body, instr.out);
  const loop = context.loop(constant(max));
  const step = ofLoop(loop.id);
  const scalar = (what: string, kind: Scalar): BufferId =>
    context.buffer({
      name: `%${scope.prefix}${instr.out[0]!} ${what}`,
      scalar: kind,
      shape: [] as readonly Dim[],
      storage: 'arena',
    });
  const [flag, count] = [scalar('flag', 'real'), scalar('count', 'int')];
  const sources = [
    ...carry.map((value, i) => carrySource(scope, value, carries[i]!, step)),
    ...captured.map((value) => outer(scope, value)),
  ];
  const testScope = inside(scope, instr, 0, test, sources, [{ buffer: flag, leading: [] }]);
  const bodyScope = inside(scope, instr, 1, body, sources, nextCarries(carries, step));
  lower(testScope);
  lower(bodyScope);
  scope.statements.push({
    kind: 'while',
    loop,
    every,
    flag,
    count,
    test: testScope.statements,
    body: bodyScope.statements,
  });
  const steps: Expr = { kind: 'load', from: context.access({ buffer: count, leading: [] }, []) };
  leaveCarries(scope, instr, carries, ofAtom({ kind: 'value', of: steps }));
  scope.sources.set(instr.out.at(-1)!, { kind: 'scalar', expr: cast('real', steps) });
  copyToDestinations(scope, instr.out.at(-1)!);
};
