// Steps of Lloyd's algorithm and of expectation-maximisation from given centres: what some more iterations of a run cost, the
// start apart.
import { filled, seeded, type BenchArray } from '../arrays.ts';
import { compiled } from '../compiled.ts';
import { perUnit } from '../differences.ts';
import type { Lengths, Prepared, Setting, Taken, Workload } from '../workload.ts';

const [few, many] = [2, 14];

/** What an iteration costs; all that are asked for must be taken. */
const perIteration =
  (source: (iterations: number) => string) =>
  async (arrays: Readonly<Record<string, BenchArray>>, backend: string): Promise<Prepared> => {
    const short = await compiled(source(few), arrays, backend);
    const long = await compiled(source(many), arrays, backend);
    const timed = async (iterations: number, setting?: Setting): Promise<Taken> => {
      const { outputs, ...took } = await (iterations === few ? short : long).run(setting);
      const taken = outputs['iterations']!.data[0];
      if (taken !== iterations) throw new Error(`${taken} iterations instead of ${iterations}: nothing to time`);
      return took;
    };
    return {
      once: perUnit(few, many, timed),
      dispose: async () => {
        await short.dispose();
        await long.dispose();
      },
    };
  };

/** Overlapping clusters, and some of the points as centres to start from: an alternation does not come to rest on them within
 *  the iterations that are timed. */
const clusters = (n: number, d: number, k: number): { readonly y: BenchArray; readonly start: BenchArray } => {
  const random = seeded(1);
  const centres = filled([k, d], () => random.normal());
  const y = filled([n, d], () => random.normal());
  for (let i = 0; i < n; i++) {
    const c = Math.floor(k * random.uniform());
    for (let j = 0; j < d; j++) y.data[i * d + j]! += centres.data[c * d + j]!;
  }
  const start = filled([k, d], (i) => y.data[Math.floor(n / k) * Math.floor(i / d) * d + (i % d)]!);
  return { y, start };
};

export const lloyd: Workload = {
  name: 'lloyd',
  unit: 'k-means step; the peer: a fit of one iteration',
  lengths: { N: 100_000, D: 16, K: 64 },
  grows: { N: [50_000, 100_000, 200_000] },
  limits: { native: 0.3, wasm: 8 },
  // Distances, their minima, sums by cluster; the points are read once.
  work: ({ N, D, K }) => ({ flops: N! * (K! * (2 * D! + 2) + D!), bytes: 4 * N! * D! }),
  arrays: ({ N, D, K }: Lengths) => {
    const { y, start } = clusters(N!, D!, K!);
    return { y, start: filled([D!, K!], (i) => start.data[(i % K!) * D! + Math.floor(i / K!)]!) };
  },
  prepare: perIteration(
    (iterations) => `model kmeans
size N, D, K
observed start : real[D, K]
param w : real[D, K] = start
plate n in N {
  target y : real[D]
  latent z : onehot[K]
  factor distance = ||y - w @ z||^2
}
train { learn w by lloyd(iterations = ${iterations}, restarts = 1) }
`,
  ),
};

/** The same step against the peer's own marginal iteration: the stricter comparison. No ratio is asked of it yet. */
export const lloydIteration: Workload = {
  ...lloyd,
  name: 'lloyd-iteration',
  unit: 'one more k-means iteration',
  grows: {},
  limits: {},
};

export const em: Workload = {
  name: 'em',
  unit: 'EM step, full covariances',
  lengths: { N: 50_000, D: 8, K: 16 },
  grows: { N: [25_000, 50_000, 100_000] },
  limits: { native: 0.15, wasm: 8 },
  // Quadratic forms, an exponential, weighted sums of points and of their outer products; the points are read once.
  work: ({ N, D, K }) => ({ flops: N! * K! * (4 * D! ** 2 + 6 * D! + 20), bytes: 4 * N! * D! }),
  arrays: ({ N, D, K }: Lengths) => clusters(N!, D!, K!),
  prepare: perIteration(
    (iterations) => `model mixture
size N, D, K
observed start : real[K, D]
param pi : simplex[K]
param mu : real[K, D] = start
param S : spd[K, D, D]
plate n in N {
  latent z : category(K) ~ categorical(pi)
  target y : real[D] ~ multivariate_normal(mu[z], S[z])
}
train { learn pi, mu, S by em(iterations = ${iterations}, restarts = 1) }
`,
  ),
};
