import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { plotConvergence, plotSurface } from '../../src/plot/plots.ts';
import type { SurfaceData } from '../../src/plot/plots.ts';

const parse = (svg: string) => {
  expect(svg).toMatch(/^<svg[^>]* xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  expect(svg).not.toMatch(/NaN|undefined/);
  return parseHTML(`<html><body>${svg}</body></html>`).document;
};

const axis = (from: number, to: number, count = 21): readonly number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

/** A bowl with its bottom at (1, -1). */
const bowl = (parts: Partial<SurfaceData> = {}): SurfaceData => {
  const [x, y] = [axis(-3, 3), axis(-2, 2)];
  return {
    title: 'bowl',
    variable: 'y',
    quantity: 'energy',
    axes: [x, y],
    values: Float64Array.from(y.flatMap((b) => x.map((a) => (a - 1) ** 2 + (b + 1) ** 2))),
    points: [[0, 0], [1, 1], [-1, 0.5]], // prettier-ignore
    groups: [0, 1, 0],
    centres: [{ label: 'w[:, 0]', at: [1, -1] }],
    ...parts,
  };
};

const circles = (svg: string) => [...parse(svg).querySelectorAll('circle')];

describe('convergence', () => {
  it('has a dot for each iteration, falling with the objective', () => {
    const heights = circles(plotConvergence({ title: 't', trace: [9, 4, 1] })).map((c) => Number(c.getAttribute('cy')));
    expect(heights).toHaveLength(3);
    // Downwards on the page is upwards in y.
    expect(heights[0]!).toBeLessThan(heights[1]!);
    expect(heights[1]!).toBeLessThan(heights[2]!);
  });

  it('leaves out what is not finite', () => {
    expect(circles(plotConvergence({ title: 't', trace: [Infinity, 4, NaN, 1] }))).toHaveLength(2);
  });
});

describe('surface', () => {
  it('puts points where the data are, coloured by group', () => {
    const points = circles(plotSurface(bowl()));
    expect(points).toHaveLength(3);
    const [a, b, c] = points.map((p) => ({ x: Number(p.getAttribute('cx')), fill: p.getAttribute('fill') }));
    expect(a!.fill).toBe(c!.fill);
    expect(a!.fill).not.toBe(b!.fill);
    // x = -1, 0, 1 are evenly spaced.
    expect(a!.x - c!.x).toBeCloseTo(b!.x - a!.x, 6);
  });

  it('draws the valley around the bottom', () => {
    const document = parse(plotSurface(bowl({ points: [], groups: null, centres: [{ label: 'w', at: [1, -1] }] })));
    const numbers = (text: string) => [...text.matchAll(/-?[\d.]+/g)].map((m) => Number(m[0]));
    const cross = document.querySelector('[aria-label="dot"] path')!;
    const [cx, cy] = numbers(cross.getAttribute('transform')!);
    // A band is all that lies above its level; the hole in it is the valley below.
    const band = [...document.querySelectorAll('[aria-label="contour"] path')][2]!;
    const rings: readonly number[][] = String(band.getAttribute('d')).split('M').filter((ring) => ring !== '').map(numbers); // prettier-ignore
    const side = (ring: readonly number[], parity: number) => ring.filter((_, i) => i % 2 === parity);
    const extent = (v: readonly number[]) => Math.max(...v) - Math.min(...v);
    const valley = rings.reduce((a, b) => (extent(side(b, 0)) < extent(side(a, 0)) ? b : a));
    const middle = (v: readonly number[]) => (Math.min(...v) + Math.max(...v)) / 2;
    expect(rings).toHaveLength(2);
    expect(Math.abs(middle(side(valley, 0)) - cx!)).toBeLessThan(1);
    expect(Math.abs(middle(side(valley, 1)) - cy!)).toBeLessThan(1);
    expect(document.toString()).toContain('>w<');
  });

  it('bears a flat surface, infinities and no points', () => {
    const flat = bowl({ values: new Float64Array(21 * 21), points: [], groups: null, centres: [] });
    parse(plotSurface(flat));
    const values = bowl().values.slice();
    values[5] = Infinity;
    parse(plotSurface(bowl({ values })));
  });

  it('thins many points', () => {
    const points = Array.from({ length: 20_000 }, (_, i) => [Math.cos(i), Math.sin(i)]);
    expect(circles(plotSurface(bowl({ points, groups: null }))).length).toBeLessThanOrEqual(3000);
  });

  it('of one number is a curve with a tick for each point', () => {
    const x = axis(-2, 2);
    const document = parse(
      plotSurface(
        bowl({ axes: [x], values: Float64Array.from(x, (a) => a * a), points: [[-1], [0.5]], groups: null, centres: [{ label: 'm', at: [0] }] }), // prettier-ignore
      ),
    );
    expect(document.querySelectorAll('[aria-label="tick"] line')).toHaveLength(2);
    expect(document.querySelectorAll('[aria-label="line"] path')).toHaveLength(1);
  });
});
