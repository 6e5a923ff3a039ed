// What an instruction reads, and a copy that reads something else: the one place that knows where operands stand.
// In: an instruction. Out: value ids, or a rewritten instruction. Nested programs see only their own ids.
import type { Instr, Program, ValueId } from './program.ts';

/** Every value an instruction reads, in order, repeats included. */
export const operandsOf = (instr: Instr): readonly ValueId[] => {
  switch (instr.op) {
    case 'constant':
    case 'dim':
    case 'iota':
      return [];
    case 'map':
    case 'concat':
    case 'routine':
      return instr.args;
    case 'contract': {
      const values = instr.operands.map((o) => o.value);
      return instr.semiring.kind === 'soft-min' ? [...values, instr.semiring.beta] : values;
    }
    case 'argmin':
    case 'view':
    case 'cast':
      return [instr.arg];
    case 'gather':
      return [instr.data, instr.indices];
    case 'scatter-add':
      return [instr.updates, instr.indices];
    case 'random':
      return [instr.seed, instr.step];
    case 'scan':
      return [...instr.carry, ...instr.xs, ...instr.captured];
    case 'while':
      return [...instr.carry, ...instr.captured];
  }
};

/** The same instruction with every read value and every result renamed. */
export const renameValues = (instr: Instr, read: (id: ValueId) => ValueId, write: (id: ValueId) => ValueId): Instr => {
  const out = instr.out.map(write);
  const one = [out[0]!] as const;
  const reads = (ids: readonly ValueId[]): readonly ValueId[] => ids.map(read);
  switch (instr.op) {
    case 'constant':
    case 'dim':
    case 'iota':
      return { ...instr, out: one };
    case 'map':
    case 'concat':
      return { ...instr, out: one, args: reads(instr.args) };
    case 'routine':
      return { ...instr, out, args: reads(instr.args) };
    case 'contract': {
      const operands = instr.operands.map(({ value, axes }) => ({ value: read(value), axes }));
      const semiring =
        instr.semiring.kind === 'soft-min' ? { ...instr.semiring, beta: read(instr.semiring.beta) } : instr.semiring;
      return { ...instr, out: one, operands, semiring };
    }
    case 'argmin':
    case 'view':
    case 'cast':
      return { ...instr, out: one, arg: read(instr.arg) };
    case 'gather':
      return { ...instr, out: one, data: read(instr.data), indices: read(instr.indices) };
    case 'scatter-add':
      return { ...instr, out: one, updates: read(instr.updates), indices: read(instr.indices) };
    case 'random':
      return { ...instr, out: one, seed: read(instr.seed), step: read(instr.step) };
    case 'scan':
      return { ...instr, out, carry: reads(instr.carry), xs: reads(instr.xs), captured: reads(instr.captured) };
    case 'while':
      return { ...instr, out, carry: reads(instr.carry), captured: reads(instr.captured) };
  }
};

/** How often each value is read, by instructions and as an output. */
export const countReads = (program: Program): ReadonlyMap<ValueId, number> => {
  const reads = new Map<ValueId, number>();
  for (const id of [...program.instrs.flatMap(operandsOf), ...program.outputs.map((o) => o.id)])
    reads.set(id, (reads.get(id) ?? 0) + 1);
  return reads;
};

/** The instruction that makes each value; inputs have none. */
export const producersOf = (program: Program): ReadonlyMap<ValueId, Instr> =>
  new Map(program.instrs.flatMap((instr) => instr.out.map((id) => [id, instr] as const)));

/** Nested programs of an instruction. */
export const nestedPrograms = (instr: Instr): readonly Program[] =>
  instr.op === 'scan' ? [instr.body] : instr.op === 'while' ? [instr.test, instr.body] : [];
