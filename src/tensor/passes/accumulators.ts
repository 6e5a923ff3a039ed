// Sums that a scan carries take the axis order of what is added to them: the gradient of a matrix that is read transposed is
// gathered transposed, and turned once after the loop instead of at every step. In and out: a program with the same meaning.
import { shapesEqual } from '../dims.ts';
import { countReads, producersOf } from '../instructions.ts';
import type { Instr, Program, ValueId, ValueInfo } from '../program.ts';

type Scan = Extract<Instr, { op: 'scan' }>;
type Contract = Extract<Instr, { op: 'contract' }>;

/** The kept labels in the order of the operand that has most of them, as positions in `keep`; null where they are so already. */
const betterOrder = (instr: Contract): readonly number[] | null => {
  const kept = instr.operands.map(({ axes }) => axes.filter((label) => instr.keep.includes(label)));
  const most = kept.reduce((best, next) => (next.length > best.length ? next : best));
  if (most.length < instr.keep.length) return null;
  const order = most.map((label) => instr.keep.indexOf(label));
  return order.some((position, i) => position !== i) ? order : null;
};

interface Accumulator {
  /** Which carry. */
  readonly index: number;
  /** What the body adds to it. */
  readonly term: Contract;
  readonly sum: ValueId;
  readonly order: readonly number[];
}

/** Carries that a body only adds a contraction to, where another order of axes suits the contraction better. */
const accumulatorsOf = ({ body, carry }: Scan): readonly Accumulator[] => {
  const reads = countReads(body);
  const producer = producersOf(body);
  return carry.flatMap((_, index): readonly Accumulator[] => {
    const variable = body.inputs[index]!.id;
    const sum = producer.get(body.outputs[index]!.id);
    if (sum?.op !== 'map' || sum.fn !== 'add' || !sum.args.includes(variable)) return [];
    const added = sum.args.find((id) => id !== variable);
    const term = added === undefined ? undefined : producer.get(added);
    if (term?.op !== 'contract') return [];
    const alone = [variable, sum.out[0], term.out[0]].every((id) => reads.get(id) === 1);
    const whole = shapesEqual(body.values[variable]!.shape, body.values[term.out[0]]!.shape);
    const order = alone && whole ? betterOrder(term) : null;
    return order === null ? [] : [{ index, term, sum: sum.out[0], order }];
  });
};

const permuted = <T>(items: readonly T[], order: readonly number[]): readonly T[] => order.map((i) => items[i]!);

const turn = (scan: Scan, outer: ValueInfo[]): readonly Instr[] => {
  const found = accumulatorsOf(scan);
  if (found.length === 0) return [scan];
  const inner = [...scan.body.values];
  const [before, after]: [Instr[], Instr[]] = [[], []];
  const [carry, out] = [[...scan.carry], [...scan.out]];
  const fresh = (info: ValueInfo): ValueId => outer.push(info) - 1;
  const terms = new Map(found.map(({ term, order }) => [term as Instr, order]));
  for (const { index, term, sum, order } of found) {
    const info = outer[carry[index]!]!;
    const turned: ValueInfo = { ...info, shape: permuted(info.shape, order) };
    for (const id of [scan.body.inputs[index]!.id, term.out[0], sum]) inner[id] = turned;
    const [start, end] = [fresh(turned), fresh(turned)];
    before.push({ op: 'view', out: [start], arg: carry[index]!, view: { kind: 'transpose', permutation: order } });
    const back = order.map((_, i) => order.indexOf(i));
    after.push({ op: 'view', out: [out[index]!], arg: end, view: { kind: 'transpose', permutation: back } });
    carry[index] = start;
    out[index] = end;
  }
  const instrs = scan.body.instrs.map((instr): Instr => {
    const order = terms.get(instr);
    return order === undefined || instr.op !== 'contract' ? instr : { ...instr, keep: permuted(instr.keep, order) };
  });
  return [...before, { ...scan, carry, out, body: { ...scan.body, values: inner, instrs } }, ...after];
};

export const turnAccumulators = (program: Program): Program => {
  const values = [...program.values];
  const instrs = program.instrs.flatMap((instr): readonly Instr[] => {
    switch (instr.op) {
      case 'scan':
        return turn({ ...instr, body: turnAccumulators(instr.body) }, values);
      case 'while':
        return [{ ...instr, test: turnAccumulators(instr.test), body: turnAccumulators(instr.body) }];
      default:
        return [instr];
    }
  });
  return { ...program, instrs, values };
};
