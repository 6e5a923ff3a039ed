// A module whose instructions depend on sizes, or on data that choose nodes, refuses other values: it would compute something
// else in silence.
import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/compile.ts';
import type { NestedData } from '../../src/api.ts';
import { findBackend } from '../../src/backend/registry.ts';
import { lowerPlan } from '../../src/plan/lower-plan.ts';
import { planTask } from '../../src/plan/plan-task.ts';
import { bindTask } from '../../src/run/bind-task.ts';
import { withNative } from './native/compiler.ts';
import { defaults } from '../methods/run-model.ts';

const load = async (backend: string, source: string, data: Readonly<Record<string, NestedData>>) => {
  const analysis = analyse(source, 'model.ebm');
  const { value: bound } = bindTask(analysis, { ...defaults, data }, false);
  const { value: plan } = planTask(analysis.graph!, bound!.task, bound!.beta);
  return findBackend(backend)!.load(lowerPlan(plan!, bound!.bound.consts, '', []));
};

const array = (shape: readonly number[], numbers: readonly number[]) => ({ shape, data: Float32Array.from(numbers) });
const zeros = (...shape: readonly number[]) =>
  array(
    shape,
    Array.from({ length: shape.reduce((a, c) => a * c, 1) }, () => 0),
  );

const backends = withNative(['cpu']);

describe.each(backends)('a grid on %s', (backend) => {
  const source = `model grid
size H, W
data u : real[H, W]
latent s[i in H, j in W] : spin
factor field[i in H, j in W] = u[i, j] * s[i, j]
factor right[i in H, j in 1..W] = -s[i, j] * s[i, j-1]
factor down[i in 1..H, j in W] = -s[i, j] * s[i-1, j]
`;
  test.each([
    [3, 2],
    [1, 2],
    [2, 5],
  ])('unrolled for 2 × 2 refuses %i × %i', async (rows, columns) => {
    const runner = await load(backend, source, { u: [[1, 2], [3, 4]] }); // prettier-ignore
    const found = await runner.call('infer', { u: array([2, 2], [1, 2, 3, 4]) });
    expect([...found['s']!.data]).toEqual([-1, -1, -1, -1]);
    await expect(runner.call('infer', { u: zeros(rows, columns) })).rejects.toThrow(/made for (H|W) = 2/);
    await runner.dispose();
  });
});

test.each(backends)('a tree given by data refuses another tree on %s', async (backend) => {
  const source = `model tree
size N, S
data parent : index(N)[N]
data W : real[S, S]
latent s[i in N] : category(S)
factor edge[i in 1..N] = W[s[parent[i]], s[i]]
`;
  const runner = await load(backend, source, { parent: [0, 0, 1, 0], W: [[0, 1], [1, 0]] }); // prettier-ignore
  const W = array([2, 2], [0, 1, 1, 0]);
  await runner.call('infer', { W, parent: array([4], [0, 0, 1, 0]) });
  await expect(runner.call('infer', { W, parent: array([4], [0, 0, 1, 2]) })).rejects.toThrow(/made for one parent/);
  await runner.dispose();
});
