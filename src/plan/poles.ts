// Densities that have no maximum: a scale that may shrink onto single data, a Dirichlet that favours the corners. In: groups
// and which unknowns are minimised. Out: a warning for each, naming the unknown.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { isDiscrete } from '../graph/domain-facts.ts';
import { dependsOn } from '../graph/expressions.ts';
import type { FactorGroup } from '../graph/factor-graph.ts';
import { evaluateScalar, isUnevaluable } from '../graph/evaluate.ts';
import type { Expr, Model } from '../semantics/model.ts';

/** Which argument of a distribution is its scale. */
const scaleArgument: Readonly<Record<string, number>> = {
  normal: 1,
  multivariate_normal: 1,
  laplace: 1,
  student_t: 2,
  lognormal: 1,
};

export const poleWarnings = (
  model: Model,
  groups: readonly FactorGroup[],
  minimised: ReadonlySet<string>,
  unknowns: ReadonlySet<string>,
): readonly Diagnostic[] => {
  const warnings = new Map<string, Diagnostic>();
  const warn = (unknown: string, why: string): void => {
    const { span } = model.variables.find((v) => v.name === unknown)!;
    if (!warnings.has(unknown)) warnings.set(unknown, diagnosePlanning('EBM510', span, { unknown, why }));
  };
  const discrete = new Set(
    model.variables.filter((v) => unknowns.has(v.name) && isDiscrete(v.domain.kind)).map((v) => v.name),
  );
  for (const g of groups) {
    if (g.distribution === null) continue;
    const { name, variable, args } = g.distribution;
    const scale = args[scaleArgument[name] ?? -1];
    for (const w of model.variables.filter((v) => minimised.has(v.name) && scale !== undefined)) {
      if (!dependsOn(scale!, new Set([w.name])) || !['positive', 'spd', 'nonnegative'].includes(w.domain.kind))
        continue;
      if (dependsOn(scale!, discrete))
        warn(w.name, `in ${g.name} ~ ${name}(…) the scale of one state can shrink onto a single datum`);
      else if (minimised.has(variable))
        warn(w.name, `in ${g.name} ~ ${name}(…) it shrinks to 0 as ${variable} meets its mean`);
    }
    if (name === 'dirichlet' && minimised.has(variable) && isBelowOne(model, args[0]!))
      warn(variable, `a Dirichlet with parameter below 1 is infinite where an entry of ${variable} is 0`);
  }
  return [...warnings.values()];
};

const isBelowOne = (model: Model, expr: Expr): boolean => {
  const value = evaluateScalar(expr, {}, { model, sizes: {}, arrays: {} });
  return !isUnevaluable(value) && value < 1;
};
