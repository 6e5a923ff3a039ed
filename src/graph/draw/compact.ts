// In: a cell for every node. Out: coordinates: columns and rows as close together as shapes, labels and plate borders allow.
import type { Rect } from './geometry.ts';
import type { Cells } from './place.ts';
import type { Sketch } from './sketch.ts';
import { sizes } from './style.ts';
import { textWidth } from './text-width.ts';

/** The least width of a plate with this label. */
export const plateLabelWidth = (label: string): number => textWidth(label, sizes.plateLabel) + 18;

/** How far a node and its label reach from its centre. */
export type Reach = Rect;

const gap = { across: 26, down: 24 } as const;
/** Least distance of neighbouring columns and rows. */
const least = { across: 44, down: 46 } as const;

export interface Coordinates {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly boxes: readonly Rect[];
}

/** `wider` gives the extra room between two nodes that the label of the line between them needs, `strips` on which side of a
 *  plate its label stands. */
export const compact = (
  sketch: Sketch,
  cells: Cells,
  reach: readonly Reach[],
  wider: (a: number, b: number) => number,
  strips: readonly ('top' | 'bottom')[],
): Coordinates => {
  const { plates, nodes } = sketch;
  const number = new Map(nodes.map((n, i) => [n.id, i]));
  const members = plates.map((p) => p.members.map((m) => number.get(m)!));
  const has = members.map((list) => new Set(list));
  const spanOf = (axis: Int32Array, list: readonly number[]): readonly [number, number] => [
    Math.min(...list.map((m) => axis[m]!)),
    Math.max(...list.map((m) => axis[m]!)),
  ];
  const columns = members.map((list) => spanOf(cells.column, list));
  const rows = members.map((list) => spanOf(cells.row, list));
  const parting = (a: number, b: number): readonly number[] =>
    plates.flatMap((_, p) => (has[p]!.has(a) && !has[p]!.has(b) ? [p] : []));
  /** What the plates around a, but not b, stretch over along an axis. */
  const stretch = (
    a: number,
    b: number,
    axis: Int32Array,
    spans: readonly (readonly [number, number])[],
  ): readonly [number, number] => {
    const own = parting(a, b).map((p) => spans[p]!);
    return [Math.min(axis[a]!, ...own.map((s) => s[0])), Math.max(axis[a]!, ...own.map((s) => s[1]))];
  };
  const meet = (s: readonly [number, number], t: readonly [number, number]): boolean => s[0] <= t[1] && t[0] <= s[1];

  /** A plate that crosses earlier ones is drawn wider than they are, so that no borders coincide. */
  const crosses = (p: number, q: number): boolean =>
    members[p]!.some((m) => has[q]!.has(m)) &&
    members[p]!.some((m) => !has[q]!.has(m)) &&
    members[q]!.some((m) => !has[p]!.has(m));
  const margins = plates.map(
    (_, p) => sizes.plateMargin + 7 * plates.slice(0, p).filter((_, q) => crosses(p, q)).length,
  );

  /** Positions of the lines along one axis, each as small as the pairs before it allow. */
  const settle = (
    main: Int32Array,
    cross: Int32Array,
    crossSpans: readonly (readonly [number, number])[],
    minimum: number,
    distance: (before: number, after: number) => number,
  ): Float64Array => {
    const lines = [...new Set(main)].sort((a, b) => a - b);
    const at = new Map<number, number>();
    lines.forEach((line, k) => {
      let position = k === 0 ? 0 : at.get(lines[k - 1]!)! + minimum;
      for (let v = 0; v < nodes.length; v++) {
        if (main[v] !== line) continue;
        for (let u = 0; u < nodes.length; u++) {
          if (main[u]! >= line) continue;
          if (meet(stretch(u, v, cross, crossSpans), stretch(v, u, cross, crossSpans)))
            position = Math.max(position, at.get(main[u]!)! + distance(u, v));
        }
      }
      at.set(line, position);
    });
    return Float64Array.from(main, (line) => at.get(line)!);
  };
  const borders = (u: number, v: number): number =>
    [...parting(u, v), ...parting(v, u)].reduce((sum, p) => sum + margins[p]!, 0);
  const x = settle(cells.column, cells.row, rows, least.across, (u, v) => {
    const room = gap.across + borders(u, v) + (cells.row[u] === cells.row[v] ? wider(u, v) : 0);
    return reach[u]!.right + reach[v]!.left + room;
  });
  const y = settle(cells.row, cells.column, columns, least.down, (u, v) => {
    const labels =
      parting(u, v).filter((p) => strips[p] === 'bottom').length +
      parting(v, u).filter((p) => strips[p] === 'top').length;
    const room = cells.column[u] === cells.column[v] ? wider(u, v) : 0;
    const frames = borders(u, v) + labels * (sizes.plateLabel + 2);
    return reach[u]!.bottom + reach[v]!.top + gap.down + frames + room;
  });

  const depth = (p: number): number =>
    plates.filter((_, q) => q !== p && has[q]!.size <= has[p]!.size && isInside(q, p)).length;
  const isInside = (q: number, p: number): boolean =>
    members[q]!.every((m) => has[p]!.has(m)) && (has[q]!.size < has[p]!.size || q < p);
  const boxes: Rect[] = [];
  for (const p of plates.map((_, i) => i).sort((a, b) => depth(a) - depth(b))) {
    const inner = plates.flatMap((_, q) => (isInside(q, p) ? [boxes[q]!] : []));
    const own = members[p]!.map((m): Rect => ({
      left: x[m]! - reach[m]!.left,
      right: x[m]! + reach[m]!.right,
      top: y[m]! - reach[m]!.top,
      bottom: y[m]! + reach[m]!.bottom,
    }));
    const all = [...own, ...inner];
    const left = Math.min(...all.map((r) => r.left)) - margins[p]!;
    const right = Math.max(...all.map((r) => r.right)) + margins[p]!;
    boxes[p] = {
      left,
      right: Math.max(right, left + plateLabelWidth(plates[p]!.label)),
      top: Math.min(...all.map((r) => r.top)) - margins[p]! - (strips[p] === 'top' ? sizes.plateLabel : 0),
      bottom: Math.max(...all.map((r) => r.bottom)) + margins[p]! + (strips[p] === 'bottom' ? sizes.plateLabel : 0),
    };
  }
  return { x, y, boxes };
};
