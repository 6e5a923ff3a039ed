// Sums that a scan carries are multiplied by a factor of the whole loop after it: Σ_t w ⊙ m_t = w ⊙ Σ_t m_t. What is left in the
// loop is a product added to what stands there, which a kernel does in place. In: a program. Out: one with the same meaning, up
// to rounding; a sum overflows only where w is so small that the terms come near the largest number.
import { shapesEqual } from '../../tensor/dims.ts';
import { countReads, producersOf } from '../../tensor/instructions.ts';
import type { Instr, Program, ValueId, ValueInfo } from '../../tensor/program.ts';
import { one } from './labelled.ts';

type Scan = Extract<Instr, { op: 'scan' }>;

/** A carry that a body adds w ⊙ m to, where w is captured, and perhaps more. */
interface Accumulator {
  readonly index: number;
  /** The outer value of w. */
  readonly factor: ValueId;
  readonly term: ValueId;
  /** What else is added. */
  readonly rest: readonly ValueId[];
}

const accumulatorsOf = ({ body, carry, captured, resumable }: Scan): readonly Accumulator[] => {
  if (resumable === true) return [];
  const reads = countReads(body);
  const producers = producersOf(body);
  const firstCapture = body.inputs.length - captured.length;
  const outer = new Map(body.inputs.slice(firstCapture).map(({ id }, i) => [id, captured[i]!] as const));
  const readOnce = (id: ValueId): boolean => reads.get(id) === 1;
  const addends = (id: ValueId): readonly ValueId[] => {
    const instr = producers.get(id);
    return instr?.op === 'map' && instr.fn === 'add' && readOnce(id) ? instr.args.flatMap(addends) : [id];
  };
  return carry.flatMap((_, index): readonly Accumulator[] => {
    const variable = body.inputs[index]!.id;
    const { shape } = body.values[variable]!;
    const terms = addends(body.outputs[index]!.id);
    if (!readOnce(variable) || !terms.includes(variable) || terms.length < 2) return [];
    for (const id of terms) {
      const product = producers.get(id);
      if (product?.op !== 'map' || product.fn !== 'mul' || !readOnce(id)) continue;
      const factor = product.args.find((arg) => outer.has(arg));
      const term = product.args.find((arg) => arg !== factor);
      if (factor === undefined || term === undefined || !shapesEqual(body.values[term]!.shape, shape)) continue;
      const rest = terms.filter((other) => other !== id && other !== variable);
      return [{ index, factor: outer.get(factor)!, term, rest }];
    }
    return [];
  });
};

const move = (scan: Scan, outerValues: ValueInfo[]): readonly Instr[] => {
  const found = accumulatorsOf(scan);
  if (found.length === 0) return [scan];
  const { body } = scan;
  const carries = scan.carry.length;
  const inner = [...body.values];
  const fresh = (info: ValueInfo, values: ValueInfo[]): ValueId => values.push(info) - 1;
  const [before, added, after]: [Instr[], Instr[], Instr[]] = [[], [], []];
  const [inputs, outputs, starts, ends]: [Program['inputs'][number][], Program['outputs'][number][], ValueId[], ValueId[]] = [[], [], [], []]; // prettier-ignore
  const renewed = new Map<number, ValueId>();
  const out = [...scan.out];
  for (const { index, factor, term, rest } of found) {
    const info = body.values[body.inputs[index]!.id]!;
    const sumOf = (values: readonly ValueId[]): ValueId =>
      values.reduce((x, y) => {
        const sum = fresh(info, inner);
        added.push({ op: 'map', out: [sum], fn: 'add', args: [x, y] });
        return sum;
      });
    // The carry itself keeps what is not multiplied; a new one takes the terms, from zeros on.
    renewed.set(index, sumOf([body.inputs[index]!.id, ...rest]));
    const variable = fresh(info, inner);
    inputs.push({ name: `accumulated${index}`, id: variable });
    outputs.push({ name: `accumulated${index}`, id: sumOf([variable, term]) });
    const [number, ones] = [fresh({ shape: [], dtype: info.dtype }, outerValues), fresh({ shape: info.shape.map(() => one), dtype: info.dtype }, outerValues)]; // prettier-ignore
    const [start, end, whole, product] = [0, 1, 2, 3].map(() => fresh(info, outerValues)) as [ValueId, ValueId, ValueId, ValueId]; // prettier-ignore
    before.push(
      { op: 'constant', out: [number], value: 0 },
      { op: 'view', out: [ones], arg: number, view: { kind: 'reshape', shape: info.shape.map(() => one) } },
      { op: 'view', out: [start], arg: ones, view: { kind: 'expand', shape: info.shape } },
    );
    starts.push(start);
    ends.push(end);
    after.push(
      { op: 'map', out: [product], fn: 'mul', args: [factor, end] },
      { op: 'map', out: [out[index]!], fn: 'add', args: [whole, product] },
    );
    out[index] = whole;
  }
  const moved: Scan = {
    ...scan,
    out: [...out.slice(0, carries), ...ends, ...out.slice(carries)],
    carry: [...scan.carry, ...starts],
    body: {
      values: inner,
      inputs: [...body.inputs.slice(0, carries), ...inputs, ...body.inputs.slice(carries)],
      instrs: [...body.instrs, ...added],
      outputs: [
        ...body.outputs.slice(0, carries).map(({ name, id }, i) => ({ name, id: renewed.get(i) ?? id })),
        ...outputs,
        ...body.outputs.slice(carries),
      ],
    },
  };
  return [...before, moved, ...after];
};

export const moveAccumulatedFactors = (program: Program): Program => {
  const values = [...program.values];
  const instrs = program.instrs.flatMap((instr): readonly Instr[] => {
    switch (instr.op) {
      case 'scan':
        return move({ ...instr, body: moveAccumulatedFactors(instr.body) }, values);
      case 'while':
        return [{ ...instr, test: moveAccumulatedFactors(instr.test), body: moveAccumulatedFactors(instr.body) }];
      default:
        return [instr];
    }
  });
  return { ...program, instrs, values };
};
