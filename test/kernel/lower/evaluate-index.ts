// The value of an index without computed atoms. In: values of loops and sizes. Out: a whole number.
import { evaluate } from '../../../src/tensor/dims.ts';
import type { Atom, Index } from '../../../src/kernel/kernel.ts';

export const evaluateIndex = (
  { constant, terms }: Index,
  loops: readonly number[],
  sizes: Readonly<Record<string, number>>,
): number => {
  const atom = (of: Atom): number => {
    switch (of.kind) {
      case 'loop':
        return loops[of.loop]!;
      case 'floor-div':
        return Math.floor(evaluateIndex(of.of, loops, sizes) / evaluate(of.by, sizes));
      case 'mod':
        return evaluateIndex(of.of, loops, sizes) % evaluate(of.by, sizes);
      case 'value':
        throw new Error('a computed index');
    }
  };
  return terms.reduce((sum, term) => sum + evaluate(term.coef, sizes) * atom(term.atom), evaluate(constant, sizes));
};
