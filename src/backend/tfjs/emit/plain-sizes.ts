// Names of sizes that JavaScript and the signature's formulas can read. In: a module. Out: the same with derived sizes, which
// are called `floor((L - 4) / 3)`, under names of letters and digits, everywhere.
import { renameDim, renameSizes } from '../../../tensor/rename-sizes.ts';
import type { ModuleSpec } from '../../backend.ts';

const words: Readonly<Record<string, string>> = { '-': ' minus ', '+': ' plus ', '*': ' times ' };

/** `floor_L_minus_4_3`: another for every formula. */
const plainName = (name: string): string =>
  name
    .replace(/[-+*]/g, (sign) => words[sign]!)
    .replace(/[^\p{ID_Continue}]+/gu, '_')
    .replace(/^_|_$/g, '');

export const withPlainSizes = (spec: ModuleSpec): ModuleSpec => {
  const { derivedSizes = [] } = spec;
  if (derivedSizes.length === 0) return spec;
  const names = new Map(derivedSizes.map((d) => [d.name, plainName(d.name)]));
  return {
    ...spec,
    derivedSizes: derivedSizes.map(({ name, numerator, denominator }) => ({
      name: names.get(name)!,
      numerator: renameDim(numerator, names),
      denominator,
    })),
    entries: Object.fromEntries(
      Object.entries(spec.entries).map(([name, program]) => [name, renameSizes(program, names)] as const),
    ),
  };
};
