// The energy (or free energy) of a target of one or two numbers, with the data and the centres on it.
// In: a grid and points, all plain arrays. Out: an SVG. One axis gives a curve, two give contours.
import * as Plot from '@observablehq/plot';
import { colorOf, ink, palette, render, tick } from './page.ts';

export interface SurfaceData {
  readonly title: string;
  /** The target's name, for axis labels. */
  readonly variable: string;
  readonly quantity: string;
  /** Grid coordinates: x, or x and y, increasing and evenly spaced. */
  readonly axes: readonly (readonly number[])[];
  /** Row-major, y outer and x inner. */
  readonly values: Float64Array;
  readonly points: readonly (readonly number[])[];
  /** The component of each point, for its colour. */
  readonly groups: readonly number[] | null;
  readonly centres: readonly { readonly label: string; readonly at: readonly number[] }[];
}

/** Points drawn at most; more would only make the picture black. Evenly taken. */
const mostPoints = 3000;
const bands = 14;

const thinned = ({ points, groups }: SurfaceData): { at: readonly number[]; color: string }[] => {
  const every = Math.max(1, Math.ceil(points.length / mostPoints));
  return points
    .map((at, i) => ({ at, color: groups === null ? ink : colorOf(groups[i] ?? 0) }))
    .filter((_, i) => i % every === 0);
};

const rangeOf = (values: Float64Array): readonly [number, number] => {
  let [least, greatest] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
  }
  return [least, greatest];
};

/** Levels that lie denser near the bottom: energies grow quadratically away from it. */
const levelsOf = ([least, greatest]: readonly [number, number]): readonly number[] =>
  Array.from({ length: bands }, (_, i) => least + (greatest - least) * (i / bands) ** 2);

const curve = (data: SurfaceData): string => {
  const { title, variable, quantity, axes, values, centres } = data;
  const x = axes[0]!;
  const line = x.map((at, i) => ({ at, value: values[i]! }));
  const [least] = rangeOf(values);
  return render(title, {
    height: 400,
    x: { label: variable, labelAnchor: 'center', labelArrow: 'none' },
    y: { label: quantity, labelAnchor: 'center', labelArrow: 'none', tickFormat: tick, nice: true, grid: true },
    marks: [
      Plot.line(line, { x: 'at', y: 'value', stroke: palette[0], strokeWidth: 1.75 }),
      Plot.tickX(thinned(data), { x: (d) => d.at[0], stroke: 'color', strokeOpacity: 0.6, inset: 0, insetTop: 296 }),
      Plot.ruleX(centres, { x: (d) => d.at[0], stroke: palette[1], strokeWidth: 1.25, strokeDasharray: '4,3' }),
      Plot.text(centres, {
        x: (d) => d.at[0],
        text: 'label',
        frameAnchor: 'top',
        lineAnchor: 'bottom',
        dy: -4,
        fill: palette[1],
        fontStyle: 'italic',
      }),
      Plot.ruleY([least], { strokeOpacity: 0 }),
    ],
  });
};

/** Pale where the energy is low, so that what is drawn there can be read; darker uphill. Red, green, blue. */
const slope = [
  [255, 253, 244],
  [220, 235, 240],
  [169, 203, 221],
  [111, 163, 196],
  [63, 123, 166],
] as const;

const shades = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => {
    const at = (i / (count - 1)) * (slope.length - 1);
    const low = Math.min(Math.floor(at), slope.length - 2);
    const mixed = slope[low]!.map((value, c) => Math.round(value + (slope[low + 1]![c]! - value) * (at - low)));
    return `rgb(${mixed.join(', ')})`;
  });

const spread = (axis: readonly number[]): number => axis.at(-1)! - axis[0]!;

const contours = (data: SurfaceData): string => {
  const { title, variable, quantity, axes, values, centres } = data;
  const [x, y] = [axes[0]!, axes[1]!];
  const levels = levelsOf(rangeOf(values));
  const colors = shades(levels.length);
  const [x1, x2, y1, y2] = [x[0]!, x.at(-1)!, y[0]!, y.at(-1)!];
  // Plot takes each number as the middle of a cell; our grid begins and ends on its numbers.
  const [halfX, halfY] = [(x2 - x1) / (x.length - 1) / 2, (y2 - y1) / (y.length - 1) / 2];
  const cells = { x1: x1 - halfX, x2: x2 + halfX, y1: y1 - halfY, y2: y2 + halfY };
  const grid = { width: x.length, height: y.length, ...cells, thresholds: [...levels], clip: true };
  // Equal scales where the picture stays near a square, so that circles are circles.
  const proportion = spread(y) / spread(x);
  const shape = proportion > 0.5 && proportion < 1.6 ? { aspectRatio: 1 } : { height: 440 };
  const at = { x: (d: { at: readonly number[] }) => d.at[0], y: (d: { at: readonly number[] }) => d.at[1] };
  const cross = { ...at, r: 6, symbol: 'times' as const };
  const label = { labelAnchor: 'center', labelArrow: 'none', tickFormat: tick } as const;
  const picture = render(title, {
    width: 620,
    marginRight: 90,
    ...shape,
    x: { ...label, label: `${variable}[0]`, domain: [x1, x2] },
    y: { ...label, label: `${variable}[1]`, domain: [y1, y2] },
    color: { type: 'threshold', domain: levels.slice(1), range: colors },
    marks: [
      Plot.contour(values as unknown as number[], { ...grid, fill: Plot.identity, stroke: 'white', strokeWidth: 0.6 }),
      Plot.frame({ stroke: ink, strokeWidth: 0.75 }),
      Plot.dot(thinned(data), { ...at, r: 2.6, fill: (d) => d.color, stroke: 'white', strokeWidth: 0.6 }),
      Plot.dot(centres, { ...cross, stroke: 'white', strokeWidth: 5 }),
      Plot.dot(centres, { ...cross, stroke: ink, strokeWidth: 2 }),
      Plot.text(centres, {
        ...at,
        text: 'label',
        dy: -16,
        fontStyle: 'italic',
        stroke: 'white',
        strokeWidth: 4,
        fill: ink,
      }),
    ],
  });
  return withKey(picture, quantity, levels, colors);
};

/** A column of the colours beside the picture, with the energy at which each begins. */
const withKey = (picture: string, quantity: string, levels: readonly number[], colors: readonly string[]): string => {
  const height = Number(/height="([\d.]+)"/.exec(picture)![1]);
  const [top, left, width] = [44, 546, 16];
  const step = (height - top - 48) / levels.length;
  // Neighbouring labels, every other level, must differ: levels are closest at the bottom.
  const unit = 10 ** Math.floor(Math.log10(((levels[2] ?? levels.at(-1)!) - levels[0]!) / 2 || 1));
  const rounded = (level: number): number => Math.round(level / unit) * unit;
  const rows = levels.map((level, i) => {
    const y = height - 48 - (i + 1) * step;
    const text =
      i % 2 === 0 ? `<text x="${left + width + 6}" y="${y + step}" dy="0.32em">${tick(rounded(level))}</text>` : '';
    return `<rect x="${left}" y="${y}" width="${width}" height="${step}" fill="${colors[i]}" stroke="white" stroke-width="0.6"/>${text}`;
  });
  const name = `<text x="${left}" y="${top - 8}" font-style="italic">${quantity}</text>`;
  return picture.replace(/<\/svg>\s*$/, `<g fill="${ink}" text-anchor="start">${name}${rows.join('')}</g></svg>\n`);
};

export const plotSurface = (data: SurfaceData): string => (data.axes.length === 1 ? curve(data) : contours(data));
