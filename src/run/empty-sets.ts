// Conditions that nothing satisfies, seen when sizes and data are known: an unknown whose domain and `where` leave it no value
// (an error), and an index clause whose `where` leaves no index (a warning: the factor is not there). In: the graph, what is
// given and known. Out: diagnostics.
import { domainBounds } from '../data/domain-facts.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { exprText } from '../graph/draw/index-text.ts';
import { evaluateScalar, isUnevaluable } from '../graph/evaluate.ts';
import type { Known } from '../graph/evaluate.ts';
import type { FactorGraph } from '../graph/factor-graph.ts';
import { constraintSetOf } from '../methods/continuous/constraint-set.ts';
import type { Bound, ConstraintSet, Group } from '../methods/continuous/constraint-set.ts';
import type { Binder, Expr, Variable } from '../semantics/model.ts';
import { evaluate } from '../tensor/dims.ts';
import { indexWalk } from './each-index.ts';

/** Rounding in constants, such as 0.1 + 0.2 against 0.3, is no contradiction. */
const tolerance = 1e-9;

/** Entries that a norm or a sum is taken over. */
const entriesOf = ({ domain, binders }: Variable, over: Group, known: Known): number | null => {
  const shape = domain.shape.map((dim) => evaluate(dim, known.sizes));
  if (over === 'node') return shape.reduce((n, d) => n * d, 1);
  return shape.at(over === 'row' ? -1 : -2) ?? (binders.length === 0 ? 1 : null);
};

/** null where it differs between nodes, or waits for inference. */
const evaluated = (expr: Expr, known: Known): number | null => {
  const found = evaluateScalar(expr, {}, known);
  return isUnevaluable(found) ? null : found;
};

/** Whether no point lies in the set; null where that cannot be told yet. Bounds that differ between nodes are left alone. */
const isEmpty = (variable: Variable, set: ConstraintSet, known: Known): boolean | null => {
  const value = (bound: Bound): number | null => (typeof bound === 'number' ? bound : evaluated(bound, known));
  const all = (bounds: readonly Bound[]): readonly number[] =>
    bounds.map(value).filter((bound): bound is number => bound !== null);
  const lower = Math.max(-Infinity, ...all(set.lower));
  const upper = Math.min(Infinity, ...all(set.upper));
  if (lower > upper + tolerance) return true;
  if (set.norm !== null) {
    const radius = value(set.norm.radius);
    return radius !== null && radius < 0;
  }
  if (set.sum === null) return false;
  const [total, count] = [value(set.sum.total), entriesOf(variable, set.sum.over, known)];
  if (total === null || count === null) return null;
  const { relation } = set.sum;
  return (
    (relation !== 'ge' && count * lower > total + tolerance) || (relation !== 'le' && count * upper < total - tolerance)
  );
};

const plain = (id: string): string => id;

/** `given`: variables that need no value. */
const emptyDomains = (graph: FactorGraph, given: ReadonlySet<string>, known: Known): readonly Diagnostic[] =>
  graph.variables.flatMap((variable) => {
    if (given.has(variable.name)) return [];
    const set = constraintSetOf(variable, given);
    if (typeof set === 'string' || isEmpty(variable, set, known) !== true) return [];
    const { name, domain, conditions } = variable;
    const { text } = domainBounds(domain, known.sizes, (e) => evaluated(e, known));
    const all = [...(domain.kind === 'real' ? [] : [text]), ...conditions.map((c) => exprText(c, plain))];
    const parameters = { name, conditions: all };
    return [diagnoseData('EBM632', conditions[0]?.span ?? variable.span, parameters)];
  });

const namesOf = (binders: readonly Binder[]): ((id: string) => string) => {
  const names = new Map(binders.map((b) => [b.id, b.name]));
  return (id) => names.get(id) ?? id;
};

const isFilteredAway = (binders: readonly Binder[], where: Expr, known: Known): boolean => {
  const walk = indexWalk(binders, where, known);
  return walk !== null && walk.each(() => false);
};

const emptyClauses = (graph: FactorGraph, known: Known): readonly Diagnostic[] => {
  const clauses = [
    ...graph.variables.map((v) => ({ ...v, what: `${v.role} ${v.name} has no nodes` })),
    ...graph.groups.map((g) => ({ ...g, what: `${g.kind === 'distribution' ? `the ~ of ${g.name}` : `${g.kind} ${g.name}`} adds nothing` })), // prettier-ignore
  ];
  return clauses.flatMap(({ what, binders, where, span }) => {
    if (where === null || !isFilteredAway(binders, where, known)) return [];
    const parameters = { what, condition: exprText(where, namesOf(binders)) };
    return [diagnoseData('EBM633', where.span ?? span, parameters)];
  });
};

export const emptySets = (graph: FactorGraph, given: ReadonlySet<string>, known: Known): readonly Diagnostic[] => [
  ...emptyDomains(graph, given, known),
  ...emptyClauses(graph, known),
];
