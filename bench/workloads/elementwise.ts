// Elementwise functions and a log-sum-exp over many numbers, as a tensor program: log Σ exp(exp(-x) sin(x) + log(x)).
import { Builder } from '../../src/tensor/builder.ts';
import { elementwiseTable } from '../../src/tensor/elementwise-table.ts';
import { size } from '../../src/tensor/dims.ts';
import { filled, seeded } from '../arrays.ts';
import { compiledProgram } from '../compiled.ts';
import type { Workload } from '../workload.ts';

const { exp, sin, log } = elementwiseTable;

export const elementwise: Workload = {
  name: 'elementwise',
  unit: 'exp, sin and log of all numbers, and the log-sum-exp of what they make',
  lengths: { N: 10 ** 7 },
  grows: { N: [2_500_000, 5_000_000, 10_000_000] },
  limits: { native: 0.3 },
  // Twice exp; a product, two sums, a change of sign, a maximum and a difference beside.
  work: ({ N }) => ({ flops: N! * (2 * exp.flops + sin.flops + log.flops + 6), bytes: 4 * N! }),
  arrays: ({ N }) => {
    const { uniform } = seeded(5);
    return { x: filled([N!], () => 0.5 + 2 * uniform()) };
  },
  prepare: async (arrays, backend) => {
    const b = new Builder();
    const x = b.input('x', [size('N')]);
    const made = b.add(b.mul(b.exp(b.neg(x)), b.sin(x)), b.log(x));
    const run = await compiledProgram(b.finish({ total: b.logSumExp(made) }), arrays, backend);
    return { once: run.run, dispose: run.dispose };
  },
};
