// Marginals of hidden Markov chains, many sequences side by side, params given.
import { distributions, filled, seeded } from '../arrays.ts';
import { compiled } from '../compiled.ts';
import type { Workload } from '../workload.ts';

const source = `model hmm
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
}
`;

export const forwardBackward: Workload = {
  name: 'forward-backward',
  unit: 'marginals of all sequences',
  lengths: { N: 64, T: 1000, S: 32, V: 16 },
  // Below a hundred sequences a step takes as long as its calls of tfjs, however many sequences there are.
  grows: { N: [128, 256, 512], T: [500, 1000, 2000] },
  limits: { native: 0.4, wasm: 20 },
  // A product with the transitions forwards, two backwards; a logarithm and three exponentials an entry. Messages are written and
  // read, and the marginals written.
  work: ({ N, T, S }) => ({ flops: N! * T! * S! * (6 * S! + 50), bytes: 4 * N! * T! * (3 * S! + 1) }),
  arrays: ({ N, T, S, V }) => {
    const random = seeded(2);
    return {
      pi: distributions([S!], random),
      A: distributions([S!, S!], random),
      B: distributions([S!, V!], random),
      x: filled([N!, T!], () => Math.floor(V! * random.uniform())),
    };
  },
  prepare: async (arrays, backend) => {
    const run = await compiled(source, arrays, backend, { query: 'marginals' });
    return { once: run.run, dispose: run.dispose };
  },
};
