// Programs that several tests run: k-means as Lloyd's loop, and a chain as a scan. In: nothing. Out: module specs.
import type { ModuleSpec } from '../../src/backend/backend.ts';
import { Builder } from '../../src/tensor/builder.ts';
import { constant, size } from '../../src/tensor/dims.ts';

const one = constant(1);

/** y [N, D], start [K, D] → centres w [K, D], assignment z [N], energy, steps. */
export const kmeans = (): ModuleSpec => {
  const [N, D, K] = [size('N'), size('D'), size('K')];
  const b = new Builder();
  const y = b.input('y', [N, D]);
  const start = b.input('start', [K, D]);
  const distances = (c: Builder, w: ReturnType<Builder['input']>) =>
    c.sum(c.square(c.sub(c.reshape(y, [N, one, D]), c.reshape(w, [one, K, D]))), [2]);
  const loop = b.while_(
    { max: 100, every: 2, carry: [start, b.constant(1)] },
    (c, [, moved]) => c.gt(moved!, 1e-12),
    (c, [w]) => {
      const z = c.oneHot(c.argmin(distances(c, w!), 1), K);
      const counts = c.maximum(c.sum(z, [0]), 1);
      const sums = c.contract(
        'sum-product',
        [
          { value: z, axes: [0, 1] },
          { value: y, axes: [0, 2] },
        ],
        [1, 2],
      );
      const next = c.div(sums, c.reshape(counts, [K, one]));
      return [next, c.sum(c.square(c.sub(next, w!)))];
    },
  );
  const w = loop.carry[0]!;
  const table = distances(b, w);
  return {
    name: 'kmeans',
    source: 'kmeans.ebm',
    description: ['w: alternate', 'z: minimised by enumeration, exact'],
    sizes: [
      { name: 'N', default: null },
      { name: 'D', default: null },
      { name: 'K', default: 3 },
    ],
    variables: {
      y: { role: 'target', domain: 'real[D]', shape: [N, D], dtype: 'float' },
      w: { role: 'param', domain: 'real[K, D]', shape: [K, D], dtype: 'float' },
      z: { role: 'latent', domain: 'onehot[K]', shape: [N], dtype: 'int' },
    },
    entries: { infer: b.finish({ w, z: b.argmin(table, 1), energy: b.sum(b.min(table, [1])), steps: loop.steps }) },
  };
};

/** emission [T, B, S], transition [S, S], β → the messages of every step [T, B, S] and the free energies [B]. */
export const chain = (): ModuleSpec => {
  const [T, B, S] = [size('T'), size('B'), size('S')];
  const b = new Builder();
  const emission = b.input('emission', [T, B, S]);
  const transition = b.input('transition', [S, S]);
  const beta = b.input('beta', []);
  const scan = b.scan({ length: T, carry: [b.zeros([B, S])], xs: [emission] }, (c, [message], [energy]) => {
    const arrived = c.contract(
      { kind: 'soft-min', beta },
      [
        { value: message!, axes: [0, 1] },
        { value: transition, axes: [1, 2] },
      ],
      [0, 2],
    );
    const next = c.add(arrived, energy!);
    return { carry: [next], ys: [next] };
  });
  return {
    name: 'chain',
    source: 'chain.ebm',
    description: ['s: marginalised by elimination, a scan over T'],
    sizes: [
      { name: 'T', default: null },
      { name: 'B', default: null },
      { name: 'S', default: null },
    ],
    variables: {},
    entries: { infer: b.finish({ messages: scan.ys[0]!, freeEnergy: b.softMin(beta, scan.carry[0]!, [1]) }) },
  };
};
