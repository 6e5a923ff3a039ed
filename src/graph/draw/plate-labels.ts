// In: plates and lines. Out: in which corner of its plate each label stands: where fewest lines leave.
import type { Rect } from './geometry.ts';
import { overlap, segmentMeets } from './geometry.ts';
import type { EdgeLabelPlace, RoutedEdge } from './layout-form.ts';
import type { Cells } from './place.ts';
import { polyline, sidesOf } from './route-edges.ts';
import type { Sketch } from './sketch.ts';
import { sizes } from './style.ts';
import { textWidth } from './text-width.ts';

export type Strip = 'top' | 'bottom';

/** Labels stand at the bottom unless more lines leave there than at the top. */
export const labelStrips = (sketch: Sketch, cells: Cells): readonly Strip[] => {
  const number = new Map(sketch.nodes.map((n, i) => [n.id, i]));
  return sketch.plates.map((p): Strip => {
    const rows = p.members.map((m) => cells.row[number.get(m)!]!);
    const [top, bottom] = [Math.min(...rows), Math.max(...rows)];
    let [up, down] = [0, 0];
    for (const e of sketch.edges) {
      const [a, b] = [p.members.includes(e.factor), p.members.includes(e.variable)];
      if (a === b) continue;
      const outside = cells.row[number.get(a ? e.variable : e.factor)!]!;
      if (outside < top) up++;
      if (outside > bottom) down++;
    }
    return down > up ? 'top' : 'bottom';
  });
};

export const plateLabelPlaces = (
  sketch: Sketch,
  boxes: ReadonlyMap<string, Rect>,
  strips: readonly Strip[],
  edges: readonly RoutedEdge[],
): ReadonlyMap<string, EdgeLabelPlace> => {
  const lines = edges.flatMap((e) => polyline(e.points));
  const taken: Rect[] = [];
  return new Map(
    sketch.plates.map((p, i) => {
      const box = boxes.get(p.id)!;
      const width = textWidth(p.label, sizes.plateLabel);
      const y = strips[i] === 'top' ? box.top + 12 : box.bottom - 12;
      const rectAt = (left: number): Rect => ({
        left,
        right: left + width,
        top: y - sizes.plateLabel / 2,
        bottom: y + sizes.plateLabel / 2,
      });
      const borders = sketch.plates.flatMap((q) => (q === p ? [] : sidesOf(boxes.get(q.id)!)));
      const cost = (rect: Rect): number =>
        [...lines, ...borders].filter(([a, b]) => segmentMeets(a, b, rect)).length +
        5 * taken.filter((r) => overlap(r, rect)).length;
      const [right, left] = [rectAt(box.right - 9 - width), rectAt(box.left + 9)];
      const chosen = cost(left) < cost(right) ? left : right;
      taken.push(chosen);
      const place: EdgeLabelPlace =
        chosen === left ? { at: { x: left.left, y }, anchor: 'start' } : { at: { x: right.right, y }, anchor: 'end' };
      return [p.id, place];
    }),
  );
};
