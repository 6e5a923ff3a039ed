// The objective against the iteration. In: one number per iteration. Out: an SVG.
import * as Plot from '@observablehq/plot';
import { ink, palette, render, tick } from './page.ts';

export interface ConvergenceData {
  readonly title: string;
  /** The objective every `step` iterations, from the start on; entries that are not finite are left out. */
  readonly trace: readonly number[];
  readonly step?: number;
  readonly quantity?: string;
}

/** More points than this are a line without dots. */
const mostDots = 60;

export const plotConvergence = ({ title, trace, step = 1, quantity = 'objective' }: ConvergenceData): string => {
  const points = trace
    .map((value, i) => ({ iteration: i * step, value }))
    .filter(({ value }) => Number.isFinite(value));
  const encoded = { x: 'iteration', y: 'value' };
  return render(title, {
    height: 340,
    // Room for the name of the quantity beside numbers of six digits.
    marginLeft: 84,
    x: { label: 'iteration', labelAnchor: 'center', labelArrow: 'none', nice: true },
    y: { label: quantity, labelArrow: 'none', labelAnchor: 'center', nice: true, tickFormat: tick, grid: true },
    marks: [
      Plot.line(points, { ...encoded, stroke: palette[0], strokeWidth: 1.75 }),
      ...(points.length <= mostDots
        ? [Plot.dot(points, { ...encoded, r: 3, fill: 'white', stroke: palette[0], strokeWidth: 1.5 })]
        : []),
      Plot.ruleX([0], { stroke: ink, strokeWidth: 0.75 }),
    ],
  });
};
