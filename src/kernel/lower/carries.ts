// The carries of scans and whiles. In: the instruction. Out: where each carry is at a step. Most are two copies of their value, read
// at the parity of the step and written at the other, so that nothing is copied between steps; one that the body only adds to is a
// single copy; one that the body hands on as it is stays where it was.
import { constant } from '../../tensor/dims.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import { addIndex, constantIndex } from '../index-arithmetic.ts';
import type { Index } from '../kernel.ts';
import { accumulationsOf, type Accumulation } from './accumulators.ts';
import type { Scope, ScopeAdditions, Source } from './context.ts';
import { parityOf } from './expressions.ts';
import { copyNest, copyToDestinations, storeNest } from './nests.ts';
import { setAt, under, whole, type Place, type Target } from './places.ts';

type Loop = Extract<Instr, { op: 'scan' | 'while' }>;

export interface Carry {
  /** Its value before a step, or after the last. */
  readonly at: (step: Index) => Source;
  /** Where the body puts the next one; null where it adds to this one, or hands it on. */
  readonly next: ((step: Index) => Place) | null;
  readonly accumulation: { readonly place: Place; readonly additions: Accumulation['additions'] } | null;
  /** Targets of the final value that hold it already. */
  readonly reached: Target | null;
}

const one = constantIndex(constant(1));

/** Whether the body hands on its carry number `i` as it is. */
export const handsOn = (body: Program, i: number): boolean => body.outputs[i]!.id === body.inputs[i]!.id;

const handedOn = (scope: Scope, value: ValueId): Carry => ({
  at: () => ({ kind: 'outer', scope, value, leading: [] }),
  next: null,
  accumulation: null,
  reached: null,
});

/** Buffers of all carries, filled with the initial values. */
export const startCarries = (scope: Scope, instr: Loop): readonly Carry[] => {
  const { context, program } = scope;
  const accumulations = accumulationsOf(instr.body, instr.carry.length, context.target);
  return instr.carry.map((value, i): Carry => {
    if (handsOn(instr.body, i)) return handedOn(scope, value);
    const { shape, dtype } = program.values[value]!;
    const accumulation = accumulations.find(({ carry }) => carry === i);
    const newPlace = (copies: number): Place =>
      whole(
        context.buffer({
          name: `%${scope.prefix}${instr.out[i]!} carry`,
          scalar: dtype === 'int' ? 'int' : 'real',
          shape: copies === 1 ? shape : [constant(copies), ...shape],
          storage: 'arena',
        }),
      );
    const start = (place: Place): void =>
      storeNest(scope, shape, (entries, at) => entries.at(scope, value, at), [setAt(place)]);
    if (accumulation !== undefined) {
      const reached = scope.destinations.get(instr.out[i]!)?.find(({ mode }) => mode === 'set') ?? null;
      const place = reached?.place ?? newPlace(1);
      start(place);
      const { additions } = accumulation;
      return { at: () => ({ kind: 'stored', place }), next: null, accumulation: { place, additions }, reached };
    }
    const both = newPlace(2);
    const at = (step: Index): Place => under(both, [parityOf(step)]);
    start(at(constantIndex([])));
    return {
      at: (step) => ({ kind: 'stored', place: at(step) }),
      next: (step) => at(addIndex(step, one)),
      accumulation: null,
      reached: null,
    };
  });
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
