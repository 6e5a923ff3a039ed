// In: a sketch. Out: where everything is drawn: on a grid found by annealing, or by Graphviz when there are many nodes.
import { compact, plateLabelWidth } from './compact.ts';
import type { Reach } from './compact.ts';
import type { Point } from './geometry.ts';
import { graphvizLayout } from './graphviz.ts';
import { labelSides } from './label-sides.ts';
import { frameOf, labelRect, shapeRect } from './layout-form.ts';
import type { Layout, PlacedNode, Side } from './layout-form.ts';
import { placeOnGrid } from './place.ts';
import type { Cells } from './place.ts';
import { labelStrips, plateLabelPlaces } from './plate-labels.ts';
import { routeEdges } from './route-edges.ts';
import type { Sketch } from './sketch.ts';
import { sizes } from './style.ts';
import { textWidth } from './text-width.ts';

/** Beyond this many nodes annealing takes too long. */
const gridLimit = 36;

export const layOut = async (sketch: Sketch): Promise<Layout> =>
  sketch.nodes.length <= gridLimit ? gridLayout(sketch) : graphvizLayout(sketch);

export const gridLayout = (sketch: Sketch): Layout => {
  const cells = placeOnGrid(sketch);
  const strips = labelStrips(sketch, cells);
  const room = labelRoom(sketch, cells);
  // The sides of labels follow from the directions of lines, and these from the room that labels need: twice is enough.
  const rough = labelSides(
    sketch,
    cells.column.map((c) => c * 84),
    cells.row.map((r) => r * 62),
  );
  const first = compact(sketch, cells, reaches(sketch, rough), room, strips);
  const sides = labelSides(sketch, first.x, first.y);
  const { x, y, boxes } = compact(sketch, cells, reaches(sketch, sides), room, strips);
  const nodes = new Map(
    sketch.nodes.map((n, i): [string, PlacedNode] => [n.id, { at: { x: x[i]!, y: y[i]! }, side: sides[i]! }]),
  );
  const byPlate = new Map(sketch.plates.map((p, i) => [p.id, boxes[i]!]));
  const edges = routeEdges(sketch, nodes, byPlate);
  const links = sketch.links.map((l): readonly Point[] => [nodes.get(l.from)!.at, nodes.get(l.to)!.at]);
  const plateLabels = plateLabelPlaces(sketch, byPlate, strips, edges);
  return { frame: frameOf(sketch, nodes, byPlate, edges), nodes, boxes: byPlate, plateLabels, edges, links };
};

/** How far shape and label reach from the centre; wider where the only column of a plate must hold the plate's label. */
const reaches = (sketch: Sketch, sides: readonly Side[]): readonly Reach[] =>
  sketch.nodes.map((n, i): Reach => {
    const placed = { at: { x: 0, y: 0 }, side: sides[i]! };
    const rects = [shapeRect(n, placed), labelRect(n, placed) ?? []].flat();
    const reach = {
      left: -Math.min(...rects.map((r) => r.left)),
      right: Math.max(...rects.map((r) => r.right)),
      top: -Math.min(...rects.map((r) => r.top)),
      bottom: Math.max(...rects.map((r) => r.bottom)),
    };
    const alone = sketch.plates.filter((p) => p.members.length === 1 && p.members[0] === n.id);
    const width = Math.max(0, ...alone.map((p) => plateLabelWidth(p.label) - 2 * sizes.plateMargin));
    const missing = Math.max(0, width - reach.left - reach.right) / 2;
    return { ...reach, left: reach.left + missing, right: reach.right + missing };
  });

/** The room that the label of a line needs between its ends: its width along a level line, its height along an upright one. */
const labelRoom = (sketch: Sketch, cells: Cells): ((a: number, b: number) => number) => {
  const number = new Map(sketch.nodes.map((n, i) => [n.id, i]));
  const room = new Map<string, number>();
  for (const e of sketch.edges) {
    const [a, b] = [number.get(e.factor)!, number.get(e.variable)!];
    if (e.label === '') continue;
    const level = cells.row[a] === cells.row[b];
    const size = level ? textWidth(e.label, sizes.edgeLabel) : 1.8 * sizes.edgeLabel;
    for (const key of [`${a} ${b}`, `${b} ${a}`]) room.set(key, Math.max(room.get(key) ?? 0, size));
  }
  for (const l of sketch.links)
    room.set(`${number.get(l.from)} ${number.get(l.to)}`, textWidth(l.label, sizes.edgeLabel));
  return (a, b) => room.get(`${a} ${b}`) ?? 0;
};
