// A function of gathered entries is a gather from the function's table: log B[s, x[t]] takes S × V logarithms and not S × T. In
// and out: a program with the same meaning; only where the table is smaller than what is gathered.
import type { Builder, Value } from '../../tensor/builder.ts';
import type { Instr, Program } from '../../tensor/program.ts';
import { rebuild } from '../../tensor/rebuild.ts';
import type { KernelTarget } from '../kernel.ts';
import { entriesOf, isSingle, one } from './labelled.ts';

type Gather = Extract<Instr, { op: 'gather' }>;

const gatherOf = (b: Builder, value: Value): Gather | null => {
  const producer = b.producer(value);
  return producer?.op === 'gather' ? producer : null;
};

export const gatherMaps = (program: Program, target: KernelTarget): Program =>
  rebuild(program, () => (b, instr, read) => {
    if (instr.op !== 'map') return null;
    const args = instr.args.map(read);
    const gathered = args.filter((arg) => !isSingle(arg));
    const gather = gathered.length === 1 ? gatherOf(b, gathered[0]!) : null;
    if (gather === null) return null;
    const table = b.handle(gather.data);
    if (entriesOf(table.shape, target) > entriesOf(gathered[0]!.shape, target)) return null;
    const ones = table.shape.map(() => one);
    const small = args.map((arg) =>
      arg === gathered[0] ? table : arg.shape.length === 0 ? arg : b.reshape(arg, ones),
    );
    return [b.gather(b.map(instr.fn, ...small), b.handle(gather.indices), gather.axis)];
  });
