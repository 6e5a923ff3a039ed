// Removes what no output needs: instructions, results of loops that nobody reads (stacked ys, and carries that only feed
// themselves), captures that a body does not use. Numbers values anew, densely. In and out: a program with the same meaning.
import { nestedPrograms, operandsOf, renameValues } from '../instructions.ts';
import type { Instr, Program, ValueId, ValueInfo } from '../program.ts';

/** Every value that the given values need, themselves included. */
const neededBy = (program: Program, from: Iterable<ValueId>): ReadonlySet<ValueId> => {
  const needed = new Set(from);
  for (const instr of program.instrs.toReversed())
    if (instr.out.some((id) => needed.has(id))) for (const id of operandsOf(instr)) needed.add(id);
  return needed;
};

const select = <T>(items: readonly T[], kept: readonly number[]): readonly T[] => kept.map((i) => items[i]!);
const indices = (count: number, keep: (i: number) => boolean): readonly number[] =>
  Array.from({ length: count }, (_, i) => i).filter(keep);

type ScanInstr = Extract<Instr, { op: 'scan' }>;
type WhileInstr = Extract<Instr, { op: 'while' }>;

/** Which carries matter: those read outside, and those that reach anything that matters through the bodies. */
const neededCarries = (
  count: number,
  programs: readonly Program[],
  wanted: (i: number) => boolean,
  always: (i: number) => boolean,
): ReadonlySet<number> => {
  const carries = new Set(indices(count, wanted));
  for (let before = -1; before !== carries.size;) {
    before = carries.size;
    for (const program of programs) {
      const outputs = program.outputs.flatMap(({ id }, i) => (always(i) || (i < count && carries.has(i)) ? [id] : []));
      const needed = neededBy(program, program === programs.at(-1) ? outputs : program.outputs.map((o) => o.id));
      for (let i = 0; i < count; i++) if (needed.has(program.inputs[i]!.id)) carries.add(i);
    }
  }
  return carries;
};

const restrict = (program: Program, inputs: readonly number[], outputs: readonly number[]): Program =>
  removeDeadCode({ ...program, inputs: select(program.inputs, inputs), outputs: select(program.outputs, outputs) });

/** Inputs from `first` on that any of the programs still reads. */
const usedCaptures = (
  programs: readonly Program[],
  outputs: readonly (readonly number[])[],
  first: number,
): readonly number[] => {
  const needed = programs.map((p, k) =>
    neededBy(
      p,
      select(p.outputs, outputs[k]!).map((o) => o.id),
    ),
  );
  return indices(
    programs[0]!.inputs.length,
    (i) => i >= first && programs.some((p, k) => needed[k]!.has(p.inputs[i]!.id)),
  );
};

const trimScan = (instr: ScanInstr, live: ReadonlySet<ValueId>): ScanInstr => {
  const count = instr.carry.length;
  const isWanted = (i: number): boolean => live.has(instr.out[i]!);
  const carries = neededCarries(count, [instr.body], isWanted, (i) => i >= count && isWanted(i));
  const outputs = indices(instr.out.length, (i) => (i < count ? carries.has(i) : isWanted(i)));
  const needed = neededBy(
    instr.body,
    select(instr.body.outputs, outputs).map((o) => o.id),
  );
  const xs = indices(instr.xs.length, (i) => needed.has(instr.body.inputs[count + i]!.id));
  const captured = usedCaptures([instr.body], [outputs], count + instr.xs.length);
  const inputs = [...indices(count, (i) => carries.has(i)), ...xs.map((i) => count + i), ...captured];
  const body = restrict(instr.body, inputs, outputs);
  const named = body.outputs.map(({ id }, i) => ({
    name: i < carries.size ? `carry${i}` : `y${i - carries.size}`,
    id,
  }));
  return {
    ...instr,
    out: select(instr.out, outputs),
    carry: select(
      instr.carry,
      indices(count, (i) => carries.has(i)),
    ),
    xs: select(instr.xs, xs),
    captured: select(
      instr.captured,
      captured.map((i) => i - count - instr.xs.length),
    ),
    body: { ...body, outputs: named },
  };
};

const trimWhile = (instr: WhileInstr, live: ReadonlySet<ValueId>): WhileInstr => {
  const count = instr.carry.length;
  const carries = neededCarries(
    count,
    [instr.test, instr.body],
    (i) => live.has(instr.out[i]!),
    () => false,
  );
  const kept = indices(count, (i) => carries.has(i));
  const captured = usedCaptures([instr.test, instr.body], [[0], kept], count);
  return {
    ...instr,
    out: [...select(instr.out, kept), instr.out.at(-1)!],
    carry: select(instr.carry, kept),
    captured: select(
      instr.captured,
      captured.map((i) => i - count),
    ),
    test: restrict(instr.test, [...kept, ...captured], [0]),
    body: restrict(instr.body, [...kept, ...captured], kept),
  };
};

/** Inputs of a program are its signature and stay. */
export const removeDeadCode = (program: Program): Program => {
  const live = new Set(program.outputs.map((o) => o.id));
  const kept: Instr[] = [];
  for (const instr of program.instrs.toReversed()) {
    if (!instr.out.some((id) => live.has(id))) continue;
    const trimmed = instr.op === 'scan' ? trimScan(instr, live) : instr.op === 'while' ? trimWhile(instr, live) : instr;
    for (const id of operandsOf(trimmed)) live.add(id);
    kept.push(trimmed);
  }
  return renumber({ ...program, instrs: kept.reverse() });
};

const renumber = (program: Program): Program => {
  const values: ValueInfo[] = [];
  const names = new Map<ValueId, ValueId>();
  const write = (id: ValueId): ValueId => {
    names.set(id, values.length);
    values.push(program.values[id]!);
    return names.get(id)!;
  };
  const read = (id: ValueId): ValueId => names.get(id)!;
  const inputs = program.inputs.map(({ name, id }) => ({ name, id: write(id) }));
  const instrs = program.instrs.map((instr) => renameValues(instr, read, write));
  return { inputs, instrs, values, outputs: program.outputs.map(({ name, id }) => ({ name, id: read(id) })) };
};

export const countInstrs = (program: Program): number =>
  program.instrs.reduce(
    (sum, instr) => sum + 1 + nestedPrograms(instr).reduce((inner, nested) => inner + countInstrs(nested), 0),
    0,
  );
