// Convex energies in words: "convex in z: quadratic plus lambda ‖z‖₁". In: the parts of an energy. Out: phrases for explain.
import { exprText } from '../../graph/draw/index-text.ts';
import type { AffinePenalty, Composite, Core } from '../../graph/composite.ts';
import type { Binder, Expr } from '../../semantics/model.ts';
import type { ConvexProblem } from './problem.ts';

/** "a, b and c". */
export const inWords = (parts: readonly string[]): string =>
  parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)!}`;

/** Longer texts are no help. */
const longest = 40;

const short = (energy: Expr, binders: readonly Binder[], otherwise: string): string => {
  const names = new Map(binders.map((b) => [b.id, b.name]));
  const text = exprText(energy, (id) => names.get(id) ?? id);
  return text.includes('…') || text.length > longest ? otherwise : text;
};

const coreWords = (core: Core): string =>
  core.kind === 'entries' ? `absolute values of ${inWords(core.variables)}` : `norms of ${core.variable}`;

const normWords: Readonly<Record<AffinePenalty['norm'], string>> = {
  l1: 'absolute values',
  l2: 'norms',
  hinge: 'positive parts',
};

/** Completes "not FISTA: …". */
export const noProximalMap = ({ norm, term }: AffinePenalty): string =>
  `factor ${term.part ?? term.name} has ${normWords[norm]} of something affine, which have no closed proximal map`;

/** What stands beside the smooth part, one phrase a term. */
export const penaltyWords = ({ penalties, affine }: Composite): readonly string[] => [
  ...new Set([
    ...penalties.map((p) => short(p.term.energy, p.term.binders, coreWords(p.core))),
    ...affine.map((p) => `${normWords[p.norm]} of an affine function of ${inWords(p.variables)}`),
  ]),
];

const smoothWord = ({ quadratic, squares, others, composite }: ConvexProblem): string | null => {
  if (composite.smooth.length === 0) return null;
  if (!quadratic) return 'smooth';
  return squares.length + others.length > 0 ? 'quadratic' : 'linear';
};

export const convexWords = (problem: ConvexProblem): string => {
  const own = problem.parts.map((p) => p.variable.name);
  const free = problem.free === null ? [] : problem.free.facts.block.map((v) => v.variable.name);
  const all = [...own, ...free];
  const smooth = smoothWord(problem);
  const sets = problem.parts
    .filter((p) => !p.projection.trivial)
    .map((p) => `${p.variable.name} in ${p.projection.title}`);
  return [
    `${all.length > 1 ? 'jointly ' : ''}convex in ${inWords(all)}: ${[...(smooth === null ? [] : [smooth]), ...penaltyWords(problem.composite)].join(' plus ')}`,
    ...(sets.length > 0 ? [sets.join(', ')] : []),
    ...(free.length > 0 ? [`${inWords(free)} minimised exactly inside`] : []),
  ].join('; ');
};
