// In: a sketch of any size. Out: Graphviz' layered layout of it, plates being nested clusters. For graphs too large for the grid.
import { quote } from './dot.ts';
import type { Point, Rect } from './geometry.ts';
import { frameOf, labelRect, shapeRect, type Layout, type PlacedNode, type Side } from './layout-form.ts';
import { plateLabelPlaces } from './plate-labels.ts';
import { plateTree } from './plate-tree.ts';
import type { PlateTree } from './plate-tree.ts';
import type { Sketch, SketchEdge, SketchNode } from './sketch.ts';
import { extent, outerLabel, sizes } from './style.ts';
import { textWidth } from './text-width.ts';

export const graphvizLayout = async (sketch: Sketch): Promise<Layout> => {
  // Loaded here: a megabyte that only large graphs need.
  const { instance } = await import('@viz-js/viz');
  const viz = await instance();
  const { text, edgeNames } = layoutDot(sketch);
  const drawn = viz.renderJSON(text) as Drawn;
  const height = numbers(drawn.bb)[3]!;
  const point = (text: string): Point => {
    const [x, y] = numbers(text) as [number, number];
    return { x, y: height - y };
  };
  const objects = drawn.objects ?? [];
  const nodes = new Map(objects.flatMap((o) => (o.pos === undefined ? [] : [[o.name, point(o.pos)] as const])));
  const clusters = new Map(
    objects.flatMap((o) => {
      if (o.bb === undefined || !o.name.startsWith('cluster ')) return [];
      const [left, low, right, high] = numbers(o.bb) as [number, number, number, number];
      return [[o.name.slice('cluster '.length), { left, right, top: height - high, bottom: height - low }] as const];
    }),
  );
  const edges = new Map((drawn.edges ?? []).map((e) => [e.id, e]));
  const path = (id: string): readonly Point[] => {
    const pos = edges.get(id)?.pos;
    return pos === undefined
      ? []
      : pos
          .replace(/^[es],\S+ /, '')
          .split(' ')
          .map(point);
  };
  const placed = new Map(
    sketch.nodes.map((n): [string, PlacedNode] => [n.id, { at: nodes.get(n.id)!, side: labelSide(sketch, n) }]),
  );
  const boxes = new Map(
    sketch.plates.map((p) => [p.id, clusters.get(p.id) ?? around(sketch, p.members, placed, p.label)] as const),
  );
  const routed = sketch.edges.map((e, i) => {
    const points = orient(path(edgeNames.edges[i]!), nodes.get(e.factor)!);
    const lp = edges.get(edgeNames.edges[i]!)?.lp;
    return { points, label: lp === undefined ? null : { at: point(lp), anchor: 'middle' as const } };
  });
  const links = sketch.links.map((_, i) => path(edgeNames.links[i]!));
  const plateLabels = plateLabelPlaces(
    sketch,
    boxes,
    sketch.plates.map(() => 'bottom'),
    routed,
  );
  return { frame: frameOf(sketch, placed, boxes, routed), nodes: placed, boxes, plateLabels, edges: routed, links };
};

interface Drawn {
  readonly bb: string;
  readonly objects?: readonly { readonly name: string; readonly pos?: string; readonly bb?: string }[];
  readonly edges?: readonly { readonly id: string; readonly pos?: string; readonly lp?: string }[];
}

const numbers = (text: string): readonly number[] => text.split(',').map(Number);

/** From the factor to the variable. */
const orient = (path: readonly Point[], start: Point): readonly Point[] => {
  const [first, last] = [path[0], path.at(-1)];
  if (first === undefined || last === undefined) return path;
  const far = (p: Point): number => Math.hypot(p.x - start.x, p.y - start.y);
  return far(first) <= far(last) ? path : path.toReversed();
};

/** The bounding box of members, for a plate that crosses others and so is no cluster. */
const around = (
  sketch: Sketch,
  members: readonly string[],
  nodes: ReadonlyMap<string, PlacedNode>,
  label: string,
): Rect => {
  const inside = sketch.nodes.filter((n) => members.includes(n.id));
  const rects = inside.flatMap((n) => [shapeRect(n, nodes.get(n.id)!), labelRect(n, nodes.get(n.id)!) ?? []].flat());
  const margin = sizes.plateMargin;
  const left = Math.min(...rects.map((r) => r.left)) - margin;
  const right = Math.max(...rects.map((r) => r.right)) + margin;
  const top = Math.min(...rects.map((r) => r.top)) - margin;
  const bottom = Math.max(...rects.map((r) => r.bottom)) + margin + sizes.plateLabel;
  return { left, right: Math.max(right, left + textWidth(label, sizes.plateLabel) + margin), top, bottom };
};

/** Whether the variable stands below. Of a factor whose variables are all alike the first one stands above, or they would all
 *  stand in one row. */
const isDownward = (sketch: Sketch, edge: SketchEdge): boolean => {
  const own = sketch.edges.filter((e) => e.factor === edge.factor);
  return edge.into && !(own.length > 1 && own[0] === edge && own.every((e) => e.into));
};

/** Where the label of a factor or a dot stands: on the side where no line leaves. */
const labelSide = (sketch: Sketch, node: SketchNode): Side => {
  const ends = sketch.edges.filter((e) => e.factor === node.id || e.variable === node.id);
  const down = ends.some((e) => isDownward(sketch, e) === (e.factor === node.id));
  const up = ends.some((e) => isDownward(sketch, e) !== (e.factor === node.id));
  return up && down ? 'right' : up ? 'below' : 'above';
};

/** The room that a node needs, its label included; symmetric, since the lines end in the middle. */
const boxSize = (sketch: Sketch, node: SketchNode): { readonly width: number; readonly height: number } => {
  const { rx, ry } = extent(node);
  const label = outerLabel(node);
  if (label === null) return { width: 2 * rx, height: 2 * ry };
  return labelSide(sketch, node) === 'right'
    ? { width: 2 * (rx + sizes.gap + label.width), height: Math.max(2 * ry, label.height) }
    : { width: Math.max(2 * rx, label.width), height: 2 * (ry + sizes.gap + label.height) };
};

/** Graphviz input whose nodes are boxes of the right size. */
const layoutDot = (
  sketch: Sketch,
): {
  readonly text: string;
  readonly edgeNames: { readonly edges: readonly string[]; readonly links: readonly string[] };
} => {
  const inch = (x: number): string => (x / 72).toFixed(4);
  const node = (n: SketchNode): string => {
    const { width, height } = boxSize(sketch, n);
    return `${quote(n.id)} [width=${inch(width)}, height=${inch(height)}];`;
  };
  const lines: string[] = [
    'digraph {',
    'newrank=true; nodesep=0.3; ranksep=0.32; remincross=true;',
    'node [shape=box, fixedsize=true, label="", margin=0];',
    'edge [arrowhead=none, headclip=false, tailclip=false, fontsize=12];',
  ];
  const write = (plates: readonly PlateTree[], members: readonly string[]): void => {
    const inner = new Set(plates.flatMap((p) => p.members));
    for (const n of sketch.nodes) if (members.includes(n.id) && !inner.has(n.id)) lines.push(node(n));
    for (const p of plates) {
      const label = `<<table border="0" cellborder="0" cellspacing="0"><tr><td fixedsize="true" width="${Math.ceil(textWidth(p.label, sizes.plateLabel))}" height="${sizes.plateLabel}"></td></tr></table>>`;
      lines.push(`subgraph ${quote(`cluster ${p.id}`)} {`);
      lines.push(`margin=${sizes.plateMargin}; labelloc=b; labeljust=r; label=${label};`);
      write(p.inside, p.members);
      lines.push('}');
    }
  };
  write(
    plateTree(sketch).trees,
    sketch.nodes.map((n) => n.id),
  );
  const edges = sketch.edges.map((_, i) => `e${i}`);
  sketch.edges.forEach((e, i) => {
    const [tail, head] = isDownward(sketch, e) ? [e.factor, e.variable] : [e.variable, e.factor];
    const label = e.label === '' ? '' : `, label=${quote(` ${e.label} `)}`;
    lines.push(`${quote(tail)} -> ${quote(head)} [id=e${i}${label}];`);
  });
  const links = sketch.links.map((_, i) => `l${i}`);
  sketch.links.forEach((l, i) => lines.push(`${quote(l.from)} -> ${quote(l.to)} [id=l${i}, constraint=false];`));
  lines.push('}');
  return { text: lines.join('\n'), edgeNames: { edges, links } };
};
