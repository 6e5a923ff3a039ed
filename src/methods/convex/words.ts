// A convex problem in words: "convex in z: quadratic plus λ‖z‖₁". In: the problem. Out: a sentence for explain.
import { exprText } from '../../graph/draw/index-text.ts';
import type { ConvexProblem } from './problem.ts';

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`;

export const convexWords = (problem: ConvexProblem): string => {
  const own = problem.parts.map((p) => p.variable.name);
  const free = problem.free === null ? [] : problem.free.facts.block.map((v) => v.variable.name);
  const all = [...own, ...free];
  const smooth = problem.quadratic ? 'quadratic' : 'smooth';
  const terms = problem.composite.penalties.map((p) => exprText(p.term.energy, (id) => id));
  const sets = problem.parts
    .filter((p) => !p.projection.trivial)
    .map((p) => `${p.variable.name} in ${p.projection.title}`);
  return [
    `${all.length > 1 ? 'jointly ' : ''}convex in ${list(all)}: ${[smooth, ...terms].join(' plus ')}`,
    ...(sets.length > 0 ? [sets.join(', ')] : []),
    ...(free.length > 0 ? [`${list(free)} minimised exactly inside`] : []),
  ].join('; ');
};
