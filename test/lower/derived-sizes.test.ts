// Sizes that follow from others, floor((L - 4) / 3) windows of a convolution, where a module has to find them from its inputs.
import { expect, test } from 'vitest';
import { analyse } from '../../src/compile.ts';
import { findBackend } from '../../src/backend/registry.ts';
import { buildFactorGraph } from '../../src/graph/build-graph.ts';
import { lowerEnergyModule } from '../../src/plan/lower-energy.ts';
import { prepareGroups } from '../../src/plan/prepare.ts';
import { withNative } from '../backend/native/compiler.ts';
import { array, point } from '../tensor/finite-differences.ts';
import * as plain from './plain-layers.ts';

const source = `model windows
size N, L, C, K
net F(v : real[L]) -> real[K] = v |> conv1d(C, width = 4, stride = 3) |> flatten |> linear(K)
net G(v : real[L]) -> real[K] = v |> conv1d(C, width = 3, stride = 2) |> flatten |> linear(K)
plate n in N {
  target x : real[L]
  factor error = ||F(x) - G(x)||^2
}
`;
const [N, L, C, K] = [2, 11, 2, 3];
// Four numbers from 11 in steps of 3: at 0, 3 and 6; three in steps of 2: at 0, 2, 4, 6 and 8.
const shapes = {
  x: [N, L],
  'F.conv1d1.weight': [C, 4, 1],
  'F.conv1d1.bias': [C],
  'F.linear1.weight': [K, 3 * C],
  'F.linear1.bias': [K],
  'G.conv1d1.weight': [C, 3, 1],
  'G.conv1d1.bias': [C],
  'G.linear1.weight': [K, 5 * C],
  'G.linear1.bias': [K],
} as const;
const values = Object.fromEntries(
  Object.entries(shapes).map(([name, shape], i) => [name, point(shape, i + 1)] as const),
);

const rows = (values: readonly number[], columns: number): plain.Matrix =>
  Array.from({ length: values.length / columns }, (_, i) => values.slice(i * columns, (i + 1) * columns));

const net = (name: 'F' | 'G', width: number, stride: number, x: plain.Vector): plain.Vector => {
  const numbers = (param: string) => values[`${name}.${param}`]!.values;
  const weight = rows(numbers('conv1d1.weight'), width).map((w) => w.map((v) => [v]));
  const signal = x.map((v) => [v]);
  const hidden = plain.conv1d(weight, numbers('conv1d1.bias'), signal, stride).flat();
  return plain.linear(rows(numbers('linear1.weight'), hidden.length), numbers('linear1.bias'), hidden);
};

test.for(withNative(['reference', 'wasm']))('on %s', async (backend) => {
  const { model } = analyse(source, 'windows.ebm');
  const { graph } = buildFactorGraph(model!);
  const { groups } = prepareGroups(graph, { withoutRegularizers: false, given: new Set(Object.keys(shapes)) });
  const spec = lowerEnergyModule(model!, groups, {}, 1, 'windows.ebm');
  const runner = await findBackend(backend)!.load(spec);
  const inputs = Object.fromEntries(Object.entries(values).map(([name, p]) => [name, array(p.shape, p.values)]));
  // The reference backend is told all sizes by those who call it; a module finds them.
  const sizes = backend === 'reference' ? { 'floor((L - 4) / 3)': 2, 'floor((L - 3) / 2)': 4 } : {};
  const { 'energy.error': found } = await runner.call('energy', inputs, { sizes });
  const expected = rows(values['x']!.values, L)
    .flatMap((x) => {
      const [f, g] = [net('F', 4, 3, x), net('G', 3, 2, x)];
      return f.map((v, k) => (v - g[k]!) ** 2);
    })
    .reduce((a, b) => a + b);
  expect(found!.data[0]! / expected).toBeCloseTo(1, backend === 'reference' ? 12 : 5);
  await runner.dispose();
});
