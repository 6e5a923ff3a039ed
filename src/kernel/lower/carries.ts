// The carries of scans and whiles. In: the instruction. Out: where each carry is at a step. Most are two copies of their value, read
// at the parity of the step and written at the other, so that nothing is copied between steps. One that the body only adds to is a
// single copy; one that the body hands on as it is stays where it was; one that a scan stacks too is all of its steps.
import { add, constant, type Dim } from '../../tensor/dims.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import { addIndex, constantIndex, subtractIndex } from '../index-arithmetic.ts';
import type { BufferId, Index } from '../kernel.ts';
import { accumulationsOf, type Accumulation } from './accumulators.ts';
import type { Scope, ScopeAdditions, Source } from './context.ts';
import { parityOf } from './expressions.ts';
import { copyNest, copyToDestinations, storeNest } from './nests.ts';
import { mapped, setAt, under, whole, type Place, type Target } from './places.ts';

type Loop = Extract<Instr, { op: 'scan' | 'while' }>;

export interface Carry {
  /** Its value before a step, or after the last. */
  readonly at: (step: Index) => Source;
  /** Where the body puts the next one; null where it adds to this one, or hands it on. */
  readonly next: ((step: Index) => Place) | null;
  readonly accumulation: { readonly place: Place; readonly additions: Accumulation['additions'] } | null;
  /** Targets of the final value that hold it already. */
  readonly reached: Target | null;
  /** Results of a scan, by their number among its ys, that are all steps of the carry. */
  readonly stacked: ReadonlyMap<number, Place>;
}

const one = constantIndex(constant(1));

/** Whether the body hands on its carry number `i` as it is. */
export const handsOn = (body: Program, i: number): boolean => body.outputs[i]!.id === body.inputs[i]!.id;

const handedOn = (scope: Scope, value: ValueId): Carry => ({
  at: () => ({ kind: 'outer', scope, value, leading: [] }),
  next: null,
  accumulation: null,
  reached: null,
  stacked: new Map(),
});

/** A carry that a scan stacks: before a step as it is (entry e is what step e reads) or after it (what step e makes). */
const allSteps = (scope: Scope, instr: Loop, i: number): Carry | null => {
  if (instr.op !== 'scan') return null;
  const { body, carry, length, reverse } = instr;
  const [before, after] = [body.inputs[i]!.id, body.outputs[i]!.id];
  const ys = body.outputs.slice(carry.length);
  if (!ys.some(({ id }) => id === before || id === after)) return null;
  const all = whole(newCarry(scope, instr, i, add(length, constant(1))));
  const at = (step: Index): Place => under(all, [reverse ? subtractIndex(constantIndex(length), step) : step]);
  const next = (step: Index): Place => at(addIndex(step, one));
  const later = mapped(all, ([entry, ...rest]) => [addIndex(entry!, one), ...rest]);
  const stacked = new Map(
    ys.flatMap(({ id }, j) =>
      id === before ? [[j, reverse ? later : inOrder(all)]] : id === after ? [[j, reverse ? inOrder(all) : later]] : [],
    ),
  );
  return { at: (step) => ({ kind: 'stored', place: at(step) }), next, accumulation: null, reached: null, stacked };
};

/** The same entries, of a buffer that has more. */
const inOrder = (place: Place): Place => mapped(place, (indices) => indices);

/** A buffer for one or several copies of a carry. */
const newCarry = (scope: Scope, instr: Loop, i: number, copies: Dim | null): BufferId => {
  const { shape, dtype } = scope.program.values[instr.carry[i]!]!;
  return scope.context.buffer({
    name: `%${scope.prefix}${instr.out[i]!} carry`,
    scalar: dtype === 'int' ? 'int' : 'real',
    shape: copies === null ? shape : [copies, ...shape],
    storage: 'arena',
  });
};

/** Buffers of all carries, filled with the initial values. */
export const startCarries = (scope: Scope, instr: Loop): readonly Carry[] => {
  const { context, program } = scope;
  const accumulations = accumulationsOf(instr, context.target);
  return instr.carry.map((value, i): Carry => {
    if (handsOn(instr.body, i)) return handedOn(scope, value);
    const { shape } = program.values[value]!;
    const accumulation = accumulations.find(({ carry }) => carry === i);
    const start = (place: Place): void =>
      storeNest(scope, shape, (entries, at) => entries.at(scope, value, at), [setAt(place)]);
    if (accumulation !== undefined) {
      const reached = scope.destinations.get(instr.out[i]!)?.find(({ mode }) => mode === 'set') ?? null;
      const place = reached?.place ?? whole(newCarry(scope, instr, i, null));
      start(place);
      const { additions } = accumulation;
      const at = (): Source => ({ kind: 'stored', place });
      return { at, next: null, accumulation: { place, additions }, reached, stacked: new Map() };
    }
    const carry = allSteps(scope, instr, i) ?? twoCopies(whole(newCarry(scope, instr, i, constant(2))));
    const first = carry.at(constantIndex([]));
    if (first.kind === 'stored') start(first.place);
    return carry;
  });
};

const twoCopies = (both: Place): Carry => {
  const at = (step: Index): Place => under(both, [parityOf(step)]);
  return {
    at: (step) => ({ kind: 'stored', place: at(step) }),
    next: (step) => at(addIndex(step, one)),
    accumulation: null,
    reached: null,
    stacked: new Map(),
  };
};

export const carryTarget = ({ next }: Carry, step: Index): Target | null => (next === null ? null : setAt(next(step)));

/** What the body adds to its carries. */
export const additionsTo = (carries: readonly Carry[]): ScopeAdditions => {
  const all = carries.flatMap(({ accumulation }) =>
    (accumulation?.additions ?? []).map((addition) => ({
      addition,
      target: { place: accumulation!.place, mode: 'sum' as const },
    })),
  );
  return {
    sums: new Map(
      all.map(({ addition, target }) => [addition.sum, { term: addition.byItself ? null : addition.term, target }]),
    ),
    terms: new Map(all.flatMap(({ addition, target }) => (addition.byItself ? [[addition.term, target]] : []))),
  };
};

/** What a loop leaves: final carries, copied where they have to end. */
export const leaveCarries = (scope: Scope, instr: Loop, carries: readonly Carry[], steps: Index): void => {
  for (const [i, carry] of carries.entries()) {
    const out = instr.out[i]!;
    const source = carry.at(steps);
    scope.sources.set(out, source);
    if (carry.reached === null) copyToDestinations(scope, out);
    else {
      const others = scope.destinations.get(out)!.filter((target) => target !== carry.reached);
      copyNest(scope, scope.program.values[out]!.shape, carry.reached.place, others);
    }
  }
};
