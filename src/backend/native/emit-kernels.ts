// The kernels of a module as text, for `--emit kernels`. In: a module, its known sizes, and nominal values of the others. Out: the
// kernels of every entry as the native backend would make them, the same on every machine.
import { sizesOf } from '../../tensor/dims.ts';
import type { Program } from '../../tensor/program.ts';
import { kernelsOf } from '../../kernel/compile.ts';
import { printKernels } from '../../kernel/print.ts';
import { specialise } from '../../kernel/rewrite/specialise.ts';
import type { ModuleSpec } from '../backend.ts';
import { ConstantSizes } from './constant-sizes.ts';

/** Half of a cache of 512 KiB: what is printed does not depend on the machine. */
const blockBytes = 262_144;

type Sizes = Readonly<Record<string, number>>;

const valuesOf = (program: Program, known: Sizes, nominal: (name: string) => number): Sizes => {
  const names = program.values.flatMap(({ shape }) => shape.flatMap(sizesOf));
  return { ...Object.fromEntries(names.map((name) => [name, nominal(name)])), ...known };
};

/** Known sizes that are small become numbers, as they do at a call. */
export const emitKernels = (module: ModuleSpec, known: Sizes, nominal: (name: string) => number): string =>
  Object.entries(module.entries)
    .map(([name, program]) => {
      const constants = new ConstantSizes(program).of(known);
      const sizes = valuesOf(program, known, nominal);
      const kernels = kernelsOf(specialise(program, constants), { sizes, blockBytes, rowBlocks: true, bytesOfReal: 4 });
      return `// ${name}\n${printKernels(kernels)}\n`;
    })
    .join('\n');
