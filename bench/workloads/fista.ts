// Sparse coding with a given dictionary: 100 iterations of FISTA on all points at once.
import { filled, seeded } from '../arrays.ts';
import { compiled } from '../compiled.ts';
import type { Workload } from '../workload.ts';

const iterations = 100;

const source = `model sparse_coding
size N, D, K
const lambda = 0.1
param W : real[D, K]
plate n in N {
  target y : real[D]
  latent z : real[K]
  factor reconstruction = 0.5 * ||y - W @ z||^2
  regularizer sparsity = lambda * ||z||_1
}
infer { minimize z by fista(iterations = ${iterations}) }
`;

export const fista: Workload = {
  name: 'fista',
  unit: `${iterations} iterations on all points`,
  lengths: { N: 2000, D: 64, K: 256 },
  grows: { N: [1000, 2000, 4000] },
  limits: { native: 0.4, wasm: 8 },
  // Two products an iteration, W z and W' of what is left; a dozen operations on each z. Everything fits a cache, row by row.
  work: ({ N, D, K }) => ({ flops: iterations * N! * K! * (4 * D! + 12), bytes: 4 * N! * (D! + K!) }),
  arrays: ({ N, D, K }) => {
    const random = seeded(3);
    const W = filled([D!, K!], () => random.normal());
    for (let k = 0; k < K!; k++) {
      let norm = 0;
      for (let d = 0; d < D!; d++) norm += W.data[d * K! + k]! ** 2;
      for (let d = 0; d < D!; d++) W.data[d * K! + k]! /= Math.sqrt(norm);
    }
    return { W, y: filled([N!, D!], () => random.normal()) };
  },
  prepare: async (arrays, backend) => {
    const run = await compiled(source, arrays, backend);
    return {
      once: async (setting) => {
        const { outputs, ...took } = await run.run(setting);
        const taken = outputs['iterations']!.data[0];
        if (taken !== iterations) throw new Error(`${taken} iterations instead of ${iterations}: not the same work`);
        return took;
      },
      dispose: run.dispose,
    };
  },
};
