// In: the plates of a sketch. Out: nested ones as a tree, for drawing tools that know only nesting, and those left over.
import type { Sketch, SketchPlate } from './sketch.ts';

export interface PlateTree extends SketchPlate {
  readonly inside: readonly PlateTree[];
}

const holds = (outer: SketchPlate, inner: SketchPlate): boolean =>
  inner.members.every((m) => outer.members.includes(m));

/** A plate that crosses a larger one is left over. */
export const plateTree = (
  sketch: Sketch,
): { readonly trees: readonly PlateTree[]; readonly left: readonly SketchPlate[] } => {
  const bySize = sketch.plates
    .filter((p) => p.members.length > 0)
    .toSorted((a, b) => b.members.length - a.members.length);
  const crosses = (p: SketchPlate, q: SketchPlate): boolean =>
    p.members.some((m) => q.members.includes(m)) && !holds(q, p);
  const kept: SketchPlate[] = [];
  for (const p of bySize) if (!kept.some((q) => crosses(p, q))) kept.push(p);
  /** In each list a plate comes after all that hold it. */
  const below = (candidates: readonly SketchPlate[]): readonly PlateTree[] => {
    const trees: PlateTree[] = [];
    const rest = [...candidates];
    for (let p = rest.shift(); p !== undefined; p = rest.shift()) {
      const outer = p;
      const inside = rest.filter((q) => holds(outer, q));
      for (const q of inside) rest.splice(rest.indexOf(q), 1);
      trees.push({ ...outer, inside: below(inside) });
    }
    return trees;
  };
  return { trees: below(kept), left: bySize.filter((p) => !kept.includes(p)) };
};
