// The models that row blocks are for, from their text: how many passes over the rows are left, and what is still stored of them.
import { describe, expect, it } from 'vitest';
import { analyse } from '../../../src/compile.ts';
import { fusions } from '../../../src/kernel/fuse/index.ts';
import type { KernelProgram, Statement } from '../../../src/kernel/kernel.ts';
import { lowerToKernels } from '../../../src/kernel/lower/index.ts';
import { rewriteForKernels } from '../../../src/kernel/rewrite/index.ts';
import { effectsOf } from '../../../src/kernel/fuse/dependences.ts';
import { lowerPlan } from '../../../src/plan/lower-plan.ts';
import { planTask } from '../../../src/plan/plan-task.ts';
import { bindTask } from '../../../src/run/bind-task.ts';
import type { RunOptions } from '../../../src/api.ts';
import { defaults } from '../../methods/run-model.ts';
import { fused } from './agree.ts';
import { targetOf } from './write-kernels.ts';

const kernelsOf = (source: string, sizes: Readonly<Record<string, number>>, options: Partial<RunOptions> = {}) => {
  const analysis = analyse(source, 'test.ebm');
  const { value } = bindTask(analysis, { ...defaults, data: {}, ...options }, options.data === undefined);
  const { task, beta, bound } = value!;
  const spec = lowerPlan(planTask(analysis.graph!, task, beta).value!, bound.consts, 'test.ebm', []);
  const target = targetOf(sizes, { blockBytes: 1 << 19 });
  return fused(lowerToKernels(rewriteForKernels(spec.entries['infer']!, target), target), target, fusions);
};

/** Parallel passes of a list whose loops run over all of N, blocks and others. */
const passesOver = (list: readonly Statement[]): number =>
  list.filter((s) => JSON.stringify(s).includes('"sizes":["N"]')).length;

const blocks = (list: readonly Statement[]): number =>
  list.filter((s) => s.kind === 'loop' && s.loop.extent.kind === 'tiles').length;

const bodyOfWhile = ({ body }: KernelProgram): readonly Statement[] => {
  const loop = body.find((s) => s.kind === 'while');
  if (loop?.kind !== 'while') throw new Error('no while');
  return loop.body;
};

/** Arena buffers with a size of N that these statements touch. */
const rowsStored = (list: readonly Statement[], { buffers }: KernelProgram): readonly string[] =>
  [...effectsOf(list).buffers.keys()]
    .map((id) => buffers[id]!)
    .filter(({ storage, shape }) => storage === 'arena' && shape.some((dim) => dim.some((t) => t.sizes.includes('N'))))
    .map(({ shape }) => shape.map((dim) => dim.map((t) => t.sizes.join('') || t.coef).join('+')).join(' '));

describe('models', () => {
  it('k-means: one pass over the points in a step, in which no N × K array exists', () => {
    const kernels = kernelsOf(
      `model kmeans
       size N, D, K
       observed start : real[D, K]
       param w : real[D, K] = start
       plate n in N {
         target y : real[D]
         latent z : onehot[K]
         factor distance = ||y - w @ z||^2
       }
       train { learn w by lloyd(iterations = 8, restarts = 1) }`,
      { N: 100_000, D: 16, K: 64 },
    );
    const body = bodyOfWhile(kernels);
    expect([blocks(body), passesOver(body)]).toEqual([1, 1]);
    // Only the squared lengths of the points, which are computed once before.
    expect(rowsStored(body, kernels)).toEqual(['N']);
  });

  it('a mixture: two passes, since covariances are about the new means; only responsibilities go between them', () => {
    const kernels = kernelsOf(
      `model mixture
       size N, D, K
       observed start : real[K, D]
       param pi : simplex[K]
       param mu : real[K, D] = start
       param S : spd[K, D, D]
       plate n in N {
         latent z : category(K) ~ categorical(pi)
         target y : real[D] ~ multivariate_normal(mu[z], S[z])
       }
       train { learn pi, mu, S by em(iterations = 8, restarts = 1) }`,
      { N: 50_000, D: 8, K: 16 },
    );
    const body = bodyOfWhile(kernels);
    expect([blocks(body), passesOver(body)]).toEqual([2, 2]);
    expect(rowsStored(body, kernels)).toEqual(['N K']);
  });

  it('chains: forward and backward steps of all sequences in one block', () => {
    const { body } = kernelsOf(
      `model hmm
       size N, T, S, V
       param pi : simplex[S]
       param A : simplex[S, S]
       param B : simplex[S, V]
       plate n in N {
         latent s[t in T] : category(S)
         target x[t in T] : category(V)
         s[0] ~ categorical(pi)
         s[t in 1..T] ~ categorical(A[s[t-1]])
         x[t in T] ~ categorical(B[s[t]])
       }`,
      { N: 64, T: 1000, S: 32, V: 16 },
      {
        query: 'marginals',
        data: { pi: [0.5, 0.5], A: [[0.9, 0.1], [0.2, 0.8]], B: [[0.5, 0.4, 0.1], [0.1, 0.3, 0.6]], x: [[0, 1, 2, 1], [2, 2, 0, 1]] }, // prettier-ignore
      },
    );
    expect(blocks(body)).toBe(1);
    expect(body.some((s) => s.kind === 'loop' && s.role === 'serial')).toBe(false);
  });

  it('sparse coding: ten steps and the gap of all points in one block', () => {
    const kernels = kernelsOf(
      `model sparse_coding
       size N, D, K
       const lambda = 0.1
       param W : real[D, K]
       plate n in N {
         target y : real[D]
         latent z : real[K]
         factor reconstruction = 0.5 * ||y - W @ z||^2
         regularizer sparsity = lambda * ||z||_1
       }
       infer { minimize z by fista(iterations = 100) }`,
      { N: 2000, D: 64, K: 256 },
    );
    const body = bodyOfWhile(kernels);
    expect([blocks(body), passesOver(body)]).toEqual([1, 1]);
    // What is carried from one round to the next.
    expect(rowsStored(body, kernels).every((shape) => /^2 N( K)?$/.test(shape))).toBe(true);
  });
});
