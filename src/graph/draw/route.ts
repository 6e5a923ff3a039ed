// In: a sketch, its layout and an edge. Out: the line to draw: straight where nothing is in the way, else as Graphviz routed it.
import type { Layout, Point, Rect } from './layout.ts';
import type { Sketch, SketchNode } from './sketch.ts';
import { extent } from './style.ts';

/** Two points of a straight line, or Bézier points; from the factor's centre to the variable's. */
export const routeEdge = (sketch: Sketch, layout: Layout, index: number): readonly Point[] => {
  const edge = sketch.edges[index]!;
  const from = layout.nodes.get(edge.factor)!;
  const to = layout.nodes.get(edge.variable)!;
  const routed = layout.edges[index]!;
  const parallel = sketch.edges.some((e, i) => i !== index && e.factor === edge.factor && e.variable === edge.variable);
  const hit = sketch.nodes.some(
    (n) => n.id !== edge.factor && n.id !== edge.variable && crosses(from, to, shapeRect(n, layout)),
  );
  return (parallel || hit) && routed.length >= 4 ? routed : [from, to];
};

export const shapeRect = (node: SketchNode, layout: Layout, clearance = 4): Rect => {
  const { x, y } = layout.nodes.get(node.id)!;
  const { rx, ry } = extent(node);
  return { left: x - rx - clearance, right: x + rx + clearance, top: y - ry - clearance, bottom: y + ry + clearance };
};

/** Whether the segment meets the rectangle (Liang & Barsky, 1984). */
export const crosses = (a: Point, b: Point, rect: Rect): boolean => {
  let [enter, leave] = [0, 1];
  const clip = (direction: number, distance: number): boolean => {
    if (direction === 0) return distance >= 0;
    const t = distance / direction;
    if (direction < 0) enter = Math.max(enter, t);
    else leave = Math.min(leave, t);
    return enter <= leave;
  };
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  return (
    clip(-dx, a.x - rect.left) && clip(dx, rect.right - a.x) && clip(-dy, a.y - rect.top) && clip(dy, rect.bottom - a.y)
  );
};
