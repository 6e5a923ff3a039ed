// The structure of the energy in words: how it depends on an unknown with all else held fixed, and on several together. In: a plan
// and the facts of structure analysis. Out: phrases for `ebmc explain`: "convex: quadratic plus lambda ‖w‖₁, w in nonnegative".
import { compositeOf, isNotComposite } from '../graph/composite.ts';
import { isDiscrete } from '../graph/domain-facts.ts';
import { dependsOn } from '../graph/expressions.ts';
import { shortNames } from '../graph/nets/params.ts';
import { curvatureFinder } from '../graph/curvature.ts';
import type { UnknownFacts } from '../graph/structure.ts';
import { projectionOf, readableIn } from '../methods/continuous/projections.ts';
import { penaltyWords } from '../methods/convex/words.ts';
import { components } from './operations.ts';
import type { Plan } from './plan.ts';

export const structureText = (plan: Plan, u: UnknownFacts): string => {
  switch (u.curvature) {
    case 'discrete':
      return `discrete, ${u.domain}`;
    case 'absent':
      return u.constraints.length > 0 ? 'in constraints only' : 'in no factor';
    case 'smooth':
      return `smooth, ${u.convexity === 'none' ? 'not seen to be convex or concave' : u.convexity}${setWords(plan, u)}`;
    case 'convex':
      return `convex${partWords(plan, u)}${setWords(plan, u)}`;
    case 'polynomial':
      return `${bends[u.convexity]}polynomial${setWords(plan, u)}`;
    case 'quadratic':
      return `${u.convexity === 'concave' ? 'concave ' : ''}quadratic${setWords(plan, u)}`;
    case 'linear':
    case 'nonsmooth':
      return `${u.curvature}${setWords(plan, u)}`;
  }
};

const bends: Readonly<Record<UnknownFacts['convexity'], string>> = {
  constant: '',
  affine: '',
  convex: 'convex ',
  concave: 'concave ',
  none: '',
};

/** The smooth part and what stands beside it. */
const partWords = ({ model, groups }: Plan, { variable }: UnknownFacts): string => {
  const block = new Set([variable]);
  const composite = compositeOf(model, groups, block);
  if (isNotComposite(composite)) return '';
  const penalties = penaltyWords(composite);
  const { behaviour } = curvatureFinder(model);
  const degree = Math.max(0, ...composite.smooth.map((g) => behaviour(g.energy, block).degree));
  const smooth = degree === 0 ? [] : [degree === 1 ? 'linear' : degree === 2 ? 'quadratic' : 'smooth'];
  return penalties.length === 0 ? ' and smooth' : `: ${[...smooth, ...penalties].join(' plus ')}`;
};

/** The set of an unknown that is not all reals. */
const setWords = ({ model }: Plan, { variable: name, domain }: UnknownFacts): string => {
  const variable = model.variables.find((v) => v.name === name)!;
  if (domain === 'real' && variable.conditions.length === 0) return '';
  const projection = projectionOf(variable, readableIn(model));
  return typeof projection === 'string' || projection.trivial ? '' : `, in ${projection.title}`;
};

/** More unknowns than these are not named one by one. */
const mostNamed = 8;

/** Whether unknowns that factors join are convex together, where each is by itself; what denies it is the factor to look at. */
export const jointLines = (plan: Plan, unknowns: ReadonlySet<string>): readonly string[] => {
  const { model, groups } = plan;
  const continuous = model.variables.filter((v) => unknowns.has(v.name) && !isDiscrete(v.domain.kind));
  const { behaviour } = curvatureFinder(model);
  const isConvex =
    (names: ReadonlySet<string>) =>
    (energy: (typeof groups)[number]['energy']): boolean =>
      ['constant', 'affine', 'convex'].includes(behaviour(energy, names).convexity);
  return components(continuous, groups).flatMap((list) => {
    if (list.length < 2 || list.length > mostNamed) return [];
    const touching = groups.filter(
      (g) => g.kind !== 'constraint' && dependsOn(g.energy, new Set(list.map((v) => v.name))),
    );
    if (!list.every((v) => touching.every((g) => isConvex(new Set([v.name]))(g.energy)))) return [];
    const named = list.map((v) => v.name);
    const names = shortNames(model, named).join(', ');
    const witness = touching.find((g) => !isConvex(new Set(list.map((v) => v.name)))(g.energy));
    return [
      witness === undefined
        ? `  ${names} together: convex`
        : `  ${names} together: not convex (factor ${witness.part ?? witness.name})`,
    ];
  });
};
