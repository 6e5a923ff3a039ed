// What must hold of every drawing, on all models: nothing overlaps, plates hold their members and no strangers, all labels are
// there, lines do not run through other nodes. Two passes give the same text.
import { describe, expect, test } from 'vitest';
import { buildSketch } from '../../src/graph/draw/build-sketch.ts';
import { drawDot, drawJson, drawSvg } from '../../src/graph/draw/draw.ts';
import { encloses, grow, overlap, segmentMeets } from '../../src/graph/draw/geometry.ts';
import { graphvizLayout } from '../../src/graph/draw/graphviz.ts';
import { gridLayout, layOut } from '../../src/graph/draw/layout.ts';
import { labelRect, shapeRect } from '../../src/graph/draw/layout-form.ts';
import type { Layout } from '../../src/graph/draw/layout-form.ts';
import { pointOn } from '../../src/graph/draw/route-edges.ts';
import type { Sketch } from '../../src/graph/draw/sketch.ts';
import { sizes } from '../../src/graph/draw/style.ts';
import { textWidth } from '../../src/graph/draw/text-width.ts';
import { graphOf, graphOfModel, modelNames } from './load.ts';

/** Each sentence is a fault of the drawing. */
const faults = (sketch: Sketch, layout: Layout): readonly string[] => {
  const found: string[] = [];
  const shapes = sketch.nodes.map((n) => ({ id: n.id, rect: shapeRect(n, layout.nodes.get(n.id)!) }));
  const labels = sketch.nodes.flatMap((n) => {
    const rect = labelRect(n, layout.nodes.get(n.id)!);
    return rect === null ? [] : [{ id: n.id, rect: grow(rect, -1) }];
  });
  shapes.forEach((a, i) => {
    for (const b of shapes.slice(0, i)) if (overlap(a.rect, b.rect)) found.push(`${a.id} and ${b.id} overlap`);
    for (const l of labels)
      if (l.id !== a.id && overlap(l.rect, a.rect)) found.push(`the label of ${l.id} covers ${a.id}`);
    if (!encloses(grow(layout.frame, 0.01), a.rect)) found.push(`${a.id} is outside the drawing`);
  });
  labels.forEach((a, i) => {
    for (const b of labels.slice(0, i))
      if (overlap(a.rect, b.rect)) found.push(`labels of ${a.id} and ${b.id} overlap`);
  });
  for (const p of sketch.plates) {
    const box = layout.boxes.get(p.id)!;
    for (const s of shapes) {
      const inside = p.members.includes(s.id);
      if (inside && !encloses(box, s.rect)) found.push(`${s.id} is not inside its plate ${p.label}`);
      if (!inside && overlap(box, s.rect)) found.push(`${s.id} lies in the plate ${p.label} although it is no member`);
    }
    for (const q of sketch.plates) {
      if (q === p) continue;
      const shared = p.members.some((m) => q.members.includes(m));
      if (!shared && overlap(box, layout.boxes.get(q.id)!)) found.push(`plates ${p.label} and ${q.label} overlap`);
      const nested = q.members.every((m) => p.members.includes(m)) && q.members.length < p.members.length;
      if (nested && !encloses(box, layout.boxes.get(q.id)!)) found.push(`plate ${q.label} sticks out of ${p.label}`);
    }
  }
  const plateLabels = sketch.plates.map((p) => {
    const { at, anchor } = layout.plateLabels.get(p.id)!;
    const width = textWidth(p.label, sizes.plateLabel);
    const left = anchor === 'start' ? at.x : at.x - width;
    return { plate: p, rect: { left, right: left + width, top: at.y - 6, bottom: at.y + 6 } };
  });
  plateLabels.forEach(({ plate, rect }, i) => {
    if (!encloses(layout.boxes.get(plate.id)!, rect)) found.push(`${plate.label} does not fit into its plate`);
    for (const s of shapes) if (overlap(rect, s.rect)) found.push(`the plate label ${plate.label} covers ${s.id}`);
    for (const l of labels) if (overlap(rect, l.rect)) found.push(`${plate.label} covers the label of ${l.id}`);
    for (const q of plateLabels.slice(0, i))
      if (overlap(rect, q.rect)) found.push(`${plate.label} covers ${q.plate.label}`);
  });
  sketch.edges.forEach((e, i) => {
    const { points } = layout.edges[i]!;
    const pieces = Array.from(
      { length: 12 },
      (_, k) => [pointOn(points, k / 12), pointOn(points, (k + 1) / 12)] as const,
    );
    for (const s of shapes) {
      if (s.id === e.factor || s.id === e.variable) continue;
      if (pieces.some(([a, b]) => segmentMeets(a, b, grow(s.rect, -2))))
        found.push(`${e.factor} to ${e.variable} runs through ${s.id}`);
    }
  });
  return found;
};

describe.each(modelNames)('%s', (name) => {
  const graph = graphOfModel(name);
  const sketch = buildSketch(graph);

  test('is drawn without faults', async () => {
    expect(faults(sketch, await layOut(sketch))).toEqual([]);
  });

  test('every factor and every variable that the drawing is about is there', () => {
    const ids = new Set(sketch.nodes.map((n) => n.id));
    for (const g of graph.groups) expect(ids).toContain(`factor:${g.name}`);
    for (const v of graph.variables) if (v.net === null && v.role !== 'data') expect(ids).toContain(v.name);
    for (const e of sketch.edges) {
      expect(ids).toContain(e.factor);
      expect(ids).toContain(e.variable);
    }
  });

  test('labels, names and places are in the SVG', async () => {
    const svg = await drawSvg(graph);
    const escaped = (text: string): string =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    for (const n of sketch.nodes) {
      expect(svg).toContain(`data-name="${n.name}" data-span="${n.span.start}-${n.span.end}"`);
      expect(svg).toContain(`>${escaped(n.label.text)}<`);
    }
    for (const p of sketch.plates) expect(svg).toContain(`>${escaped(p.label)}<`);
    for (const e of sketch.edges) if (e.label !== '') expect(svg).toContain(`>${escaped(e.label)}<`);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('Graphviz reads the dot form and places every node', async () => {
    const { instance } = await import('@viz-js/viz');
    const drawn = (await instance()).renderJSON(drawDot(graph)) as {
      objects?: readonly { name: string; pos?: string }[];
    };
    const placed = (drawn.objects ?? []).flatMap((o) => (o.pos === undefined ? [] : [o.name]));
    expect(placed.sort()).toEqual(sketch.nodes.map((n) => n.id).sort());
  });

  test('the JSON form is plain data', () => {
    const json = drawJson(graph);
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });
});

test.each(['kmeans', 'hmm', 'swav', 'sudoku'])('%s is drawn alike every time', async (name) => {
  expect(await drawSvg(graphOfModel(name))).toBe(await drawSvg(graphOfModel(name)));
});

test('the check of drawings finds faults', () => {
  const sketch = buildSketch(graphOfModel('lda'));
  const good = gridLayout(sketch);
  const moved = (id: string, to: string): Layout => ({
    ...good,
    nodes: new Map(good.nodes).set(id, good.nodes.get(to)!),
  });
  expect(faults(sketch, moved('phi', 'theta'))).toEqual(
    expect.arrayContaining(['theta and phi overlap', 'phi lies in the plate d ∈ D although it is no member']),
  );
  expect(faults(sketch, moved('w', 'phi'))).toContain('w is not inside its plate i ∈ L[d]');
});

const crossing = [
  'model ratings',
  'size U, I',
  'latent a[u in U] : real',
  'latent b[i in I] : real',
  'target r[u in U, i in I] : real',
  'factor fit[u in U, i in I] = (r[u, i] - a[u] * b[i])^2',
  'regularizer small[u in U] = a[u]^2',
].join('\n');

test('crossing plates overlap in what they share and hold no strangers', () => {
  const sketch = buildSketch(graphOf(crossing).graph);
  expect(sketch.plates.map((p) => p.members)).toEqual([
    ['a', 'r', 'factor:fit', 'factor:small'],
    ['b', 'r', 'factor:fit'],
  ]);
  expect(faults(sketch, gridLayout(sketch))).toEqual([]);
});

test('what a factor stands for beside its plates', () => {
  const sketch = buildSketch(graphOfModel('sudoku'));
  expect(sketch.plates.map((p) => p.label)).toEqual([
    'r, c ∈ 9',
    'r, a, b ∈ 9, a < b',
    'c, a, b ∈ 9, a < b',
    'r, c, s, d ∈ 9',
  ]);
  expect(sketch.edges.map((e) => e.label)).toEqual(['c = a', 'c = b', 'r = a', 'r = b', '', 'r = s, c = d']);
});

test('a step along a chain is a node of its own, an entry at the end is said on the line', () => {
  const sketch = buildSketch(graphOfModel('hmm'));
  expect(sketch.nodes.map((n) => [n.kind, n.label.text, n.label.subscript])).toEqual([
    ['variable', 'pi', ''],
    ['variable', 'A', ''],
    ['variable', 'B', ''],
    ['variable', 's', 't'],
    ['variable', 'x', 't'],
    ['neighbour', 's', 't−1'],
    ['factor', 'categorical', ''],
    ['factor', 'categorical', ''],
    ['factor', 'categorical', ''],
  ]);
  expect(sketch.edges.filter((e) => e.label !== '').map((e) => [e.factor, e.variable, e.label])).toEqual([
    ['factor:s', 's', 't = 0'],
  ]);
});

test('what a net computes is a node; nets that follow another are linked to it', () => {
  const sketch = buildSketch(graphOfModel('byol'));
  expect(sketch.nodes.filter((n) => n.kind === 'let').map((n) => n.id)).toEqual(['p', 't']);
  expect(sketch.nodes.filter((n) => n.kind === 'net').map((n) => n.name)).toEqual(['Enc', 'Teacher', 'Pred']);
  expect(sketch.links.map((l) => [l.from, l.to, l.label])).toEqual([['net:Enc', 'net:Teacher', 'ema']]);
  expect(sketch.edges.filter((e) => e.detached).map((e) => [e.factor, e.variable])).toEqual([['factor:distance', 't']]);
});

test('a large graph goes to Graphviz', async () => {
  const count = 60;
  const names = Array.from({ length: count }, (_, i) => `x${i}`);
  const factors = names.slice(1).map((x, i) => `factor f${i} = ${names[Math.floor(i / 2)]} * ${x}`);
  const { graph } = graphOf(`model m\nlatent ${names.join(', ')} : binary\n${factors.join('\n')}`);
  const sketch = buildSketch(graph);
  const layout = await layOut(sketch);
  expect(layout).toEqual(await graphvizLayout(sketch));
  expect(faults(sketch, layout).filter((f) => !f.includes('label'))).toEqual([]);
});
