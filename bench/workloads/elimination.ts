// One binary variable summed out of a table over many, in the log domain: a step of exact inference in a model of .uai files, as a
// tensor program of one free energy. The table has an axis for each variable, whatever their number.
import { Builder } from '../../src/tensor/builder.ts';
import { constant } from '../../src/tensor/dims.ts';
import { elementwiseTable } from '../../src/tensor/elementwise-table.ts';
import { filled, seeded } from '../arrays.ts';
import { compiledProgram } from '../compiled.ts';
import type { Workload } from '../workload.ts';

const { exp, log } = elementwiseTable;

export const elimination: Workload = {
  name: 'elimination',
  unit: 'the first of all variables summed out',
  lengths: { variables: 22 },
  grows: {},
  limits: { native: 0.15 },
  work: ({ variables }) => ({
    flops: 2 ** (variables! - 1) * (exp.flops + log.flops + 4),
    bytes: 4 * 1.5 * 2 ** variables!,
  }),
  arrays: ({ variables }) => {
    const { normal } = seeded(6);
    return { table: filled(Array.from({ length: variables! }, () => 2), normal) }; // prettier-ignore
  },
  prepare: async (arrays, backend) => {
    const b = new Builder();
    const table = b.input('table', arrays['table']!.shape.map(constant)); // prettier-ignore
    const run = await compiledProgram(b.finish({ message: b.softMin(1, table, [0]) }), arrays, backend);
    return { once: run.run, dispose: run.dispose };
  },
};
