// In: placed nodes and plates. Out: the lines: straight where nothing is in the way, else bent around it; two lines between
// the same nodes bend apart. Labels of lines stand where they cover least.
import type { Point, Rect } from './geometry.ts';
import { grow, overlap, segmentMeets } from './geometry.ts';
import type { EdgeLabelPlace, PlacedNode, RoutedEdge } from './layout-form.ts';
import { edgeLabelRect, labelRect, shapeRect } from './layout-form.ts';
import type { Sketch, SketchEdge } from './sketch.ts';
import { extent } from './style.ts';

export const routeEdges = (
  sketch: Sketch,
  nodes: ReadonlyMap<string, PlacedNode>,
  boxes: ReadonlyMap<string, Rect>,
): readonly RoutedEdge[] => {
  const paths = sketch.edges.map((e, i) => route(sketch, nodes, e, i));
  const taken: Rect[] = sketch.nodes.flatMap((n) =>
    [shapeRect(n, nodes.get(n.id)!), labelRect(n, nodes.get(n.id)!) ?? []].flat(),
  );
  const borders = [...boxes.values()].flatMap(sidesOf);
  const lines = paths.flatMap(polyline);
  return sketch.edges.map((e, i): RoutedEdge => {
    const points = paths[i]!;
    if (e.label === '') return { points, label: null };
    const label = labelPlace(sketch, nodes, e, points, taken, [...lines, ...borders]);
    taken.push(edgeLabelRect(e.label, label));
    return { points, label };
  });
};

export type Segment = readonly [Point, Point];

export const sidesOf = (r: Rect): readonly Segment[] => {
  const [a, b, c, d] = [
    { x: r.left, y: r.top },
    { x: r.right, y: r.top },
    { x: r.right, y: r.bottom },
    { x: r.left, y: r.bottom },
  ];
  return [
    [a, b],
    [b, c],
    [c, d],
    [d, a],
  ];
};

/** How far the middle of a line may be moved aside, in order of trial. */
const bends = [0, 26, -26, 44, -44, 66, -66, 92, -92];

const route = (
  sketch: Sketch,
  nodes: ReadonlyMap<string, PlacedNode>,
  edge: SketchEdge,
  index: number,
): readonly Point[] => {
  const from = nodes.get(edge.factor)!.at;
  const to = nodes.get(edge.variable)!.at;
  const twins = sketch.edges.flatMap((e, i) => (e.factor === edge.factor && e.variable === edge.variable ? [i] : []));
  if (twins.length > 1) return bent(from, to, (twins.indexOf(index) - (twins.length - 1) / 2) * 36);
  const others = sketch.nodes.filter((n) => n.id !== edge.factor && n.id !== edge.variable);
  const obstacles = others.map((n) => grow(shapeRect(n, nodes.get(n.id)!), 3));
  const labels = others.flatMap((n) => labelRect(n, nodes.get(n.id)!) ?? []);
  const cost = (points: readonly Point[]): number => {
    const segments = polyline(points);
    const hits = (rects: readonly Rect[]): number =>
      rects.filter((r) => segments.some(([a, b]) => segmentMeets(a, b, r))).length;
    return 10 * hits(obstacles) + hits(labels);
  };
  const candidates = bends.map((by) => (by === 0 ? [from, to] : bent(from, to, by)));
  const costs = candidates.map((points, i) => cost(points) + i * 0.12);
  return candidates[costs.indexOf(Math.min(...costs))]!;
};

/** A cubic whose middle lies `by` to the left of the straight line. */
const bent = (from: Point, to: Point, by: number): readonly Point[] => {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = Math.hypot(dx, dy) || 1;
  // The control points move by 4/3 of what the middle moves.
  const [nx, ny] = [((dy / length) * by * 4) / 3, ((-dx / length) * by * 4) / 3];
  const at = (t: number): Point => ({ x: from.x + t * dx + nx, y: from.y + t * dy + ny });
  return [from, at(0.3), at(0.7), to];
};

export const pointOn = (points: readonly Point[], t: number): Point => {
  const [a, b, c, d] = points as [Point, Point, Point?, Point?];
  if (c === undefined || d === undefined) return { x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) };
  const u = 1 - t;
  const mix = (p: number, q: number, r: number, s: number): number =>
    u * u * u * p + 3 * u * u * t * q + 3 * u * t * t * r + t * t * t * s;
  return { x: mix(a.x, b.x, c.x, d.x), y: mix(a.y, b.y, c.y, d.y) };
};

export const polyline = (points: readonly Point[]): readonly Segment[] => {
  const steps = points.length === 2 ? 1 : 10;
  return Array.from(
    { length: steps },
    (_, i) => [pointOn(points, i / steps), pointOn(points, (i + 1) / steps)] as const,
  );
};

const labelPlace = (
  sketch: Sketch,
  nodes: ReadonlyMap<string, PlacedNode>,
  edge: SketchEdge,
  points: readonly Point[],
  taken: readonly Rect[],
  lines: readonly Segment[],
): EdgeLabelPlace => {
  const variable = sketch.nodes.find((n) => n.id === edge.variable)!;
  const factor = sketch.nodes.find((n) => n.id === edge.factor)!;
  const [from, to] = [nodes.get(edge.factor)!.at, nodes.get(edge.variable)!.at];
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const level = Math.abs(to.y - from.y) < Math.abs(to.x - from.x) * 0.35;
  // The middle of what is seen of the line, between the two shapes.
  const first = extent(factor).rx / length;
  const last = 1 - extent(variable).rx / length;
  const candidates = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8].flatMap((s): EdgeLabelPlace[] => {
    const { x, y } = pointOn(points, first + s * (last - first));
    return level
      ? [
          { at: { x, y: y - 10 }, anchor: 'middle' },
          { at: { x, y: y + 10 }, anchor: 'middle' },
        ]
      : [
          { at: { x: x + 6, y }, anchor: 'start' },
          { at: { x: x - 6, y }, anchor: 'end' },
        ];
  });
  const cost = (place: EdgeLabelPlace, order: number): number => {
    const rect = edgeLabelRect(edge.label, place);
    const covered = taken.filter((r) => overlap(rect, grow(r, 2))).length;
    const crossed = lines.filter(([a, b]) => segmentMeets(a, b, rect)).length;
    return 6 * covered + 2 * crossed + 0.1 * order;
  };
  const costs = candidates.map(cost);
  return candidates[costs.indexOf(Math.min(...costs))]!;
};
