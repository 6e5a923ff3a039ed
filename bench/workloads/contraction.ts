// A matrix product in float32, as a tensor program of one contraction.
import { Builder } from '../../src/tensor/builder.ts';
import { size } from '../../src/tensor/dims.ts';
import { filled, seeded } from '../arrays.ts';
import { compiledProgram } from '../compiled.ts';
import type { Workload } from '../workload.ts';

export const contraction: Workload = {
  name: 'contraction',
  unit: 'product of two square matrices',
  lengths: { n: 1024 },
  grows: {},
  limits: { native: 1.5 },
  work: ({ n }) => ({ flops: 2 * n! ** 3, bytes: 4 * 3 * n! ** 2 }),
  arrays: ({ n }) => {
    const { normal } = seeded(4);
    return { a: filled([n!, n!], normal), b: filled([n!, n!], normal) };
  },
  prepare: async (arrays, backend) => {
    const b = new Builder();
    const [n, m, k] = [size('n'), size('m'), size('k')];
    const product = b.matmul(b.input('a', [n, k]), b.input('b', [k, m]));
    const run = await compiledProgram(b.finish({ product }), arrays, backend);
    return { once: run.run, dispose: run.dispose };
  },
};
