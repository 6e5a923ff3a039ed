// A statement list as units that may be moved by themselves: a nest, or neighbours that pass scalars to each other (a reduction
// and the store of what it found). In: a list. Out: its units in order, with their effects.
import { print } from '../../tensor/dims.ts';
import type { Loop, Statement } from '../kernel.ts';
import { visitStatements } from '../visit.ts';
import { effectsOf, type Effects } from './dependences.ts';

export interface Unit {
  readonly statements: readonly Statement[];
  readonly effects: Effects;
}

export const unitOf = (statements: readonly Statement[]): Unit => ({ statements, effects: effectsOf(statements) });

export const unitsOf = (list: readonly Statement[]): readonly Unit[] => {
  const effects = list.map((statement) => effectsOf([statement]));
  const lastUse = new Map<number, number>();
  effects.forEach(({ uses }, i) => uses.forEach((local) => lastUse.set(local, i)));
  const units: Unit[] = [];
  let [start, end] = [0, 0];
  for (let i = 0; i < list.length; i++) {
    for (const local of effects[i]!.makes) end = Math.max(end, lastUse.get(local) ?? i);
    if (i < end) continue;
    units.push(start === i ? { statements: [list[i]!], effects: effects[i]! } : unitOf(list.slice(start, i + 1)));
    [start, end] = [i + 1, i + 1];
  }
  return units;
};

/** Extents of all loops of a unit, printed. */
export const extentsOf = ({ statements }: Unit): ReadonlySet<string> => {
  const found = new Set<string>();
  const note = ({ extent }: Loop): void => {
    if (extent.kind === 'dim') found.add(print(extent.dim));
  };
  visitStatements(statements, {
    statement: (s) => {
      if (s.kind === 'loop') note(s.loop);
      else if (s.kind === 'reduce') s.loops.forEach(note);
      else if (s.kind === 'product') [s.rows, s.columns, s.inner].forEach(note);
    },
  });
  return found;
};
