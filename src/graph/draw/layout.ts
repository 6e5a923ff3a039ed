// In: a sketch. Out: coordinates: Graphviz' layered layout of the sketch as nested clusters, label sides, plate boxes.
import { instance } from '@viz-js/viz';
import type { Viz } from '@viz-js/viz';
import type { Sketch, SketchNode } from './sketch.ts';
import { extent, outerLabel, sizes } from './style.ts';
import { textWidth } from './text-width.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}
export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}
export type Side = 'right' | 'left' | 'above' | 'below';

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly nodes: ReadonlyMap<string, Point>;
  /** By plate id. */
  readonly boxes: ReadonlyMap<string, Rect>;
  /** Bézier points of each edge of the sketch, from centre to centre. */
  readonly edges: readonly (readonly Point[])[];
  /** Centres of the edge labels; null where there is no label. */
  readonly edgeLabels: readonly (Point | null)[];
  readonly links: readonly (readonly Point[])[];
}

export const layOut = async (sketch: Sketch): Promise<Layout> => {
  const viz: Viz = await instance();
  const { text, edgeNames } = layoutDot(sketch);
  const drawn = viz.renderJSON(text) as Drawn;
  const [, , width, height] = numbers(drawn.bb) as [number, number, number, number];
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
  return {
    width,
    height,
    nodes,
    boxes: new Map(sketch.plates.map((p) => [p.id, clusters.get(p.id) ?? around(sketch, p.members, nodes, p.label)])),
    edges: sketch.edges.map((_, i) => orient(path(edgeNames.edges[i]!), nodes.get(sketch.edges[i]!.factor)!)),
    edgeLabels: sketch.edges.map((_, i) => {
      const lp = edges.get(edgeNames.edges[i]!)?.lp;
      return lp === undefined ? null : point(lp);
    }),
    links: sketch.links.map((_, i) => path(edgeNames.links[i]!)),
  };
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
const around = (sketch: Sketch, members: readonly string[], nodes: ReadonlyMap<string, Point>, label: string): Rect => {
  const inside = sketch.nodes.filter((n) => members.includes(n.id));
  const rects = inside.map((n): Rect => {
    const { x, y } = nodes.get(n.id)!;
    const { width, height } = boxSize(sketch, n);
    return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
  });
  const margin = sizes.plateMargin;
  const left = Math.min(...rects.map((r) => r.left)) - margin;
  const right = Math.max(...rects.map((r) => r.right)) + margin;
  const top = Math.min(...rects.map((r) => r.top)) - margin;
  const bottom = Math.max(...rects.map((r) => r.bottom)) + margin + sizes.plateLabel;
  return { left, right: Math.max(right, left + textWidth(label, sizes.plateLabel) + margin), top, bottom };
};

/** Where the label of a factor or a dot stands: on the side where no line leaves. */
export const labelSide = (sketch: Sketch, node: SketchNode): Side => {
  const up = sketch.edges.some((e) => (e.into ? e.variable === node.id : e.factor === node.id));
  const down = sketch.edges.some((e) => (e.into ? e.factor === node.id : e.variable === node.id));
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

const quote = (text: string): string => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;

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
    plateTree(sketch),
    sketch.nodes.map((n) => n.id),
  );
  const edges = sketch.edges.map((_, i) => `e${i}`);
  sketch.edges.forEach((e, i) => {
    const [tail, head] = e.into ? [e.factor, e.variable] : [e.variable, e.factor];
    const label = e.label === '' ? '' : `, label=${quote(` ${e.label} `)}`;
    lines.push(`${quote(tail)} -> ${quote(head)} [id=e${i}${label}];`);
  });
  for (const flat of flatChains(sketch)) lines.push(`{rank=same; ${flat.map(quote).join('; ')};}`);
  const links = sketch.links.map((_, i) => `l${i}`);
  sketch.links.forEach((l, i) => lines.push(`${quote(l.from)} -> ${quote(l.to)} [id=l${i}, constraint=false];`));
  lines.push('}');
  return { text: lines.join('\n'), edgeNames: { edges, links } };
};

/** Neighbour, factor and variable side by side, where the step is along the last of the axes that the variable steps along. */
const flatChains = (sketch: Sketch): readonly (readonly string[])[] => {
  const neighbours = sketch.nodes.filter((n) => n.kind === 'neighbour');
  const flat = neighbours.filter((n) => !neighbours.some((m) => m.name === n.name && lastStep(m.id) > lastStep(n.id)));
  return flat.flatMap((n) => sketch.edges.filter((e) => e.variable === n.id).map((e) => [n.id, e.factor, n.name]));
};

/** The axis of the last step in an id such as `y[0,-1]`. */
const lastStep = (id: string): number =>
  id
    .slice(id.indexOf('[') + 1, -1)
    .split(',')
    .findLastIndex((step) => step !== '0');

interface PlateTree {
  readonly id: string;
  readonly label: string;
  readonly members: readonly string[];
  readonly inside: readonly PlateTree[];
}

/** Nested plates as a tree; a plate that crosses an earlier one is left out. */
const plateTree = (sketch: Sketch): readonly PlateTree[] => {
  const bySize = sketch.plates
    .filter((p) => p.members.length > 0)
    .toSorted((a, b) => b.members.length - a.members.length);
  const holds = (outer: readonly string[], inner: readonly string[]): boolean => inner.every((m) => outer.includes(m));
  const kept = bySize.filter(
    (p, i) =>
      !bySize.slice(0, i).some((q) => p.members.some((m) => q.members.includes(m)) && !holds(q.members, p.members)),
  );
  const below = (candidates: readonly (typeof kept)[number][]): readonly PlateTree[] => {
    const outermost = candidates.filter(
      (p, i) =>
        !candidates.some(
          (q, j) => i !== j && holds(q.members, p.members) && (q.members.length > p.members.length || j < i),
        ),
    );
    return outermost.map((p) => ({
      ...p,
      inside: below(candidates.filter((q) => q !== p && holds(p.members, q.members) && !outermost.includes(q))),
    }));
  };
  return below(kept);
};
