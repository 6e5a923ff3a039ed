// The model as one elimination sees it. In: a factor graph, what has values, the unknowns. Out: groups with definitions
// expanded and the demands of domains among them, arrays of unknowns taken apart into nodes; or what nothing lowers.
import type { Checked } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { buildFactorGraph } from '../graph/build-graph.ts';
import type { Componentised } from '../graph/components.ts';
import { componentise, joinsMany } from '../graph/components.ts';
import { isDiscrete } from '../graph/domain-facts.ts';
import { mapChildren } from '../graph/expressions.ts';
import type { FactorGraph, FactorGroup } from '../graph/factor-graph.ts';
import { unroll } from '../graph/unroll.ts';
import type { Expr, Model, Variable } from '../semantics/model.ts';
import { declaredName } from './data-groups.ts';
import { domainConstraints } from './domain-constraints.ts';
import { refuseHeldUnknowns } from './held-still.ts';
import { finiteBeta } from './operations.ts';
import type { Scenery } from './plan.ts';
import { prepareGroups } from './prepare.ts';
import type { Task } from './task.ts';

/** `beta`: the value of the model's beta. `task.given`: what has values in this elimination. Those of `constrained` that have
 *  some keep the demands of their domains, as if they were unknown. */
export const sceneryOf = (
  graph: FactorGraph,
  task: Task,
  beta: number | null,
  unknowns: readonly Variable[],
  constrained: readonly Variable[] = [],
): Checked<Scenery | null> => {
  const prepared = prepareGroups(graph, task);
  const domains = domainConstraints(graph.model, [...unknowns, ...constrained], finiteBeta(task, beta), task.partial);
  const broken = [...prepared.diagnostics, ...domains.diagnostics];
  if (hasErrors(broken)) return { value: null, diagnostics: broken };
  const diagnostics = [...broken, ...refuseHeldUnknowns(prepared.groups, unknowns)];
  if (hasErrors(diagnostics)) return { value: null, diagnostics };
  return { value: components(graph.model, [...prepared.groups, ...domains.groups], unknowns, task), diagnostics };
};

/** Entries of arrays as nodes; factors that still read many nodes at once are written out where that is a small table. */
const components = (
  model: Model,
  groups: readonly FactorGroup[],
  unknowns: readonly Variable[],
  task: Task,
): Componentised => {
  const names = new Set(unknowns.map((v) => v.name));
  const first = componentise(model, groups, names);
  const discrete = new Set(unknowns.filter((v) => isDiscrete(v.domain.kind)).map((v) => v.name));
  const joint = new Set(first.groups.filter((g) => joinsMany(first.model, g, discrete)).map(declaredName));
  if (joint.size === 0) return first;
  const known = Object.entries(task.sizes).filter(([, s]) => s.source !== 'nominal');
  const sizes = Object.fromEntries(known.map(([name, s]) => [name, s.value]));
  const written = groups.map((g) => (joint.has(g.name) ? (unroll(model, g, discrete, sizes) ?? g) : g));
  return componentise(model, written, names);
};

/** The same model with some lets read as variables, so that they may have values of their own: `F(fake = e)`. */
export const withLetsAsVariables = (graph: FactorGraph, names: readonly string[]): FactorGraph => {
  const { model } = graph;
  const lets = model.lets.filter((l) => names.includes(l.name));
  if (lets.length === 0) return graph;
  const read = (e: Expr): Expr =>
    e.kind === 'ref' && e.of === 'let' && names.includes(e.name)
      ? mapChildren({ ...e, of: 'variable' }, read)
      : mapChildren(e, read);
  const variables = lets.map((l): Variable => {
    const { type } = l.value;
    const domain = { kind: 'real', shape: type.shape, span: l.span } as const;
    const { name, binders, span } = l;
    return { name, role: 'observed', binders, where: null, domain, type, conditions: [], start: null, net: null, span };
  });
  const rest = model.lets.filter((l) => !names.includes(l.name));
  // A graph looks through lets: it is built again from the factors as declared.
  return buildFactorGraph({
    ...model,
    variables: [...model.variables, ...variables],
    lets: rest.map((l) => ({ ...l, value: read(l.value) })),
    factors: model.factors.map((f) => ({
      ...f,
      energy: read(f.energy),
      where: f.where === null ? null : read(f.where),
      distribution: f.distribution === null ? null : { ...f.distribution, args: f.distribution.args.map(read) },
    })),
  }).graph;
};
