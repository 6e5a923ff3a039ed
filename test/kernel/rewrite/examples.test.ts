// All rewrites on the programs of models: of examples and of the benchmark. Before and after agree on the reference backend.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { NestedData, RunOptions } from '../../../src/api.ts';
import type { TensorData } from '../../../src/backend/backend.ts';
import { analyse } from '../../../src/compile.ts';
import { specialise } from '../../../src/kernel/rewrite/specialise.ts';
import { rewriteForKernels } from '../../../src/kernel/rewrite/index.ts';
import { lowerPlan } from '../../../src/plan/lower-plan.ts';
import { planTask } from '../../../src/plan/plan-task.ts';
import { bindTask } from '../../../src/run/bind-task.ts';
import { pick } from '../../../src/run/inputs.ts';
import { defaults } from '../../methods/run-model.ts';
import { expectSame, normals, targetOf } from './agreement.ts';

interface Case {
  readonly example: string;
  readonly data: Readonly<Record<string, NestedData>>;
  readonly options?: Partial<RunOptions>;
  /** Iterations amplify differences in the last digit. */
  readonly within?: number;
}

/** Rows of normal numbers. */
const table = (rows: number, columns: number, seed: number): NestedData =>
  Array.from({ length: rows }, (_, i) => Array.from(normals([columns], 1000 * seed + i).data));
const classes = (count: number, of: number, seed: number): NestedData =>
  Array.from(normals([count], seed).data, (x) => Math.floor(1000 * Math.abs(x)) % of);

const counts = (rows: number, columns: number, seed: number): NestedData =>
  Array.from({ length: rows }, (_, i) => Array.from(normals([columns], 1000 * seed + i).data, Math.abs));

const cases: readonly Case[] = [
  { example: 'kmeans', data: { y: table(30, 2, 1) } },
  { example: 'gmm', data: { y: table(25, 2, 2) }, within: 1e-6 },
  { example: 'gmm_full', data: { y: table(40, 2, 3) }, options: { sizes: { K: 2 } }, within: 1e-6 },
  { example: 'hmm', data: { x: classes(25, 3, 4) }, options: { sizes: { S: 2, V: 3 } }, within: 1e-6 },
  { example: 'crf_tagger', data: { x: [classes(5, 6, 5), classes(3, 6, 6)], y: [classes(5, 3, 7), classes(3, 3, 8)] }, options: { sizes: { V: 6, S: 3 } }, within: 1e-6 }, // prettier-ignore
  { example: 'sparse_coding', data: { y: table(5, 4, 9) }, options: { sizes: { K: 6 } }, within: 1e-5 },
  { example: 'lasso', data: { x: table(12, 3, 10), y: [...(classes(12, 5, 11) as readonly number[])] }, within: 1e-7 },
  { example: 'logistic', data: { x: table(15, 2, 12), y: classes(15, 2, 13) }, within: 1e-7 },
  { example: 'nmf', data: { y: counts(8, 5, 14) }, options: { sizes: { K: 2 } }, within: 1e-5 },
  { example: 'pca', data: { y: table(12, 3, 15) } },
  { example: 'local_level', data: { y: [1, 4, 2, 5, 3, 9, 7] }, within: 1e-6 },
  { example: 'denoise_signal', data: { x: classes(20, 9, 16) }, within: 1e-7 },
  { example: 'matrix_factorisation', data: { r: table(6, 5, 17), held_out: table(6, 5, 18) }, options: { sizes: { K: 2 } }, within: 1e-6 }, // prettier-ignore
  { example: 'regression', data: { x: table(10, 3, 19), y: classes(10, 4, 20) }, within: 1e-8 },
  { example: 'boltzmann', data: {}, options: { query: 'marginals' } },
];

/** `infer` of an example and what its task gives it, on these data. */
const taskOf = ({ example, data, options }: Case) => {
  const path = join(import.meta.dirname, '..', '..', '..', 'examples', `${example}.ebm`);
  const analysis = analyse(readFileSync(path, 'utf8'), path);
  const { value, diagnostics } = bindTask(analysis, { ...defaults, restarts: 1, ...options, data }, false);
  expect(value, diagnostics.map((d) => d.message).join()).not.toBeNull();
  const { task, beta, bound } = value!;
  const spec = lowerPlan(planTask(analysis.graph!, task, beta).value!, bound.consts, path, []);
  const sizes = Object.fromEntries(Object.entries(bound.sizes).map(([name, s]) => [name, s.value]));
  const inputs: Record<string, TensorData> = { seed: { shape: [], data: Float64Array.of(0) }, ...bound.values };
  return { program: spec.entries['infer']!, inputs: pick(spec, 'infer', inputs), sizes };
};

test.each(cases)('$example', (given) => {
  const { program, inputs, sizes } = taskOf(given);
  const target = targetOf(sizes);
  expectSame(program, rewriteForKernels(program, target), inputs, sizes, given.within);
  expectSame(program, rewriteForKernels(specialise(program, sizes), target), inputs, sizes, given.within);
});
