// Moves what a loop body computes from captured values alone out of the loop. In and out: a program with the same meaning.
// Only contractions, elementwise maps, gathers and routines move: sizes, constants and repetitions are cheaper made in place.
import { operandsOf, renameValues } from '../instructions.ts';
import type { Instr, Program, ValueId, ValueInfo } from '../program.ts';

type Loop = Extract<Instr, { op: 'scan' | 'while' }>;

const movable: Readonly<Record<Instr['op'], boolean>> = {
  constant: false,
  dim: false,
  iota: false,
  map: true,
  contract: true,
  argmin: true,
  view: true,
  concat: true,
  gather: true,
  'scatter-add': true,
  cast: true,
  random: false,
  routine: true,
  scan: false,
  while: false,
};

/** Growth: repeating a captured value outside would keep the large copy alive through the whole loop. */
const isRepetition = (instr: Instr): boolean =>
  instr.op === 'view' && (instr.view.kind === 'expand' || instr.view.kind === 'pad');

interface Hoisted {
  readonly before: readonly Instr[];
  readonly values: readonly ValueInfo[];
  readonly loop: Loop;
}

/** Instructions of the body that need only captured values, and those among their results that the rest reads. */
const invariants = (body: Program, firstCapture: number): ReadonlySet<Instr> => {
  const fixed = new Set(body.inputs.slice(firstCapture).map((i) => i.id));
  const cheap = new Set<ValueId>();
  const found = new Set<Instr>();
  for (const instr of body.instrs) {
    if (instr.op === 'constant' || instr.op === 'dim') cheap.add(instr.out[0]);
    const operands = operandsOf(instr);
    const ready = operands.every((id) => fixed.has(id) || cheap.has(id)) && operands.some((id) => fixed.has(id));
    if (!movable[instr.op] || isRepetition(instr) || !ready) continue;
    found.add(instr);
    for (const id of instr.out) fixed.add(id);
  }
  return found;
};

const hoistFrom = (instr: Loop, values: readonly ValueInfo[]): Hoisted => {
  const body = hoistInvariants(instr.body);
  const firstCapture = body.inputs.length - instr.captured.length;
  const moved = invariants(body, firstCapture);
  const rest = body.instrs.filter((i) => !moved.has(i));
  const read = new Set([...rest.flatMap(operandsOf), ...body.outputs.map((o) => o.id)]);
  // Worth it only if something beyond views moves.
  if (![...moved].some((i) => i.op !== 'view' && i.op !== 'cast'))
    return { before: [], values, loop: { ...instr, body } as Loop };
  const outer: ValueInfo[] = [...values];
  const names = new Map<ValueId, ValueId>(
    body.inputs.slice(firstCapture).map((input, i) => [input.id, instr.captured[i]!]),
  );
  const write = (id: ValueId): ValueId => {
    names.set(id, outer.length);
    outer.push(body.values[id]!);
    return names.get(id)!;
  };
  const movedReads = new Set([...moved].flatMap(operandsOf));
  const before: Instr[] = [];
  for (const inner of body.instrs) {
    const isConstant = (inner.op === 'constant' || inner.op === 'dim') && movedReads.has(inner.out[0]);
    if (moved.has(inner) || isConstant) before.push(renameValues(inner, (id) => names.get(id)!, write));
  }
  const handed = [...moved].flatMap((i) => i.out.filter((id) => read.has(id)));
  const inputs = [...body.inputs, ...handed.map((id, i) => ({ name: `hoisted${i}`, id }))];
  const captured = [...instr.captured, ...handed.map((id) => names.get(id)!)];
  const nextBody: Program = { ...body, instrs: rest, inputs: unique(inputs) };
  if (instr.op === 'scan') return { before, values: outer, loop: { ...instr, captured, body: nextBody } };
  // The test takes the same captures, unread.
  const testValues = [...instr.test.values];
  const extra = handed.map((id, i) => {
    testValues.push(body.values[id]!);
    return { name: `hoisted${i}`, id: testValues.length - 1 };
  });
  const test: Program = { ...instr.test, values: testValues, inputs: unique([...instr.test.inputs, ...extra]) };
  return { before, values: outer, loop: { ...instr, captured, test, body: nextBody } };
};

/** Input names made distinct again. */
const unique = (inputs: Program['inputs']): Program['inputs'] => {
  const seen = new Set<string>();
  return inputs.map(({ name, id }) => {
    let fresh = name;
    for (let k = 1; seen.has(fresh); k++) fresh = `${name}.${k}`;
    seen.add(fresh);
    return { name: fresh, id };
  });
};

export const hoistInvariants = (program: Program): Program => {
  let values = program.values;
  const instrs: Instr[] = [];
  for (const instr of program.instrs) {
    if (instr.op !== 'scan' && instr.op !== 'while') {
      instrs.push(instr);
      continue;
    }
    const hoisted = hoistFrom(instr, values);
    values = hoisted.values;
    instrs.push(...hoisted.before, hoisted.loop);
  }
  return { ...program, values, instrs };
};
