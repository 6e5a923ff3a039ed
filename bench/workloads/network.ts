// Steps of stochastic gradient on a net of one hidden layer: what some more steps of a call cost, as `ebmc train` makes them. The
// rows of each batch are gathered from all points inside the step.
import { sizeOfAll } from '../../src/plan/batch-rows.ts';
import { filled, seeded } from '../arrays.ts';
import { backendNamed, planned, timedCalls } from '../compiled.ts';
import { perUnit } from '../differences.ts';
import type { Setting, Workload } from '../workload.ts';

const batch = 128;
const [few, many] = [8, 72];

const source = `model network
size N, D, H, C
net Scores(v : real[D]) -> real[C] = v |> linear(H) |> relu |> linear(C)
plate n in N {
  observed image : real[D]
  target y : category(C)
  factor score = -Scores(image)[y]
}
train {
  loss nll
  learn Scores by sgd(rate = 0.1)
  epochs 1
  batch ${batch}
}
`;

export const network: Workload = {
  name: 'network',
  unit: `gradient step of a 784-256-10 net, batch ${batch}`,
  lengths: { N: 4096, D: 784, H: 256, C: 10 },
  grows: {},
  limits: { native: 0.5 },
  // Forwards, onto the weights, and onto the hidden layer; the weights and the batch stay in a cache.
  work: ({ D, H, C }) => ({ flops: batch * H! * (4 * D! + 6 * C!), bytes: 4 * (batch * D! + 2 * D! * H!) }),
  arrays: ({ N, D, C }) => {
    const { normal, uniform } = seeded(7);
    return {
      image: filled([N!, D!], () => Math.abs(normal())),
      y: filled([N!], () => Math.floor(C! * uniform())),
    };
  },
  prepare: async (arrays, backend) => {
    const { H, C } = network.lengths;
    const { spec, sizes, data } = planned(source, arrays, backend, { sizes: { H: H!, C: C! } });
    const runner = await backendNamed(backend).load(spec);
    const points = sizes['N']!;
    const { uniform } = seeded(8);
    const order = Int32Array.from({ length: many * batch }, () => Math.floor(points * uniform()));
    const all = { ...sizes, [sizeOfAll('N')]: points };
    const scalar = (value: number) => ({ shape: [], data: Float32Array.of(value) });
    const start = { ...data, seed: scalar(0), restart: scalar(0), 'step number': scalar(0) };
    const params = await runner.call('init', start, { sizes: all });
    const call = timedCalls(runner);
    const steps = (count: number, setting?: Setting) => {
      const rows = { shape: [count, batch], data: order.slice(0, count * batch) };
      const options = { sizes: { ...all, N: batch }, keep: Object.keys(data), ...setting };
      return call('step', { ...start, ...params, 'batch indices': rows }, options);
    };
    return {
      once: perUnit(few, many, steps),
      dispose: runner.dispose,
    };
  },
};
