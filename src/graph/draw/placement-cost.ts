// In: the nodes, lines and plates of a sketch. Out: a function that says how hard a placement on the grid is to read. It is
// called some hundred thousand times, so it works on flat arrays and allocates nothing.
import { crossings, passesThrough } from './segments.ts';

/** What the drawing of a sketch is judged by; the nodes are numbered as in the sketch. */
export interface Problem {
  readonly nodes: number;
  readonly edges: readonly EdgeGoal[];
  readonly plates: readonly { readonly members: readonly number[]; readonly has: Uint8Array }[];
  /** Of two plates: whether neither holds a node of the other. */
  readonly apart: readonly (readonly [number, number])[];
  /** Nodes that move together, beside single ones. */
  readonly clumps: readonly (readonly number[])[];
}

export interface EdgeGoal {
  readonly a: number;
  readonly b: number;
  /** Where b is wanted, seen from a: somewhere below or above, right of it in one row, or under it in one column. */
  readonly want: 'below' | 'above' | 'right' | 'under';
  /** How much. */
  readonly weight: number;
}

/** The prices of what makes a drawing hard to read. */
const price = {
  strangerInPlate: 40,
  platesOverlap: 40,
  nodeOnLine: 14,
  crossing: 7,
  lineThroughPlate: 4,
  wrongSide: 2.2,
  sameRow: 1,
  notInLine: 7,
  slanted: 0.8,
  length: 1,
  cell: 0.1,
} as const;

/** Lengths to the power 1.5 for small distances; the price of a line grows faster than its length. */
const reachOfTable = 32;
const lengths = Float64Array.from(
  { length: reachOfTable * reachOfTable },
  (_, i) => Math.hypot(Math.floor(i / reachOfTable), i % reachOfTable) ** 1.5,
);
const lengthPrice = (dx: number, dy: number): number => {
  const [x, y] = [Math.abs(dx), Math.abs(dy)];
  return x < reachOfTable && y < reachOfTable ? lengths[x * reachOfTable + y]! : Math.hypot(x, y) ** 1.5;
};

export const costFunction = ({
  nodes,
  edges,
  plates,
  apart,
}: Problem): ((column: Int32Array, row: Int32Array) => number) => {
  const ends = Int32Array.from(edges.flatMap((e) => [e.a, e.b]));
  /** By plate: left, right, top, bottom. */
  const rects = new Float64Array(4 * plates.length);
  /** Pairs of lines without a common end. */
  const pairs = Int32Array.from(
    edges.flatMap((e, k) =>
      edges.slice(0, k).flatMap((f, j) => (e.a === f.a || e.a === f.b || e.b === f.a || e.b === f.b ? [] : [k, j])),
    ),
  );
  /** Lines and plates that have nothing to do with each other. */
  const foreign = Int32Array.from(
    edges.flatMap((e, k) => plates.flatMap(({ has }, p) => (has[e.a] === 1 || has[e.b] === 1 ? [] : [k, p]))),
  );
  return (column, row) => {
    let cost = 0;
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let i = 0; i < nodes; i++) {
      const [c, r] = [column[i]!, row[i]!];
      if (c < left) left = c;
      if (c > right) right = c;
      if (r < top) top = r;
      if (r > bottom) bottom = r;
    }
    cost += price.cell * (right - left + 1) * (bottom - top + 1);

    for (let p = 0; p < plates.length; p++) {
      const { members, has } = plates[p]!;
      let [l, r, t, b] = [Infinity, -Infinity, Infinity, -Infinity];
      for (let k = 0; k < members.length; k++) {
        const m = members[k]!;
        l = Math.min(l, column[m]!);
        r = Math.max(r, column[m]!);
        t = Math.min(t, row[m]!);
        b = Math.max(b, row[m]!);
      }
      rects[4 * p] = l;
      rects[4 * p + 1] = r;
      rects[4 * p + 2] = t;
      rects[4 * p + 3] = b;
      for (let i = 0; i < nodes; i++)
        if (has[i] === 0 && column[i]! >= l && column[i]! <= r && row[i]! >= t && row[i]! <= b)
          cost += price.strangerInPlate;
      cost += price.cell * ((r - l + 1) * (b - t + 1) - members.length);
    }
    for (let k = 0; k < apart.length; k++) {
      const [p, q] = apart[k]!;
      const meetX = rects[4 * p]! <= rects[4 * q + 1]! && rects[4 * q]! <= rects[4 * p + 1]!;
      const meetY = rects[4 * p + 2]! <= rects[4 * q + 3]! && rects[4 * q + 2]! <= rects[4 * p + 3]!;
      if (meetX && meetY) cost += price.platesOverlap;
    }

    for (let k = 0; k < edges.length; k++) {
      const { a, b, want, weight } = edges[k]!;
      const [xa, ya, xb, yb] = [column[a]!, row[a]!, column[b]!, row[b]!];
      const [dx, dy] = [xb - xa, yb - ya];
      cost += price.length * lengthPrice(dx, dy);
      if (dx !== 0 && dy !== 0) cost += price.slanted;
      switch (want) {
        case 'right':
          cost += weight * price.notInLine * ((dy === 0 ? 0 : 1) + (dx > 0 ? 0 : 1));
          break;
        case 'under':
          cost += weight * price.notInLine * ((dx === 0 ? 0 : 1) + (dy > 0 ? 0 : 1));
          break;
        case 'below':
          cost += weight * (dy === 0 ? price.sameRow : dy < 0 ? price.wrongSide : 0);
          break;
        case 'above':
          cost += weight * (dy === 0 ? price.sameRow : dy > 0 ? price.wrongSide : 0);
          break;
      }
      for (let i = 0; i < nodes; i++) {
        if (i === a || i === b) continue;
        const [x, y] = [column[i]!, row[i]!];
        if ((x < xa && x < xb) || (x > xa && x > xb) || (y < ya && y < yb) || (y > ya && y > yb)) continue;
        if (passesThrough(xa, ya, xb, yb, x, y)) cost += price.nodeOnLine;
      }
    }
    for (let n = 0; n < pairs.length; n += 2) {
      const [k, j] = [2 * pairs[n]!, 2 * pairs[n + 1]!];
      const [a, b, c, d] = [ends[k]!, ends[k + 1]!, ends[j]!, ends[j + 1]!];
      const [xa, xb, xc, xd] = [column[a]!, column[b]!, column[c]!, column[d]!];
      if ((xa < xc && xa < xd && xb < xc && xb < xd) || (xa > xc && xa > xd && xb > xc && xb > xd)) continue;
      const [ya, yb, yc, yd] = [row[a]!, row[b]!, row[c]!, row[d]!];
      if ((ya < yc && ya < yd && yb < yc && yb < yd) || (ya > yc && ya > yd && yb > yc && yb > yd)) continue;
      if (crossings(xa, ya, xb, yb, xc, yc, xd, yd)) cost += price.crossing;
    }
    for (let n = 0; n < foreign.length; n += 2) {
      const [k, p] = [2 * foreign[n]!, 4 * foreign[n + 1]!];
      const [a, b] = [ends[k]!, ends[k + 1]!];
      const [xa, xb, ya, yb] = [column[a]!, column[b]!, row[a]!, row[b]!];
      const apartX = (xa < rects[p]! && xb < rects[p]!) || (xa > rects[p + 1]! && xb > rects[p + 1]!);
      const apartY = (ya < rects[p + 2]! && yb < rects[p + 2]!) || (ya > rects[p + 3]! && yb > rects[p + 3]!);
      if (!apartX && !apartY) cost += price.lineThroughPlate;
    }
    return cost;
  };
};
