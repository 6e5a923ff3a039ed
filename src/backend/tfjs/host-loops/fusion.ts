// Which values of a body are computed where they are read, and which outputs matter. In: a body, the outputs that are wanted.
// Out: the instructions that run, and for each value whether its only reader reads each entry once, so that it needs no array.
import { isOne, type Dim } from '../../../tensor/dims.ts';
import { operandsOf } from '../../../tensor/instructions.ts';
import type { Instr, Program, ValueId } from '../../../tensor/program.ts';
import { keepsAxes } from './values.ts';

export interface Fusion {
  readonly instrs: readonly Instr[];
  readonly fuses: (id: ValueId) => boolean;
}

/** `carried`: outputs that replace carries; `collected`: outputs that are collected. Positions in `program.outputs`. */
export const fusionOf = (program: Program, carried: readonly number[], collected: readonly number[]): Fusion => {
  const shape = (id: ValueId): readonly Dim[] => program.values[id]!.shape;
  const outputs = (positions: readonly number[]): readonly ValueId[] => positions.map((i) => program.outputs[i]!.id);
  const [next, stacked] = [outputs(carried), outputs(collected)];
  const needed = new Set([...next, ...stacked]);
  const instrs = program.instrs
    .toReversed()
    .filter((instr) => {
      if (!instr.out.some((id) => needed.has(id))) return false;
      for (const id of operandsOf(instr)) needed.add(id);
      return true;
    })
    .reverse();
  const readers = new Map<ValueId, Instr[]>();
  for (const instr of instrs) for (const id of operandsOf(instr)) readers.set(id, [...(readers.get(id) ?? []), instr]);

  const fuses = (id: ValueId): boolean => {
    const all = readers.get(id) ?? [];
    // What becomes a carry is computed before the carries change.
    if (next.includes(id)) return false;
    const times = stacked.filter((other) => other === id).length;
    if (times > 0) return times === 1 && all.length === 0;
    return all.length === 1 && readsOnce(all[0]!, id);
  };
  const readsOnce = (reader: Instr, id: ValueId): boolean => {
    switch (reader.op) {
      case 'map':
        return keepsAxes(shape(id), shape(reader.out[0]));
      case 'contract': {
        if (reader.semiring.kind === 'soft-min') return false;
        const operand = reader.operands.find(({ value }) => value === id)!;
        const others = reader.operands.flatMap(({ value, axes }) => axes.filter((_, i) => !isOne(shape(value)[i]!)));
        return others.every((label) => operand.axes.includes(label));
      }
      case 'cast':
        return fuses(reader.out[0]);
      case 'view':
        switch (reader.view.kind) {
          case 'transpose':
          case 'reverse':
            return fuses(reader.out[0]);
          case 'reshape':
            return keepsAxes(shape(id), shape(reader.out[0])) && fuses(reader.out[0]);
          default:
            return false;
        }
      default:
        return false;
    }
  };
  return { instrs, fuses };
};
