// Time per step of a chain as a scan on the tfjs backends: T = 1000 steps, S = 32 states, batches of 64 and 1, summing and
// minimising. Run with `npx tsx bench/tfjs-chain.ts`. Out: microseconds a step, the best of five runs.
import { cpuBackend, wasmBackend } from '../src/backend/tfjs/run.ts';
import { Builder } from '../src/tensor/builder.ts';
import { size } from '../src/tensor/dims.ts';
import type { ModuleSpec } from '../src/backend/backend.ts';

const chain = (kind: 'soft-min' | 'min-plus'): ModuleSpec => {
  const [T, B, S] = [size('T'), size('B'), size('S')];
  const b = new Builder();
  const emission = b.input('emission', [T, B, S]);
  const transition = b.input('transition', [S, S]);
  const beta = b.input('beta', []);
  const semiring = kind === 'soft-min' ? { kind, beta } : kind;
  const { carry } = b.scan({ length: T, carry: [b.zeros([B, S])], xs: [emission] }, (c, [message], [energy]) => {
    const pair = [
      { value: message!, axes: [0, 1] },
      { value: transition, axes: [1, 2] },
    ];
    return { carry: [c.add(c.contract(semiring, pair, [0, 2]), energy!)] };
  });
  return {
    name: 'chain',
    source: 'bench/tfjs-chain.ts',
    description: [],
    sizes: ['T', 'B', 'S'].map((name) => ({ name, default: null })),
    variables: {},
    entries: { infer: b.finish({ last: carry[0]! }) },
  };
};

const random = (...shape: number[]): { shape: number[]; data: Float32Array } => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 3 * Math.random()),
});

const [steps, states] = [1000, 32];
for (const backend of [wasmBackend, cpuBackend])
  for (const kind of ['soft-min', 'min-plus'] as const) {
    const runner = await backend.load(chain(kind));
    for (const batch of backend === wasmBackend ? [64, 1] : [1]) {
      const inputs = {
        emission: random(steps, batch, states),
        transition: random(states, states),
        beta: { shape: [], data: Float32Array.of(1) },
      };
      let best = Infinity;
      for (let run = 0; run < 5; run++) {
        const start = performance.now();
        await runner.call('infer', inputs);
        best = Math.min(best, performance.now() - start);
      }
      console.log(`${backend.name} ${kind} batch ${batch}: ${((1000 * best) / steps).toFixed(0)} µs a step`);
    }
  }
