// In: a sketch and its layout. Out: an SVG for a slide: transparent, one element per node, line and plate, each with data-name
// and data-span so that an editor can highlight what a name or a place in the file stands for.
import type { Span } from '../../diagnostics/diagnostic.ts';
import type { Point } from './geometry.ts';
import { grow } from './geometry.ts';
import { labelRect, towards } from './layout-form.ts';
import type { EdgeLabelPlace, Layout, PlacedNode } from './layout-form.ts';
import { pointOn } from './route-edges.ts';
import type { Label, Sketch, SketchEdge, SketchNode } from './sketch.ts';
import { colours, extent, fonts, outerLabel, sizes } from './style.ts';

const margin = 8;

export const svgOf = (sketch: Sketch, layout: Layout): string => {
  const byId = new Map(sketch.nodes.map((n) => [n.id, n]));
  const { left, top, right, bottom } = grow(layout.frame, margin);
  const [width, height] = [right - left, bottom - top];
  const parts = [
    ...sketch.plates.map((p) => plate(p.id, p.label, layout)),
    ...sketch.links.map((l, i) => link(l.label, layout.links[i]!)),
    ...sketch.edges.map((e, i) => edge(e, layout.edges[i]!.points, byId)),
    ...sketch.nodes.map((n) => node(n, layout.nodes.get(n.id)!)),
    ...sketch.edges.map((e, i) => edgeLabel(e, layout.edges[i]!.label)),
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${n2(left)} ${n2(top)} ${n2(width)} ${n2(height)}" width="${n2(width)}" height="${n2(height)}" font-family="${fonts.serif}" data-model="${escape(sketch.title)}">`,
    `<title>${escape(sketch.title)}</title>`,
    ...parts.filter((p) => p !== ''),
    '</svg>',
    '',
  ].join('\n');
};

const n2 = (x: number): string => String(Math.round(x * 100) / 100);
const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const spanText = (span: Span): string => `${span.start}-${span.end}`;

const text = (
  at: Point,
  content: string,
  size: number,
  style: {
    readonly anchor?: 'start' | 'middle' | 'end';
    readonly fill?: string;
    readonly italic?: boolean;
    readonly halo?: boolean;
  },
): string => {
  const halo =
    style.halo === true ? ' stroke="#ffffff" stroke-width="4" stroke-linejoin="round" paint-order="stroke"' : '';
  const italic = style.italic === false ? '' : ' font-style="italic"';
  return `<text x="${n2(at.x)}" y="${n2(at.y)}" font-size="${size}" text-anchor="${style.anchor ?? 'middle'}" fill="${style.fill ?? colours.ink}"${italic}${halo}>${content}</text>`;
};

const labelContent = ({ text: name, subscript }: Label): string =>
  subscript === ''
    ? escape(name)
    : `${escape(name)}<tspan font-size="${sizes.subscript}" dx="1" dy="4.5">${escape(subscript)}</tspan>`;

const plate = (id: string, label: string, layout: Layout): string => {
  const r = layout.boxes.get(id)!;
  const { at, anchor } = layout.plateLabels.get(id)!;
  return `<g data-plate="${escape(id)}"><rect x="${n2(r.left)}" y="${n2(r.top)}" width="${n2(r.right - r.left)}" height="${n2(r.bottom - r.top)}" rx="${sizes.plateRadius}" fill="none" stroke="${colours.plate}" stroke-width="1.2"/>${text({ x: at.x, y: at.y + 4 }, escape(label), sizes.plateLabel, { anchor, fill: colours.line })}</g>`;
};

const path = (points: readonly Point[]): string => {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const p = ({ x, y }: Point): string => `${n2(x)},${n2(y)}`;
  return rest.length === 1 ? `M${p(first)} L${p(rest[0]!)}` : `M${p(first)} C${rest.map(p).join(' ')}`;
};

const edge = (e: SketchEdge, points: readonly Point[], byId: ReadonlyMap<string, SketchNode>): string => {
  const factor = byId.get(e.factor)!;
  const variable = byId.get(e.variable)!;
  const dashed = e.detached ? ' stroke-dasharray="4 3"' : '';
  return `<path d="${path(points)}" fill="none" stroke="${colours.line}" stroke-width="1.3"${dashed} data-name="${escape(factor.name)} ${escape(variable.name)}" data-span="${spanText(factor.span)}"/>`;
};

const edgeLabel = (e: SketchEdge, place: EdgeLabelPlace | null): string => {
  if (place === null) return '';
  const at = { x: place.at.x, y: place.at.y + 4 };
  return text(at, escape(e.label), sizes.edgeLabel, { anchor: place.anchor, fill: colours.line, halo: true });
};

const link = (label: string, points: readonly Point[]): string => {
  if (points.length < 2) return '';
  const middle = pointOn(points, 0.5);
  const line = `<path d="${path(points)}" fill="none" stroke="${colours.netLine}" stroke-width="1.1" stroke-dasharray="2 3"/>`;
  return (
    line +
    text({ x: middle.x, y: middle.y - 5 }, escape(label), sizes.edgeLabel, {
      fill: colours.netLine,
      italic: false,
      halo: true,
    })
  );
};

const node = (n: SketchNode, placed: PlacedNode): string => {
  const open = `<g data-name="${escape(n.name)}" data-span="${spanText(n.span)}" data-kind="${n.kind === 'variable' || n.kind === 'neighbour' ? n.role : n.kind === 'factor' ? n.factor : n.kind}">`;
  return `${open}${shape(n, placed.at)}${name(n, placed)}</g>`;
};

const shape = (n: SketchNode, { x, y }: Point): string => {
  const { rx, ry } = extent(n);
  const ellipse = (fill: string, stroke: string, more = ''): string =>
    `<ellipse cx="${n2(x)}" cy="${n2(y)}" rx="${n2(rx)}" ry="${n2(ry)}" fill="${fill}" stroke="${stroke}" stroke-width="1.4"${more}/>`;
  switch (n.kind) {
    case 'variable':
      switch (n.role) {
        case 'param':
          return ellipse(colours.param, colours.param);
        case 'data':
          return ellipse(colours.observed, colours.line);
        case 'observed':
          return ellipse(colours.observed, colours.ink);
        case 'target':
          return ellipse(colours.target, colours.ink);
        case 'latent':
          return ellipse(colours.latent, colours.ink);
        case 'noise':
          return ellipse(colours.latent, colours.ink, ' stroke-dasharray="1.5 3" stroke-linecap="round"');
      }
      break;
    case 'neighbour':
      return ellipse(n.role === 'observed' ? colours.target : colours.latent, colours.faint, ' stroke-dasharray="5 3"');
    case 'let': {
      const inner = `<ellipse cx="${n2(x)}" cy="${n2(y)}" rx="${n2(rx - 3.5)}" ry="${n2(ry - 3.5)}" fill="none" stroke="${colours.ink}" stroke-width="0.9"/>`;
      return ellipse(colours.latent, colours.ink) + inner;
    }
    case 'net':
      return `<rect x="${n2(x - rx)}" y="${n2(y - ry)}" width="${n2(2 * rx)}" height="${n2(2 * ry)}" rx="5" fill="${colours.net}" stroke="${colours.netLine}" stroke-width="1.2"/>`;
    case 'factor': {
      const square = (fill: string, stroke: string, turn = ''): string =>
        `<rect x="${n2(x - rx)}" y="${n2(y - ry)}" width="${2 * rx}" height="${2 * ry}" fill="${fill}" stroke="${stroke}" stroke-width="1.8"${turn}/>`;
      if (n.factor === 'constraint')
        return square(colours.latent, colours.constraint, ` transform="rotate(45 ${n2(x)} ${n2(y)})"`);
      const fill = n.factor === 'regularizer' ? colours.regularizer : colours.factor;
      return square(fill, fill);
    }
  }
};

const name = (n: SketchNode, placed: PlacedNode): string => {
  const { at } = placed;
  if (n.kind === 'net')
    return text({ x: at.x, y: at.y + 5 }, escape(n.label.text), 15, { italic: false, fill: colours.param });
  const faint = n.kind === 'neighbour' ? { fill: colours.line } : {};
  const outer = outerLabel(n);
  if (outer === null) return text({ x: at.x, y: at.y + 6 }, labelContent(n.label), sizes.name, faint);
  const size = n.kind === 'factor' ? sizes.factorLabel : sizes.name;
  const { right } = towards[placed.side];
  const rect = labelRect(n, placed)!;
  const anchor = right > 0 ? 'start' : right < 0 ? 'end' : 'middle';
  const x = right > 0 ? rect.left : right < 0 ? rect.right : placed.at.x;
  const y = (rect.top + rect.bottom) / 2 + size * 0.28;
  const colour =
    n.kind !== 'factor'
      ? colours.ink
      : n.factor === 'regularizer'
        ? colours.regularizer
        : n.factor === 'constraint'
          ? colours.constraint
          : colours.line;
  return text({ x, y }, labelContent(n.label), size, {
    anchor,
    fill: colour,
    italic: n.kind !== 'factor',
    halo: true,
  });
};
