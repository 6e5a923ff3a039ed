// One's own loss: `loss = expression`, an expression of one point in which F is the point's free energy and `F(y = e)` the
// free energy with a variable or let replaced. What negatives stand for is said in negatives.ts.
import { visit } from '../graph/expressions.ts';
import { lowerExpression } from '../lower/expression.ts';
import { withAxes } from '../lower/environment.ts';
import type { Expr } from '../semantics/model.ts';
import type { LossMethod, LossSubject } from './loss.ts';
import { accepted } from './loss.ts';
import type { NegativeSource, Term } from './negatives.ts';
import { needsOf, sourceOf } from './negatives.ts';
import { asReferences, bindEnergies, energyName, extractEnergies, lowerTerms, readsSmoothly } from './terms.ts';
import { pointAxes } from './values.ts';

interface Parts {
  readonly terms: readonly Term[];
  /** The expression over free energies that are bound by name. */
  readonly reading: Expr;
}

const partsOf = (subject: LossSubject): Parts | string => {
  const { energies, reading } = extractEnergies(subject, subject.expression!);
  const terms: Term[] = [];
  for (const { replaced } of energies) {
    const sources: NegativeSource[] = [];
    for (const { name, by } of replaced) {
      const source = sourceOf(name, by);
      if (typeof source === 'string') return source;
      sources.push(source);
    }
    terms.push({ replaced: sources });
  }
  const loose = searchIn([
    reading,
    ...terms.flatMap((t) => t.replaced).flatMap((s) => (s.kind === 'value' ? [s.value] : [])),
  ]);
  return loose === null ? { terms, reading } : loose;
};

/** Why an expression outside `F(y = …)` has no value. */
const searchIn = (values: readonly Expr[]): string | null => {
  let found: string | null = null;
  for (const value of values)
    visit(value, (e) => {
      if (e.kind === 'free-energy') found = 'a free energy stands inside the replacement of another';
      if (e.kind === 'negatives' && e.how !== 'shuffled' && e.how !== 'others')
        found = `${e.how}(${e.of}) is found by its energy: it stands alone behind \`${e.of} =\` in F(…)`;
    });
  return found;
};

export const expression: LossMethod = {
  name: 'expression',
  smooth: (subject) => {
    const parts = partsOf(subject);
    if (typeof parts === 'string') return false;
    const sources = parts.terms.flatMap((t) => t.replaced);
    const values = sources.flatMap((s) => (s.kind === 'value' ? [s.value] : []));
    const energies = parts.terms.map((_, i) => energyName(i));
    return values.length === sources.length && readsSmoothly(subject, [parts.reading, ...values], energies);
  },
  convexFor: null,
  needs: (subject) => {
    const parts = partsOf(subject);
    return typeof parts === 'string' ? parts : needsOf(parts.terms);
  },
  lower: (view) => {
    const { terms, reading } = accepted(partsOf(view));
    return lowerTerms(
      view,
      terms,
      (here, energies) =>
        lowerExpression(withAxes(bindEnergies(here, energies), pointAxes(here)), asReferences(here, reading)),
      [reading],
    );
  },
};
