// The perceptron loss: L = F(y) - min_ȳ F(ȳ), the least energy over all answers, the given one among them, so that L ≥ 0.
// LeCun et al. 2006, sec. 2.2.2; Collins 2002 for sequences. With other negatives named, L = F(y) - F(ȳ).
import { mapNamed } from '../lower/named-tensor.ts';
import type { LossMethod, LossSubject } from './loss.ts';
import { accepted, givenOnly } from './loss.ts';
import type { NegativeSource } from './negatives.ts';
import { needsOf, optionSource } from './negatives.ts';
import { lowerTerms } from './terms.ts';
import { sumOfExcess } from './values.ts';

/** The negative that is named, unless it is the best answer of all. */
const named = (subject: LossSubject): NegativeSource | string | null => {
  const written = subject.call?.options['negatives'];
  if (written === undefined || (written.kind === 'negatives' && written.how === 'most_offending')) return null;
  return optionSource(subject, 'most_offending');
};

export const perceptron: LossMethod = {
  name: 'perceptron',
  smooth: () => false,
  convexFor: 'affine',
  needs: (subject) => {
    if (subject.targets.length === 0)
      return 'the best answer is that of targets, and no target is given while training';
    const source = named(subject);
    if (source === null) return { ...givenOnly, energies: [...givenOnly.energies, { kind: 'hard', replaced: [] }] };
    return typeof source === 'string' ? source : needsOf([{ replaced: [] }, { replaced: [source] }]);
  },
  lower: (view) => {
    const source = accepted(named(view));
    if (source === null) return sumOfExcess(view, 'hard');
    return lowerTerms(view, [{ replaced: [] }, { replaced: [source] }], ({ env }, [given, negative]) =>
      mapNamed(env.builder, 'sub', given!, negative!),
    );
  },
};
