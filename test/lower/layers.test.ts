// Every layer against its definition in plain numbers (plain-layers.ts), and its derivatives against central differences, by
// the input and by all params; alone, over further axes, and in a plate.
import { describe, expect, test } from 'vitest';
import { checkGradient, evaluateAt, point, type Point } from '../tensor/finite-differences.ts';
import { letFunction } from './net-values.ts';
import * as plain from './plain-layers.ts';

type Nested = number | readonly Nested[];
const nested = ({ shape, values }: Point): Nested => {
  const [first, ...rest] = shape;
  if (first === undefined) return values[0]!;
  const size = values.length / first;
  return Array.from({ length: first }, (_, i) =>
    nested({ shape: rest, values: values.slice(i * size, (i + 1) * size) }),
  );
};
const flat = (x: Nested): readonly number[] => (typeof x === 'number' ? [x] : x.flatMap((y) => [...flat(y)]));

type Read = <T>(name: string) => T;

interface Case {
  readonly name: string;
  readonly declarations: string;
  /** Of the let `out`. */
  readonly expected: (read: Read) => Nested;
  /** Categories are no numbers to differentiate by. */
  readonly whole?: string;
}

const linearOf = (read: Read, net = 'F', layer = 'linear1') =>
  [read<plain.Matrix>(`${net}.${layer}.weight`), read<plain.Vector>(`${net}.${layer}.bias`)] as const;

const cases: readonly Case[] = [
  {
    name: 'linear on a vector',
    declarations: `net F(v : real[4]) -> real[3] = v |> linear(3)
target v : real[4]
let out = F(v)`,
    expected: (read) => plain.linear(...linearOf(read), read('v')),
  },
  {
    name: 'linear on the rows of a matrix',
    declarations: `net F(v : real[2, 4]) -> real[2, 3] = v |> linear(3)
target v : real[2, 4]
let out = F(v)`,
    expected: (read) => read<plain.Matrix>('v').map((row) => plain.linear(...linearOf(read), row)),
  },
  {
    name: 'linear on the last of three axes, in a plate',
    declarations: `net F(v : real[2, 3, 4]) -> real[2, 3, 2] = v |> linear(2)
plate n in 3 { target v : real[2, 3, 4]  let out = F(v) }`,
    expected: (read) =>
      read<readonly (readonly plain.Matrix[])[]>('v').map((block) =>
        block.map((matrix) => matrix.map((row) => plain.linear(...linearOf(read), row))),
      ),
  },
  {
    name: 'layer_norm on a vector',
    declarations: `net F(v : real[4]) -> real[4] = v |> layer_norm
target v : real[4]
let out = F(v)`,
    expected: (read) => plain.layerNorm(read('F.layer_norm1.scale'), read('F.layer_norm1.shift'), read('v')),
  },
  {
    name: 'layer_norm on rows, in a plate',
    declarations: `net F(v : real[2, 4]) -> real[2, 4] = v |> layer_norm
plate n in 3 { target v : real[2, 4]  let out = F(v) }`,
    expected: (read) =>
      read<readonly plain.Matrix[]>('v').map((matrix) =>
        matrix.map((row) => plain.layerNorm(read('F.layer_norm1.scale'), read('F.layer_norm1.shift'), row)),
      ),
  },
  {
    name: 'conv1d of a signal without channels, stride 2, the end left over',
    declarations: `net F(v : real[8]) -> real[3, 2] = v |> conv1d(2, width = 3, stride = 2)
target v : real[8]
let out = F(v)`,
    expected: (read) =>
      plain.conv1d(
        read('F.conv1d1.weight'),
        read('F.conv1d1.bias'),
        read<plain.Vector>('v').map((x) => [x]),
        2,
      ),
  },
  {
    name: 'conv1d of a signal with channels, in a plate',
    declarations: `net F(v : real[5, 2]) -> real[4, 3] = v |> conv1d(3, width = 2)
plate n in 2 { target v : real[5, 2]  let out = F(v) }`,
    expected: (read) =>
      read<readonly plain.Matrix[]>('v').map((signal) =>
        plain.conv1d(read('F.conv1d1.weight'), read('F.conv1d1.bias'), signal, 1),
      ),
  },
  {
    name: 'conv2d of an image without channels, stride 2',
    declarations: `net F(v : real[5, 4]) -> real[2, 2, 2] = v |> conv2d(2, width = 2, stride = 2)
target v : real[5, 4]
let out = F(v)`,
    expected: (read) =>
      plain.conv2d(
        read('F.conv2d1.weight'),
        read('F.conv2d1.bias'),
        read<plain.Matrix>('v').map((row) => row.map((x) => [x])),
        2,
      ),
  },
  {
    name: 'conv2d of an image with channels, in a plate',
    declarations: `net F(v : real[3, 4, 2]) -> real[2, 3, 2] = v |> conv2d(2, width = 2)
plate n in 2 { target v : real[3, 4, 2]  let out = F(v) }`,
    expected: (read) =>
      read<readonly (readonly plain.Matrix[])[]>('v').map((image) =>
        plain.conv2d(read('F.conv2d1.weight'), read('F.conv2d1.bias'), image, 1),
      ),
  },
  {
    name: 'attention with one head',
    declarations: `net F(v : real[3, 2]) -> real[3, 2] = v |> attention
target v : real[3, 2]
let out = F(v)`,
    expected: (read) => plain.attention(projections(read), 1, read('v')),
  },
  {
    name: 'attention with two heads, in a plate',
    declarations: `net F(v : real[3, 4]) -> real[3, 4] = v |> attention(heads = 2)
plate n in 2 { target v : real[3, 4]  let out = F(v) }`,
    expected: (read) => read<readonly plain.Matrix[]>('v').map((x) => plain.attention(projections(read), 2, x)),
  },
  {
    name: 'embedding of a category, in a plate',
    declarations: `net F(t : category(3)) -> real[2] = t |> embedding(2)
plate n in 4 { target t : category(3)  let out = F(t) }`,
    whole: 't',
    expected: (read) => read<plain.Vector>('t').map((t) => read<plain.Matrix>('F.embedding1.weight')[t]!),
  },
  {
    name: 'embedding of a sequence of categories',
    declarations: `net F(t : category(3)[4]) -> real[4, 2] = t |> embedding(2)
target t[i in 4] : category(3)
let out = F(t)`,
    whole: 't',
    expected: (read) => read<plain.Vector>('t').map((t) => read<plain.Matrix>('F.embedding1.weight')[t]!),
  },
];

const projections = (read: Read) => {
  const one = (name: string): plain.Projection => ({
    weight: read(`F.attention1.${name}.weight`),
    bias: read(`F.attention1.${name}.bias`),
  });
  return { query: one('query'), key: one('key'), value: one('value'), output: one('output') };
};

describe.for(cases)('$name', ({ declarations, expected, whole }) => {
  const { variables, build } = letFunction(`model m\n${declarations}\n`, 'out');
  const points = variables.map(({ name, shape }, i) => {
    const drawn = point(shape, i + 1);
    return name === whole ? { ...drawn, values: drawn.values.map((_, k) => [2, 0, 1, 2][k % 4]!) } : drawn;
  });
  const read = <T>(name: string): T => {
    const at = variables.findIndex((v) => v.name === name);
    if (at < 0) throw new Error(`no ${name} among ${variables.map((v) => v.name).join(', ')}`);
    return nested(points[at]!) as T;
  };

  test('values', () => {
    const found = evaluateAt(points, (b, xs) => ({ out: build(b, xs) }))['out']!;
    const wanted = flat(expected(read));
    expect(found).toHaveLength(wanted.length);
    found.forEach((x, i) => expect(x).toBeCloseTo(wanted[i]!, 12));
  });

  test('derivatives', () => {
    const fixed = variables.findIndex((v) => v.name === whole);
    const free = points.filter((_, i) => i !== fixed);
    checkGradient(free, (b, xs) => {
      const all = [...xs];
      if (fixed >= 0) all.splice(fixed, 0, b.literal([...points[fixed]!.values], points[fixed]!.shape));
      return build(b, all);
    });
  });
});
