// Where a negative ȳ comes from. In: what stands behind `negatives =`, or a replacement inside `F(y = …)`. Out: a source as
// data, or why it is none.
//
// most_offending  the state ȳ ≠ y of least energy; derivatives go through that state (LeCun et al. 2006, definition 1)
// violator        a state ȳ ≠ y at which the loss is above 0, the first in an order that is drawn afresh for each point; a
//                 point without one has loss 0 (the sampling of WSABIE, Weston, Bengio and Usunier 2010, without its ranks)
// shuffled        y of the point s places on, around the batch, with one s ≥ 1 drawn for the batch: never the point itself
// others          y of every other point of the batch: the loss is the mean over them
// else            a let or an expression of the point
import type { Expr } from '../semantics/model.ts';
import type { LossNeeds, LossSubject } from './loss.ts';
import { givenOnly } from './loss.ts';

export type NegativeSource =
  | { readonly kind: 'least' | 'violator'; readonly target: string }
  /** Values with negatives inside, `0.5 * shuffled(y)`, are among these. */
  | { readonly kind: 'value'; readonly name: string; readonly value: Expr };

/** A free energy with its replacements; without any, F itself. */
export interface Term {
  readonly replaced: readonly NegativeSource[];
}

/** The replacement of a variable or let by a value. */
export const sourceOf = (name: string, value: Expr): NegativeSource | string => {
  if (value.kind !== 'negatives') return { kind: 'value', name, value };
  const { how, of } = value;
  if (how === 'shuffled' || how === 'others') return { kind: 'value', name, value };
  if (how === 'most_offending' || how === 'violator')
    return of === name
      ? { kind: how === 'violator' ? 'violator' : 'least', target: name }
      : `${how}(${of}) stands for ${of}, and replaces ${name}`;
  return `${how}(${of}) keeps a queue of values between steps, which nothing does yet`;
};

/** The option `negatives` of a named loss: `shuffled(y)`, or a let that stands in the place of the only target. */
export const optionSource = (
  subject: LossSubject,
  standard: 'most_offending' | 'shuffled',
): NegativeSource | string => {
  const written = subject.call?.options['negatives'];
  if (written?.kind === 'negatives') return sourceOf(written.of, written);
  const [target, second] = subject.targets;
  if (target === undefined || second !== undefined)
    return `it has ${subject.targets.length} targets, and the negatives stand for one: name it, \`negatives = shuffled(y)\``;
  if (written !== undefined) return { kind: 'value', name: target, value: written };
  if (standard === 'most_offending') return { kind: 'least', target };
  const { type, span } = subject.model.variables.find((v) => v.name === target)!;
  return {
    kind: 'value',
    name: target,
    value: { kind: 'negatives', how: 'shuffled', of: target, options: [], type, span },
  };
};

/** What has to be planned for a loss of these free energies. */
export const needsOf = (terms: readonly Term[]): LossNeeds | string => {
  const states = new Set(terms.flatMap((t) => t.replaced).flatMap((s) => (s.kind === 'value' ? [] : [s.target])));
  if (states.size > 1) return `it runs through the states of ${[...states].join(' and ')} at once`;
  const mixed = terms.find((t) => t.replaced.length > 1 && t.replaced.some((s) => s.kind !== 'value'));
  if (mixed !== undefined)
    return 'one free energy replaces a target by a search through its states and something else too';
  return {
    ...givenOnly,
    energies: terms.map(({ replaced }) => ({
      kind: 'given',
      replaced: replaced.map((s) => (s.kind === 'value' ? s.name : s.target)),
    })),
    points: true,
    states: [...states][0] ?? null,
  };
};
