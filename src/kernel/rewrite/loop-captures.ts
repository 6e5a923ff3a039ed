// A loop makes constants and repetitions for itself: captured, they would be arrays in memory that every step reads (the N × K
// thresholds of a proximal step are one number times a column). In and out: a program with the same meaning.
import { renameValues, producersOf } from '../../tensor/instructions.ts';
import type { Instr, Program, ValueId, ValueInfo } from '../../tensor/program.ts';
import { shrinkRepetitions } from './repetitions.ts';

type Loop = Extract<Instr, { op: 'scan' | 'while' }>;
type Producers = ReadonlyMap<ValueId, Instr>;

/** Whether a body may make this anew instead of reading it: no more work than an index and a load of something smaller. */
const isRemade = (instr: Instr | undefined, producers: Producers): instr is Instr => {
  switch (instr?.op) {
    case 'constant':
      return typeof instr.value === 'number';
    case 'dim':
    case 'iota':
      return true;
    case 'view':
      return instr.view.kind === 'expand' || (instr.view.kind === 'reshape' && isRemade(producers.get(instr.arg), producers)); // prettier-ignore
    default:
      return false;
  }
};

interface Captures {
  /** Outer values that the bodies capture. */
  readonly captured: readonly ValueId[];
  readonly body: (program: Program) => Program;
}

const withCaptures = (loop: Loop, producers: Producers, outer: readonly ValueInfo[]): Captures | null => {
  if (!loop.captured.some((id) => isRemade(producers.get(id), producers))) return null;
  /** Remade instructions in order, and the values that are captured still. */
  const remade: Instr[] = [];
  const captured: ValueId[] = [];
  const visit = (id: ValueId): void => {
    const producer = producers.get(id);
    if (!isRemade(producer, producers)) {
      if (!captured.includes(id)) captured.push(id);
      return;
    }
    if (remade.includes(producer)) return;
    if (producer.op === 'view') visit(producer.arg);
    remade.push(producer);
  };
  for (const id of loop.captured) visit(id);
  const body = (program: Program): Program => {
    const first = program.inputs.length - loop.captured.length;
    const values = [...program.values];
    const local = new Map<ValueId, ValueId>();
    // The first of the inputs that stand for an outer value keeps its id; others are read through it.
    for (const [i, id] of loop.captured.entries()) if (!local.has(id)) local.set(id, program.inputs[first + i]!.id);
    const write = (id: ValueId): ValueId => {
      if (!local.has(id)) local.set(id, values.push(outer[id]!) - 1);
      return local.get(id)!;
    };
    const inputs = captured.map((id, i) => ({ name: `captured${i}`, id: write(id) }));
    const made = remade.map((instr) => renameValues(instr, write, write));
    const twins = new Map(loop.captured.map((id, i) => [program.inputs[first + i]!.id, local.get(id)!] as const));
    const read = (id: ValueId): ValueId => twins.get(id) ?? id;
    return {
      inputs: [...program.inputs.slice(0, first), ...inputs],
      values,
      instrs: [...made, ...program.instrs.map((instr) => renameValues(instr, read, (id) => id))],
      outputs: program.outputs.map(({ name, id }) => ({ name, id: read(id) })),
    };
  };
  return { captured, body };
};

/** What a body reads of a repetition that it makes is repeated itself, so that loops inside it need not capture it either. */
const remadeInside = (body: Program): Program => remakeCaptures(shrinkRepetitions(body));

export const remakeCaptures = (program: Program): Program => {
  const producers = producersOf(program);
  const instrs = program.instrs.map((instr): Instr => {
    if (instr.op !== 'scan' && instr.op !== 'while') return instr;
    const { captured, body } = withCaptures(instr, producers, program.values) ?? {
      captured: instr.captured,
      body: (inner: Program) => inner,
    };
    if (instr.op === 'scan') return { ...instr, captured, body: remadeInside(body(instr.body)) };
    return { ...instr, captured, test: remadeInside(body(instr.test)), body: remadeInside(body(instr.body)) };
  });
  return { ...program, instrs };
};
