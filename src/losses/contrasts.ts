// Losses of the data against one negative, point by point.
//
// hinge          max(0, m + F(y) - F(ȳ))              Altun, Johnson and Hofmann 2003; LeCun et al. 2006, sec. 2.2.3
// log            log(1 + e^{F(y) - F(ȳ)})             LeCun et al. 2006, sec. 2.2.3
// square_square  F(y)² + max(0, m - F(ȳ))²            Hadsell, Chopra and LeCun 2006
import type { NamedTensor } from '../lower/named-tensor.ts';
import { mapNamed } from '../lower/named-tensor.ts';
import type { LossMethod, LossSubject, LossView } from './loss.ts';
import { accepted } from './loss.ts';
import type { NegativeSource, Term } from './negatives.ts';
import { needsOf, optionSource } from './negatives.ts';
import { lowerTerms, readsSmoothly } from './terms.ts';
import { numberOption } from './values.ts';

type Formula = (view: LossView, given: NamedTensor, negative: NamedTensor) => NamedTensor;

const termsOf = (source: NegativeSource): readonly Term[] => [{ replaced: [] }, { replaced: [source] }];

const contrast = (
  name: LossMethod['name'],
  standard: 'most_offending' | 'shuffled',
  facts: { readonly smooth: boolean; readonly convexFor: LossMethod['convexFor'] },
  formula: Formula,
): LossMethod => {
  const source = (subject: LossSubject): NegativeSource | string => optionSource(subject, standard);
  return {
    name,
    // The least energy of some states has kinks where the least state changes.
    smooth: (subject) => {
      const negative = source(subject);
      const read = Object.values(subject.call?.options ?? {});
      return facts.smooth && typeof negative !== 'string' && negative.kind === 'value' && readsSmoothly(subject, read);
    },
    convexFor: facts.convexFor,
    needs: (subject) => {
      const negative = source(subject);
      return typeof negative === 'string' ? negative : needsOf(termsOf(negative));
    },
    lower: (view) =>
      lowerTerms(view, termsOf(accepted(source(view))), (here, [given, negative]) => formula(here, given!, negative!)),
  };
};

/** m + a - c, cut off at 0. */
const cut = (view: LossView, a: NamedTensor | null, c: NamedTensor): NamedTensor => {
  const b = view.env.builder;
  const margin = numberOption(view, 'margin');
  return mapNamed(b, 'relu', mapNamed(b, 'sub', a === null ? margin : mapNamed(b, 'add', margin, a), c));
};

export const hinge = contrast('hinge', 'most_offending', { smooth: false, convexFor: 'affine' }, cut);

export const log = contrast(
  'log',
  'most_offending',
  { smooth: true, convexFor: 'affine' },
  ({ env }, given, negative) => mapNamed(env.builder, 'softplus', mapNamed(env.builder, 'sub', given, negative)),
);

export const squareSquare = contrast(
  'square_square',
  'shuffled',
  { smooth: true, convexFor: null },
  (view, given, negative) => {
    const b = view.env.builder;
    return mapNamed(b, 'add', mapNamed(b, 'square', given), mapNamed(b, 'square', cut(view, null, negative)));
  },
);
