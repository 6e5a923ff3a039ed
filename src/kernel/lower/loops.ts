// scan and while. In: the instruction. Out: a serial loop, or a `while`, around the nests of the body.
import { constant } from '../../tensor/dims.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import { constantIndex, ofAtom, ofLoop } from '../index-arithmetic.ts';
import type { BufferId, Expr, Scalar } from '../kernel.ts';
import { additionsTo, carryTarget, leaveCarries, startCarries, type Carry } from './carries.ts';
import type { Scope, ScopeAdditions, Source } from './context.ts';
import { destinationsOf } from './destinations.ts';
import { cast } from './expressions.ts';
import { copyNest, copyToDestinations } from './nests.ts';
import { setAt, under, whole, type Target } from './places.ts';
import { newBuffer } from './store.ts';
import { reversed } from './views.ts';

type Loop = Extract<Instr, { op: 'scan' | 'while' }>;
export type LowerProgram = (scope: Scope) => void;

const outer = (scope: Scope, value: ValueId, leading: Extract<Source, { kind: 'outer' }>['leading'] = []): Source => ({
  kind: 'outer',
  scope,
  value,
  leading,
});

/** A nested program whose inputs come from these sources and whose outputs go to these targets (null: nowhere). */
const inside = (
  scope: Scope,
  instr: Loop,
  which: number,
  program: Program,
  sources: readonly Source[],
  targets: readonly (Target | null)[],
  additions: ScopeAdditions,
): Scope => ({
  number: scope.context.scopeNumber(),
  prefix: `${scope.prefix}${instr.out[0]!}.`,
  program,
  context: scope.context,
  decisions: scope.decisions.nested.get(instr)![which]!,
  sources: new Map(program.inputs.map(({ id }, i) => [id, sources[i]!])),
  destinations: destinationsOf(program, targets),
  additions,
  statements: [],
});

export const lowerScan = (scope: Scope, instr: Extract<Instr, { op: 'scan' }>, lower: LowerProgram): void => {
  const { context, program } = scope;
  const { xs, captured, body, length } = instr;
  const ys = instr.out.slice(instr.carry.length);
  const carries = startCarries(scope, instr);
  const loop = context.loop(length);
  const step = ofLoop(loop.id);
  const entry = instr.reverse ? reversed(step, length) : step;
  const known = new Map(carries.flatMap(({ stacked }) => [...stacked]));
  const targetsOf = (id: ValueId): readonly Target[] =>
    scope.destinations.get(id) ?? [setAt(whole(newBuffer(scope, id, 'steps')))];
  const stacked = ys.map((id, j): readonly Target[] => (known.has(j) ? [] : targetsOf(id)));
  const sources = [
    ...carries.map((carry) => carry.at(step)),
    ...xs.map((value) => outer(scope, value, [entry])),
    ...captured.map((value) => outer(scope, value)),
  ];
  const targets = [
    ...carries.map((carry) => carryTarget(carry, step)),
    ...stacked.map(([first]) => (first === undefined ? null : { ...first, place: under(first.place, [entry]) })),
  ];
  const scopeOfBody = inside(scope, instr, 0, body, sources, targets, additionsTo(carries));
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
  for (const [j, id] of ys.entries()) {
    const place = known.get(j) ?? stacked[j]![0]!.place;
    const others = known.has(j) ? (scope.destinations.get(id) ?? []) : stacked[j]!.slice(1);
    scope.sources.set(id, { kind: 'stored', place });
    copyNest(scope, program.values[id]!.shape, place, others);
  }
};

export const lowerWhile = (scope: Scope, instr: Extract<Instr, { op: 'while' }>, lower: LowerProgram): void => {
  const { context } = scope;
  const { captured, body, test, every, max } = instr;
  const carries: readonly Carry[] = startCarries(scope, instr);
  const loop = context.loop(constant(max));
  const step = ofLoop(loop.id);
  const scalar = (what: string, kind: Scalar): BufferId =>
    context.buffer({
      name: `%${scope.prefix}${instr.out[0]!} ${what}`,
      scalar: kind,
      shape: [],
      storage: 'arena',
    });
  const [flag, count] = [scalar('flag', 'real'), scalar('count', 'int')];
  const sources = [...carries.map((carry) => carry.at(step)), ...captured.map((value) => outer(scope, value))];
  const none: ScopeAdditions = { sums: new Map(), terms: new Map() };
  const testScope = inside(scope, instr, 0, test, sources, [setAt(whole(flag))], none);
  const targets = carries.map((carry) => carryTarget(carry, step));
  const bodyScope = inside(scope, instr, 1, body, sources, targets, additionsTo(carries));
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
  const steps: Expr = { kind: 'load', from: context.access(whole(count), []) };
  leaveCarries(scope, instr, carries, ofAtom({ kind: 'value', of: steps }));
  const taken = instr.out.at(-1)!;
  scope.sources.set(taken, { kind: 'scalar', expr: cast('real', steps) });
  copyToDestinations(scope, taken);
};
