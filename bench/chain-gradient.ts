// Time per step of elimination along a chain together with its gradient (forward-backward; Viterbi and decoding), as one
// optimised program: T = 300 steps, S = 2 and 32 states, batches of 1 and 64, on wasm and on the reference interpreter.
// Run with `npx tsx bench/chain-gradient.ts`. Out: instructions per step and microseconds a step, the best of several runs.
import type { Backend, ModuleSpec } from '../src/backend/backend.ts';
import { referenceBackend } from '../src/backend/reference.ts';
import { emitModule } from '../src/backend/tfjs/emit/module.ts';
import { wasmBackend } from '../src/backend/tfjs/run.ts';
import { Builder } from '../src/tensor/builder.ts';
import { constant, size } from '../src/tensor/dims.ts';
import { gradient } from '../src/tensor/differentiate.ts';
import { optimise } from '../src/tensor/passes/index.ts';

type Kind = 'soft-min' | 'min-plus';

/** The total of all chains and its derivatives: marginals (or the best states) and expected (or counted) transitions. */
const chain = (kind: Kind): ModuleSpec => {
  const [T, B, S] = [size('T'), size('B'), size('S')];
  const b = new Builder();
  const emission = b.input('emission', [T, B, S]);
  const transition = b.input('transition', [S, S]);
  const semiring = (c: Builder) => (kind === 'soft-min' ? { kind, beta: c.constant(1) } : kind);
  const { carry } = b.scan(
    { length: T, carry: [b.zeros([B, S]), b.zeros([B])], xs: [emission] },
    (c, [message, total], [energy]) => {
      const pair = [
        { value: message!, axes: [0, 1] },
        { value: transition, axes: [1, 2] },
      ];
      const next = c.add(c.contract(semiring(c), pair, [0, 2]), energy!);
      // As long chains are: the least entry moves into a total kept apart.
      const least = c.stopGradient(c.min(next, [1]));
      return { carry: [c.sub(next, c.reshape(least, [B, constant(1)])), c.add(total!, least)] };
    },
  );
  const last = b.contract(semiring(b), [{ value: carry[0]!, axes: [0, 1] }], [0]);
  const total = b.sum(b.add(last, carry[1]!));
  const [marginals, transitions] = gradient(b, total, [emission, transition]);
  return {
    name: 'chain',
    source: 'bench/chain-gradient.ts',
    description: [],
    sizes: ['T', 'B', 'S'].map((name) => ({ name, default: null })),
    variables: {},
    entries: { infer: optimise(b.finish({ total, marginals: marginals!, transitions: transitions! })) },
  };
};

const random = (...shape: number[]): { shape: number[]; data: Float32Array } => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 3 * Math.random()),
});

/** tfjs calls inside the loops of the emitted module: what one step of every loop costs together. */
const callsPerStep = (text: string): number => {
  let depth = 0;
  let calls = 0;
  for (const line of text.slice(text.indexOf('export async function infer')).split('\n')) {
    if (/^ +for \(let t/.test(line)) depth = line.length - line.trimStart().length;
    else if (depth > 0 && line === `${' '.repeat(depth)}}`) depth = 0;
    else if (depth > 0 && /own\(|tf\./.test(line)) calls++;
    if (line === '}') break;
  }
  return calls;
};

const steps = 300;
const time = async (backend: Backend, module: ModuleSpec, states: number, batch: number): Promise<number> => {
  const runner = await backend.load(module);
  const inputs = { emission: random(steps, batch, states), transition: random(states, states) };
  let best = Infinity;
  const until = performance.now() + 1500;
  for (let run = 0; run < 3 || (run < 30 && performance.now() < until); run++) {
    const start = performance.now();
    await runner.call('infer', inputs);
    best = Math.min(best, performance.now() - start);
  }
  return (1000 * best) / steps;
};

const chosen = process.argv[2] ?? '';
for (const kind of ['soft-min', 'min-plus'] as const) {
  const module = chain(kind);
  console.log(`${kind}: ${callsPerStep(emitModule(module))} tfjs calls a step`);
  for (const backend of [wasmBackend, referenceBackend].filter((b) => b.name.includes(chosen)))
    for (const states of [2, 32])
      for (const batch of [1, 64]) {
        if (backend === referenceBackend && states * batch > 64) continue;
        const micros = await time(backend, module, states, batch);
        console.log(`  ${backend.name} S = ${states}, batch ${batch}: ${micros.toFixed(1)} µs a step`);
      }
}
