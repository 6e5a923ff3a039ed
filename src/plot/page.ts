// What all plots share: the look of a textbook page, and Plot's output as a standalone SVG text.
import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

export const ink = '#222';
export const fonts = '"STIX Two Text", "STIX", "Latin Modern Roman", "Times New Roman", serif';

/** Distinct in print and to the colour-blind (Okabe and Ito 2008), without its yellow. */
export const palette = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#555555'] as const;

export const colorOf = (group: number): string => palette[group % palette.length]!;

/** Numbers on axes: a true minus sign, no trailing zeros. */
export const tick = (value: number): string => {
  const text =
    value !== 0 && (Math.abs(value) >= 1e6 || Math.abs(value) < 1e-3)
      ? Number(value.toPrecision(6)).toExponential().replace('e+', 'e')
      : String(Number(value.toPrecision(6)));
  return text.replace(/-/g, '−');
};

/** Renders marks and gives the SVG element as text. */
export const render = (title: string, options: Plot.PlotOptions): string => {
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const element = Plot.plot({
    width: 560,
    marginTop: 44,
    marginLeft: 64,
    marginRight: 20,
    marginBottom: 48,
    style: { fontFamily: fonts, fontSize: '14px', color: ink, background: 'white' },
    ...options,
    marks: [
      ...(options.marks ?? []),
      Plot.text([title], { frameAnchor: 'top-left', dy: -30, fontSize: 16, fontStyle: 'italic', fill: ink }),
    ],
    document,
  });
  element.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  return `${element.outerHTML}\n`;
};
