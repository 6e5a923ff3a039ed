// In: variables and lets, which of them are drawn, and factors. Out: in which plates every variable and factor is drawn. A plate holds what
// has one node per value of its index; a factor whose indices do not fit the plates of its variables gets a box of its own.
import type { FactorGroup, Plate } from '../factor-graph.ts';
import { findPlates } from '../plates.ts';
import type { PlateMember } from '../plates.ts';

export interface Membership {
  /** Boxes to draw: plates that hold exactly the same variables are one box. */
  readonly boxes: readonly { readonly id: string; readonly plates: readonly Plate[] }[];
  readonly boxesOf: ReadonlyMap<string, readonly string[]>;
  readonly boxesOfFactor: ReadonlyMap<string, readonly string[]>;
  /** Plates in which the factor is drawn, by the binder that runs along each. */
  readonly platesOfFactor: ReadonlyMap<string, ReadonlyMap<string, string>>;
  /** By binder id of a variable. */
  readonly plateOf: ReadonlyMap<string, string>;
}

export const membershipOf = (
  all: readonly PlateMember[],
  drawn: readonly PlateMember[],
  groups: readonly FactorGroup[],
): Membership => {
  const { plates, plateOf } = findPlates(all, groups);
  const platesOf = (v: PlateMember): readonly string[] => [...new Set(v.binders.map((b) => plateOf.get(b.id)!))];
  const inside = new Map(
    plates.map((p) => [p.id, new Set(drawn.filter((v) => platesOf(v).includes(p.id)).map((v) => v.name))]),
  );
  const used = plates.filter((p) => inside.get(p.id)!.size > 0);
  const boxes: { id: string; plates: Plate[] }[] = [];
  for (const p of used) {
    const twin = boxes.find((box) => sameSet(inside.get(box.id)!, inside.get(p.id)!));
    if (twin === undefined) boxes.push({ id: p.id, plates: [p] });
    else twin.plates.push(p);
  }
  const boxesOf = new Map(
    drawn.map((v) => {
      const own = platesOf(v);
      return [v.name, boxes.filter((box) => own.includes(box.id)).map((box) => box.id)];
    }),
  );
  const encloses = (outer: string, inner: string): boolean =>
    outer !== inner && [...inside.get(inner)!].every((v) => inside.get(outer)!.has(v));
  const meet = (a: string, b: string): boolean => [...inside.get(a)!].some((v) => inside.get(b)!.has(v));

  const boxesOfFactor = new Map<string, readonly string[]>();
  const platesOfFactor = new Map<string, ReadonlyMap<string, string>>();
  for (const group of groups) {
    const along = platesAlong(group, plateOf);
    let kept = boxes.filter((box) => box.plates.every((p) => [...along.values()].includes(p.id)));
    // Only whole nests: every box around a kept one is kept, and kept ones share variables.
    for (let before = -1; before !== kept.length;) {
      before = kept.length;
      const ids = kept.map((box) => box.id);
      kept = kept.filter(
        ({ id }) =>
          boxes.every((box) => !encloses(box.id, id) || ids.includes(box.id)) && ids.every((other) => meet(id, other)),
      );
    }
    boxesOfFactor.set(
      group.name,
      kept.map((box) => box.id),
    );
    const ids = new Set(kept.flatMap((box) => box.plates.map((p) => p.id)));
    platesOfFactor.set(group.name, new Map([...along].filter(([, plate]) => ids.has(plate))));
  }
  return { boxes, boxesOf, boxesOfFactor, platesOfFactor, plateOf };
};

/** Binder to plate; a plate that two binders of the factor run along belongs to neither. */
const platesAlong = (group: FactorGroup, plateOf: ReadonlyMap<string, string>): ReadonlyMap<string, string> => {
  const along = group.binders.flatMap((b) => {
    const plate = plateOf.get(b.id);
    return plate === undefined ? [] : [[b.id, plate] as const];
  });
  return new Map(along.filter(([, plate]) => along.filter(([, other]) => other === plate).length === 1));
};

const sameSet = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((x) => b.has(x));
