// What a layout is: coordinates of everything in a sketch, and the rectangles that shapes and labels take.
import type { Point, Rect } from './geometry.ts';
import type { Sketch, SketchNode } from './sketch.ts';
import { extent, outerLabel, sizes } from './style.ts';
import { textWidth } from './text-width.ts';

/** Where the label of a factor or a dot stands. */
export const sides = [
  'right',
  'above',
  'below',
  'left',
  'above-right',
  'below-right',
  'above-left',
  'below-left',
] as const;
export type Side = (typeof sides)[number];

export interface PlacedNode {
  readonly at: Point;
  /** Only for nodes with a label beside them. */
  readonly side: Side;
}

export interface EdgeLabelPlace {
  /** Middle of the text's height; horizontally the point that the anchor says. */
  readonly at: Point;
  readonly anchor: 'start' | 'middle' | 'end';
}

export interface RoutedEdge {
  /** Two points of a straight line, or Bézier points; from the factor's centre to the variable's. */
  readonly points: readonly Point[];
  readonly label: EdgeLabelPlace | null;
}

export interface Layout {
  readonly frame: Rect;
  readonly nodes: ReadonlyMap<string, PlacedNode>;
  /** By plate id. */
  readonly boxes: ReadonlyMap<string, Rect>;
  /** By plate id; like the labels of lines. */
  readonly plateLabels: ReadonlyMap<string, EdgeLabelPlace>;
  /** In the order of the sketch. */
  readonly edges: readonly RoutedEdge[];
  readonly links: readonly (readonly Point[])[];
}

export const shapeRect = (node: SketchNode, { at }: PlacedNode): Rect => {
  const { rx, ry } = extent(node);
  return { left: at.x - rx, right: at.x + rx, top: at.y - ry, bottom: at.y + ry };
};

/** The rectangle of the label beside the shape; null when the name is inside. */
export const labelRect = (node: SketchNode, { at, side }: PlacedNode): Rect | null => {
  const label = outerLabel(node);
  if (label === null) return null;
  const { rx, ry } = extent(node);
  const { width, height } = label;
  const { right, below } = towards[side];
  // In a corner the label keeps clear of the lines that leave straight to the side and straight up or down.
  const corner = right !== 0 && below !== 0;
  const across = (sign: number, reach: number, size: number): readonly [number, number] =>
    sign === 0 ? [-size / 2, size / 2] : sign > 0 ? [reach, reach + size] : [-reach - size, -reach];
  const [left, end] = across(right, corner ? sizes.gap : rx + sizes.gap, width);
  const [top, bottom] = across(below, corner ? sizes.gap : ry + sizes.gap, height);
  return { left: at.x + left, right: at.x + end, top: at.y + top, bottom: at.y + bottom };
};

/** The direction of each side: x to the right, y down. */
export const towards: Readonly<Record<Side, { readonly right: -1 | 0 | 1; readonly below: -1 | 0 | 1 }>> = {
  right: { right: 1, below: 0 },
  left: { right: -1, below: 0 },
  above: { right: 0, below: -1 },
  below: { right: 0, below: 1 },
  'above-right': { right: 1, below: -1 },
  'below-right': { right: 1, below: 1 },
  'above-left': { right: -1, below: -1 },
  'below-left': { right: -1, below: 1 },
};

export const edgeLabelRect = (text: string, { at, anchor }: EdgeLabelPlace): Rect => {
  const width = textWidth(text, sizes.edgeLabel);
  const left = anchor === 'start' ? at.x : anchor === 'end' ? at.x - width : at.x - width / 2;
  return { left, right: left + width, top: at.y - sizes.edgeLabel / 2, bottom: at.y + sizes.edgeLabel / 2 };
};

/** The rectangle around all of it. */
export const frameOf = (
  sketch: Sketch,
  nodes: ReadonlyMap<string, PlacedNode>,
  boxes: ReadonlyMap<string, Rect>,
  edges: readonly RoutedEdge[],
): Rect => {
  const rects = [
    ...boxes.values(),
    ...sketch.nodes.flatMap((n) => {
      const label = labelRect(n, nodes.get(n.id)!);
      return label === null ? [shapeRect(n, nodes.get(n.id)!)] : [shapeRect(n, nodes.get(n.id)!), label];
    }),
    ...edges.flatMap((e, i) => (e.label === null ? [] : [edgeLabelRect(sketch.edges[i]!.label, e.label)])),
    ...edges.flatMap((e) => e.points.map((p): Rect => ({ left: p.x, right: p.x, top: p.y, bottom: p.y }))),
  ];
  return rects.reduce(
    (a, b) => ({
      left: Math.min(a.left, b.left),
      right: Math.max(a.right, b.right),
      top: Math.min(a.top, b.top),
      bottom: Math.max(a.bottom, b.bottom),
    }),
    rects[0] ?? { left: 0, right: 0, top: 0, bottom: 0 },
  );
};
