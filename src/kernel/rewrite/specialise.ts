// Sizes as numbers: kernels for these very lengths can unroll loops and keep accumulators in registers. In: a program and the
// values of some of its sizes. Out: the program for these values; sizes without one stay symbolic.
import { add, constant, constantValue, product, scale, size, type Dim } from '../../tensor/dims.ts';
import { mapDims } from '../../tensor/map-dims.ts';
import type { Instr, Program } from '../../tensor/program.ts';

type SizeValues = Readonly<Record<string, number>>;

const substitute = (dim: Dim, values: SizeValues): Dim =>
  dim.reduce<Dim>((sum, { coef, sizes }) => {
    const factors = sizes.map((name) => (Object.hasOwn(values, name) ? constant(values[name]!) : size(name)));
    return add(sum, scale(product(factors), coef));
  }, []);

/** Sizes that have become numbers are constants like any other, which folding sees. */
const withConstants = (program: Program): Program => ({
  ...program,
  instrs: program.instrs.map((instr): Instr => {
    switch (instr.op) {
      case 'dim': {
        const value = constantValue(instr.dim);
        return value === null ? instr : { op: 'constant', out: instr.out, value };
      }
      case 'scan':
        return { ...instr, body: withConstants(instr.body) };
      case 'while':
        return { ...instr, test: withConstants(instr.test), body: withConstants(instr.body) };
      default:
        return instr;
    }
  }),
});

export const specialise = (program: Program, values: SizeValues): Program =>
  withConstants(mapDims(program, (dim) => substitute(dim, values)));
