// The three forms of a drawn factor graph: SVG for slides, Graphviz source, JSON (its form is documented in json.ts).
import type { FactorGraph } from '../factor-graph.ts';
import { buildSketch } from './build-sketch.ts';
import { dotOf } from './dot.ts';
import { jsonOf } from './json.ts';
import { layOut } from './layout.ts';
import { svgOf } from './svg.ts';

export const drawSvg = async (graph: FactorGraph): Promise<string> => {
  const sketch = buildSketch(graph);
  return svgOf(sketch, await layOut(sketch));
};

export const drawDot = (graph: FactorGraph): string => dotOf(buildSketch(graph));

export const drawJson = (graph: FactorGraph): object => jsonOf(graph);
