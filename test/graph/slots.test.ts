// The slots of every factor of some models, written by hand: `variable[index along each axis]`, `:` for all nodes,
// a leading ~ for what is only read under stop_gradient.
import { expect, test } from 'vitest';
import { drawJson } from '../../src/graph/draw/draw.ts';
import type { FactorGraph } from '../../src/graph/factor-graph.ts';
import { graphOf, graphOfModel } from './load.ts';

interface Json {
  readonly factors: readonly {
    readonly name: string;
    readonly kind: string;
    readonly distribution: string | null;
    readonly indices: readonly { readonly name: string; readonly from: string; readonly to: string }[];
    readonly where: string | null;
    readonly slots: readonly {
      readonly variable: string;
      readonly at: readonly string[];
      readonly detached: boolean;
    }[];
  }[];
}

const slotsOf = (graph: FactorGraph): Record<string, readonly string[]> =>
  Object.fromEntries(
    (drawJson(graph) as Json).factors.map((f) => [
      f.name,
      f.slots.map((s) => `${s.detached ? '~' : ''}${s.variable}[${s.at.join(', ')}]`).sort(),
    ]),
  );

test('hmm', () => {
  expect(slotsOf(graphOfModel('hmm'))).toEqual({
    s: ['pi[]', 's[0]'],
    's#2': ['A[]', 's[t-1]', 's[t]'],
    x: ['B[]', 's[t]', 'x[t]'],
  });
});

test('image_grid', () => {
  expect(slotsOf(graphOfModel('image_grid'))).toEqual({
    light: ['x[i, j]', 'y[i, j]'],
    across: ['y[i, j-1]', 'y[i, j]'],
    down: ['y[i, j]', 'y[i-1, j]'],
  });
});

test('stereo: an unknown chooses the pixel of the right image', () => {
  expect(slotsOf(graphOfModel('stereo'))).toEqual({
    match: ['d[i, j]', 'left[i, j]', 'right[i, max(j - d, 0)]'],
    across: ['d[i, j-1]', 'd[i, j]'],
    down: ['d[i, j]', 'd[i-1, j]'],
  });
});

test('pose_graph: data choose the poses', () => {
  expect(slotsOf(graphOfModel('pose_graph'))).toEqual({
    moved: ['a[e]', 'b[e]', 'p[a[e]]', 'p[b[e]]', 'step[e]', 't[a[e]]'],
    turns: ['a[e]', 'b[e]', 'rotation[e]', 't[a[e]]', 't[b[e]]'],
    anchor: ['p[0]', 't[0]'],
  });
});

test('sudoku: ranges and filters', () => {
  const graph = graphOfModel('sudoku');
  expect(slotsOf(graph)).toEqual({
    row: ['x[r, a]', 'x[r, b]'],
    column: ['x[a, c]', 'x[b, c]'],
    box: ['x[r, c]', 'x[s, d]'],
  });
  const { factors } = drawJson(graph) as Json;
  expect(factors.map((f) => f.kind)).toEqual(['constraint', 'constraint', 'constraint']);
  expect(factors[2]!.indices).toEqual(['r', 'c', 's', 'd'].map((name) => ({ name, from: '0', to: '9' })));
  expect(factors[2]!.where).toContain('r < s');
});

test('kmeans, and a net called twice', () => {
  expect(slotsOf(graphOfModel('kmeans'))).toEqual({ distance: ['w[]', 'y[n]', 'z[n]'] });
  const autoencoder = slotsOf(graphOfModel('siamese'))['distance']!;
  expect(autoencoder.filter((s) => !s.startsWith('Enc'))).toEqual(['x[n]', 'y[n]']);
  // Two layers with weights and biases, each once although Enc is called for x and for y.
  expect(autoencoder.filter((s) => s.startsWith('Enc'))).toHaveLength(4);
});

test('lets are looked through, a mean touches all points', () => {
  const slots = slotsOf(graphOfModel('variance_sparse_coding'));
  // m[k] is a mean over n, and v[k] is another one around it: two reductions, two slots.
  expect(slots['variance']).toEqual(['z[:]', 'z[:]']);
});

test('stop_gradient', () => {
  const slots = slotsOf(graphOfModel('deepcluster'));
  expect(slots['cluster']).toContain('z[n]');
  expect(slots['cluster']).toContain('~x[n]');
  expect(slots['label']).toContain('~z[n]');
  expect(slots['label']).toContain('x[n]');
});

test('what is not a single node', () => {
  const source = [
    'model m',
    'size N, M',
    'data a[e in M] : index(N)',
    'latent x[n in N] : real',
    'latent k : category(4)',
    'latent u[j in 4] : real',
    'factor all = sum[n in N] x[n]^2',
    'factor shifted = sum[n in 1..N] (x[n] - x[n-1])^2',
    'factor edge = sum[e in M] x[a[e]]^2',
    'factor last = x[N-1]^2',
    'factor choice = u[k]^2',
    'factor strided[n in N where 2 * n < N] = x[2 * n]^2',
  ].join('\n');
  const { graph } = graphOf(source);
  const kinds = Object.fromEntries(
    graph.groups.map((g) => [g.name, g.slots.map((s) => `${s.variable}: ${s.at.map((m) => m.kind).join()}`)]),
  );
  expect(kinds).toEqual({
    all: ['x: all'],
    shifted: ['x: all', 'x: all'],
    edge: ['x: all', 'a: all'],
    last: ['x: fixed'],
    choice: ['u: unknown', 'k: '],
    strided: ['x: gather'],
  });
});

test('a distribution whose density is constant still belongs to its variable', () => {
  expect(slotsOf(graphOf('model m\nplate n in 3 {\n  latent u : unit ~ uniform()\n}').graph)).toEqual({ u: ['u[n]'] });
});

test('indices that do not begin at 0 are written as in the file', () => {
  const source = 'model m\nsize T\nlatent s[t in 2..T] : real\nfactor f[t in 3..T] = s[t] * s[t-1]\nfactor g = s[2]^2';
  expect(slotsOf(graphOf(source).graph)).toEqual({ f: ['s[t-1]', 's[t]'], g: ['s[2]'] });
});

test('plates: nested, shared by name, crossing', () => {
  const platesOf = (graph: FactorGraph): unknown => graph.plates.map((p) => [p.name, p.inside.length]);
  expect(platesOf(graphOfModel('lda'))).toEqual([
    ['d', 0],
    ['i', 1],
  ]);
  expect(platesOf(graphOfModel('hmm'))).toEqual([['t', 0]]);
  expect(platesOf(graphOfModel('stereo'))).toEqual([
    ['i', 0],
    ['j', 1],
  ]);
  const crossing = graphOf(
    'model m\nsize U, I\nlatent a[u in U] : real\nlatent b[i in I] : real\ntarget r[u in U, i in I] : real\nfactor fit[u in U, i in I] = (r[u, i] - a[u] * b[i])^2',
  );
  expect(crossing.diagnostics.map((d) => [d.code, d.severity])).toEqual([['EBM450', 'warning']]);
  expect(crossing.graph.plates.map((p) => [p.name, p.inside])).toEqual([
    ['u', []],
    ['i', []],
  ]);
});
