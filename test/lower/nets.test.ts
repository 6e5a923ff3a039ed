// Nets: bodies with lets, nets inside nets, params shared by calls and not by copies, against plain numbers.
import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/compile.ts';
import { buildFactorGraph } from '../../src/graph/build-graph.ts';
import { curvatureFinder } from '../../src/graph/curvature.ts';
import { definitionExpander } from '../../src/graph/nets/expand.ts';
import { followersOf } from '../../src/graph/nets/followers.ts';
import { visit } from '../../src/graph/expressions.ts';
import { checkGradient, evaluateAt, point } from '../tensor/finite-differences.ts';
import { letFunction } from './net-values.ts';
import * as plain from './plain-layers.ts';

const rows = (values: readonly number[], columns: number): plain.Matrix =>
  Array.from({ length: values.length / columns }, (_, i) => values.slice(i * columns, (i + 1) * columns));

const valuesOf = (source: string) => {
  const { variables, build } = letFunction(source, 'out');
  const points = variables.map(({ shape }, i) => point(shape, i + 1));
  const read = (name: string): readonly number[] => points[variables.findIndex((v) => v.name === name)]!.values;
  const linear = (name: string, v: plain.Vector): plain.Vector =>
    plain.linear(rows(read(`${name}.weight`), v.length), read(`${name}.bias`), v);
  const found = evaluateAt(points, (b, xs) => ({ out: build(b, xs) }))['out']!;
  return { read, linear, found, points, build, names: variables.map((v) => v.name) };
};
const expectClose = (found: readonly number[], wanted: readonly number[]): void => {
  expect(found).toHaveLength(wanted.length);
  found.forEach((v, i) => expect(v).toBeCloseTo(wanted[i]!, 12));
};
const tanh = (v: plain.Vector): plain.Vector => v.map(Math.tanh);
const sum = (a: plain.Vector, b: plain.Vector): plain.Vector => a.map((v, i) => v + b[i]!);

describe('values', () => {
  test('a call at a sum of variables and a call at another variable share all params', () => {
    const { read, linear, found, names } = valuesOf(`model m
net F(v : real[3]) -> real[2] = v |> linear(4) |> tanh |> linear(2)
target x, y : real[3]
let out = F(x + y) - F(y)
`);
    const f = (v: plain.Vector): plain.Vector => linear('F.linear2', tanh(linear('F.linear1', v)));
    const [a, b] = [f(sum(read('x'), read('y'))), f(read('y'))];
    expectClose(
      found,
      a.map((v, i) => v - b[i]!),
    );
    expect(names).toEqual(['x', 'y', 'F.linear1.weight', 'F.linear1.bias', 'F.linear2.weight', 'F.linear2.bias']);
  });

  test('a body of lets whose values are read several times, applied to each step of an index clause in a plate', () => {
    const { read, linear, found } = valuesOf(`model m
net F(v : real[2], w : real[2]) -> real[2] {
  let a = v + (w |> linear(2))
  let b = a * tanh(a)
  return b + a
}
plate n in 3 {
  target x[t in 4] : real[2]
  let out[t in 1..4] = F(x[t], x[t-1])
}
`);
    const points = rows(read('x'), 8).map((row) => rows(row, 2));
    const f = (v: plain.Vector, w: plain.Vector): plain.Vector => {
      const a = sum(v, linear('F.linear1', w));
      return a.map((u) => u * Math.tanh(u) + u);
    };
    expectClose(
      found,
      points.flatMap((x) => [1, 2, 3].flatMap((t) => f(x[t]!, x[t - 1]!))),
    );
  });

  test('a net in a net, repeated with params of its own, and copied', () => {
    const { read, linear, found, names } = valuesOf(`model m
net Step(h : real[2]) -> real[2] = h + (h |> linear(2) |> tanh)
net F(v : real[3]) -> real[2] = v |> linear(2) |> Step |> repeat(Step, 2)
net G = copy(F)
target x : real[3]
let out = F(x) - G(x)
`);
    const step = (name: string, h: plain.Vector): plain.Vector => sum(h, tanh(linear(name, h)));
    const f = (net: string): plain.Vector => {
      const first = step('Step.linear1', linear(`${net}.linear1`, read('x')));
      return step(`${net}.Step2.linear1`, step(`${net}.Step1.linear1`, first));
    };
    const [a, b] = [f('F'), f('G')];
    expectClose(
      found,
      a.map((v, i) => v - b[i]!),
    );
    expect(names).toContain('G.Step2.linear1.weight');
    expect(new Set(names).size).toBe(names.length);
  });

  test('indices of a body stay its own where the body is called within itself', () => {
    const { read, found } = valuesOf(`model m
net F(v : real[3]) -> real[3] = stack[k in 3] (sum[j in 3] v[j] * v[k])
target x : real[3]
let out = F(F(x)) + (stack[k in 3] F(x)[k] * x[k])
`);
    const f = (v: plain.Vector): plain.Vector => v.map((a) => v.reduce((s, b) => s + b * a, 0));
    const x = read('x');
    expectClose(
      found,
      f(f(x)).map((v, k) => v + f(x)[k]! * x[k]!),
    );
  });

  test('weights(Net) are all params of the net, one after another', () => {
    const { read, found } = valuesOf(`model m
net F(v : real[3]) -> real[2] = v |> linear(2) |> layer_norm
target x : real[3]
let out = weights(F)
factor f = sum(F(x))
`);
    const names = ['F.linear1.weight', 'F.linear1.bias', 'F.layer_norm1.scale', 'F.layer_norm1.shift'];
    expectClose(
      found,
      names.flatMap((n) => read(n)),
    );
  });

  test.for([
    ['||weights(F)||^2', (w: plain.Vector) => w.reduce((s, v) => s + v * v, 0)],
    ['||weights(F)||_1', (w: plain.Vector) => w.reduce((s, v) => s + Math.abs(v), 0)],
    ['sum(weights(F))', (w: plain.Vector) => w.reduce((s, v) => s + v, 0)],
    ['||weights(F)||', (w: plain.Vector) => Math.sqrt(w.reduce((s, v) => s + v * v, 0))],
  ] as const)('%s', ([text, expected]) => {
    const { read, found } = valuesOf(`model m
net F(v : real[5]) -> real[2, 2] = v |> conv1d(2, width = 2, stride = 3) |> linear(2)
target x : real[5]
let out = ${text}
factor f = sum(F(x))
`);
    const names = ['F.conv1d1.weight', 'F.conv1d1.bias', 'F.linear1.weight', 'F.linear1.bias'];
    expectClose(found, [expected(names.flatMap((n) => read(n)))]);
  });

  test('derivatives of a net of every kind of layer', () => {
    const { points, build } = valuesOf(`model m
net Block(h : real[2, 2]) -> real[2, 2] {
  let a = h + (h |> layer_norm |> attention(heads = 2))
  return a + (a |> layer_norm |> linear(3) |> softplus |> linear(2))
}
net F(v : real[5]) -> real[2] = v |> conv1d(2, width = 3, stride = 2) |> repeat(Block, 1) |> flatten |> linear(2) |> normalize
plate n in 2 {
  target x : real[5]
  let out = F(x)
}
`);
    checkGradient(points, build, { tolerance: 1e-5 });
  });
});

describe('sharing', () => {
  /** Every block reads its input four times: as a tree it has 4¹² parts. */
  const deep = `model m
net Block(h : real[4]) -> real[4] = h + (h |> layer_norm |> linear(4)) * h
net F(v : real[4]) -> real[4] = v |> repeat(Block, 12)
plate n in 3 { target x : real[4]  factor f = ||F(x)||^2  factor g = sum(F(x)) }
`;

  test('is kept by the expansion: a deep net is as large as its layers', () => {
    const { model } = analyse(deep, 'deep.ebm');
    const expand = definitionExpander(model!);
    const [f, g] = model!.factors.map((factor) => expand(factor.energy));
    let count = 0;
    visit(f!, () => count++);
    expect(count).toBeLessThan(12 * 60);
    const parts = new Set<unknown>();
    visit(f!, (e) => parts.add(e));
    let fresh = 0;
    visit(g!, (e) => (fresh += Number(!parts.has(e))));
    expect(fresh).toBe(1);
  });

  test('is kept by analyses and by the lowering', () => {
    const { model } = analyse(deep, 'deep.ebm');
    const { graph } = buildFactorGraph(model!);
    const energy = definitionExpander(model!)(graph.groups[0]!.energy);
    const { behaviour } = curvatureFinder(model!);
    expect(behaviour(energy, new Set(['F.Block1.linear1.weight']))).toMatchObject({ degree: Infinity, smooth: true });
    const { variables, build } = letFunction(deep.replace('factor f', 'let out = F(x)  factor f'), 'out');
    const points = variables.map(({ shape }, i) => point(shape, i + 1));
    const found = evaluateAt(points, (b, xs) => ({ out: build(b, xs) }))['out']!;
    expect(found).toHaveLength(12);
  });
});

describe('averages', () => {
  test('follow the same params of their net, in any depth', () => {
    const { model } = analyse(
      `model m
net Block(h : real[2]) -> real[2] = h |> linear(2)
net F(v : real[2]) -> real[2] = v |> linear(2) |> repeat(Block, 2)
net Slow = ema(F, decay = 0.5)
net Slower = ema(Slow, decay = 0.9)
target x : real[2]
factor f = ||F(x) - Slower(x)||^2
`,
      'm.ebm',
    );
    const followers = followersOf(model!);
    expect(followers).toHaveLength(12);
    expect(followers).toContainEqual({
      param: 'Slow.Block2.linear1.bias',
      follows: 'F.Block2.linear1.bias',
      decay: 0.5,
    });
    const at = followers.findIndex((f) => f.param === 'Slower.linear1.weight');
    expect(followers[at]).toEqual({ param: 'Slower.linear1.weight', follows: 'Slow.linear1.weight', decay: 0.9 });
    expect(followers.findIndex((f) => f.param === 'Slow.linear1.weight')).toBeLessThan(at);
  });
});
