// In: a factor graph and a set of unknowns. Out: the facts that the planner decides by and `ebmc explain` prints: how the
// energy depends on each unknown and which factor makes it so, which parts are independent, and the shape of the graph.
import type { Binder, Domain, Expr, Variable } from '../semantics/model.ts';
import { constantValue } from '../tensor/dims.ts';
import type { ArrayData } from '../data/table.ts';
import { additiveTerms } from './additive-terms.ts';
import type { AxisFacts } from './coupling.ts';
import { axisFacts, blockSlots } from './coupling.ts';
import type { Behaviour, Convexity } from './curvature.ts';
import { curvatureFinder, joinBehaviours } from './curvature.ts';
import { isDiscrete, tiedAxes } from './domain-facts.ts';
import type { FactorGraph, FactorGroup } from './factor-graph.ts';
import { instantiate } from './instantiate.ts';
import { isSeparable } from './separability.ts';
import { slotCollector } from './slots.ts';
import type { Shape } from './topology.ts';
import { shapeOf } from './topology.ts';

/** How the total energy depends on an unknown while all else is held fixed, from the simplest to the least structured. */
export type CurvatureClass =
  'absent' | 'discrete' | 'linear' | 'quadratic' | 'polynomial' | 'convex' | 'smooth' | 'nonsmooth';

export interface FactorCurvature {
  readonly factor: string;
  readonly curvature: CurvatureClass;
  readonly behaviour: Behaviour;
}

export interface UnknownFacts {
  readonly variable: string;
  readonly domain: Domain['kind'];
  readonly curvature: CurvatureClass;
  /** Infinity when the energy is no polynomial of the unknown. */
  readonly degree: number;
  readonly convexity: Convexity;
  readonly smooth: boolean;
  /** Kinks at most: descent by gradients makes sense. */
  readonly continuous: boolean;
  /** The factor that makes it so: the first one in which the unknown has the class of the total. null when absent. */
  readonly witness: string | null;
  /** Every factor in which it occurs. */
  readonly factors: readonly FactorCurvature[];
  /** Constraints in which it occurs. */
  readonly constraints: readonly string[];
  /** Axes of a node (0 = first) along which the energy is a sum and the domain a product: its entries there are separate variables. */
  readonly separableAxes: readonly number[];
  /** For each other axis the factor that ties its entries together; null where the domain does. */
  readonly tied: readonly { readonly axis: number; readonly factor: string | null }[];
}

export interface ComponentFacts {
  /** Unknowns joined by factors, directly or through each other. */
  readonly variables: readonly string[];
  readonly axes: readonly AxisFacts[];
  /** Of the graph of nodes; 'irregular' when data choose the edges, so that it is known only with data. */
  readonly shape: Shape | 'irregular';
}

export interface StructureFacts {
  readonly unknowns: readonly UnknownFacts[];
  readonly components: readonly ComponentFacts[];
}

/** How the energy depends on each of the unknowns, all else being held fixed. */
export const unknownFactsOf = (graph: FactorGraph, unknowns: ReadonlySet<string>): readonly UnknownFacts[] => {
  const { behaviour } = curvatureFinder(graph.model);
  return graph.variables.filter((v) => unknowns.has(v.name)).map((v) => unknownFacts(graph, v, behaviour));
};

/** Everything that is not in `unknowns` counts as given. */
export const structureOf = (graph: FactorGraph, unknowns: ReadonlySet<string>): StructureFacts => {
  const collector = slotCollector(graph.model);
  const terms = graph.groups.flatMap((g) => additiveTerms(g, collector.collect));
  const variables = graph.variables.filter((v) => unknowns.has(v.name));
  return {
    unknowns: unknownFactsOf(graph, unknowns),
    components: componentsOf(terms, variables, unknowns).map((names): ComponentFacts => {
      const block = new Set(names);
      return {
        variables: names,
        axes: axisFacts(terms, graph.variables, block),
        shape: smallShape(graph, terms, block),
      };
    }),
  };
};

// ---------------------------------------------------------------- one unknown

const classOf = (b: Behaviour, domain: Domain['kind']): CurvatureClass => {
  if (b.degree === 0) return 'absent';
  if (isDiscrete(domain)) return 'discrete';
  if (b.degree === 1) return 'linear';
  if (b.degree === 2) return 'quadratic';
  if (b.degree < Infinity) return 'polynomial';
  if (b.convexity === 'convex' || b.convexity === 'affine') return 'convex';
  return b.smooth ? 'smooth' : 'nonsmooth';
};

const unknownFacts = (
  graph: FactorGraph,
  variable: Variable,
  behaviour: (expr: Expr, unknowns: ReadonlySet<string>) => Behaviour,
): UnknownFacts => {
  const { name, domain } = variable;
  const alone = new Set([name]);
  const touching = graph.groups.filter((g) => blockSlots(g, alone).length > 0);
  const energies = touching.filter((g) => g.kind !== 'constraint');
  const factors = energies
    .map((g) => ({ factor: g.name, behaviour: behaviour(g.energy, alone) }))
    .map((f): FactorCurvature => ({ ...f, curvature: classOf(f.behaviour, domain.kind) }))
    .filter((f) => f.curvature !== 'absent');
  const total = joinBehaviours(factors.map((f) => f.behaviour));
  const curvature = classOf(total, domain.kind);
  const witness = factors.find((f) => f.curvature === curvature) ?? factors.find((f) => decides(f.behaviour, total));
  const rank = variable.type.shape.length;
  const tied = Array.from({ length: rank }, (_, axis): { axis: number; factor: string | null } | null => {
    if (axis >= rank - tiedAxes(domain.kind)) return { axis, factor: null };
    if (variable.conditions.some((c) => !isSeparable(graph.model, c, variable, axis))) return { axis, factor: null };
    const entangling = touching.find((g) => !isSeparable(graph.model, g.energy, variable, axis));
    return entangling === undefined ? null : { axis, factor: entangling.name };
  });
  return {
    variable: name,
    domain: domain.kind,
    curvature,
    degree: total.degree,
    convexity: total.convexity,
    smooth: total.smooth,
    continuous: total.continuous,
    witness: witness?.factor ?? null,
    factors,
    constraints: touching.filter((g) => g.kind === 'constraint').map((g) => g.name),
    separableAxes: tied.flatMap((t, axis) => (t === null ? [axis] : [])),
    tied: tied.filter((t) => t !== null),
  };
};

/** Whether the part alone already denies what the total lacks: a convex and a concave factor together are neither. */
const decides = (part: Behaviour, total: Behaviour): boolean =>
  part.degree === total.degree && part.smooth === total.smooth && part.convexity !== 'convex';

// ---------------------------------------------------------------- blocks

const componentsOf = (
  terms: readonly FactorGroup[],
  variables: readonly Variable[],
  block: ReadonlySet<string>,
): readonly (readonly string[])[] => {
  const component = new Map(variables.map((v, i) => [v.name, i]));
  for (const term of terms) {
    const [first, ...rest] = blockSlots(term, block).map((s) => component.get(s.variable)!);
    for (const other of rest) for (const [name, at] of component) if (at === other) component.set(name, first!);
  }
  return [...new Set(component.values())].map((at) =>
    variables.filter((v) => component.get(v.name) === at).map((v) => v.name),
  );
};

/** The shape of the graph with all free sizes small, but long enough that a loop would show. */
const smallShape = (
  graph: FactorGraph,
  terms: readonly FactorGroup[],
  block: ReadonlySet<string>,
): Shape | 'irregular' => {
  const touching = terms.map((t) => ({ ...t, slots: blockSlots(t, block) })).filter((t) => t.slots.length > 0);
  const length = 3 + 2 * largestOffset(touching);
  const sizes = Object.fromEntries(graph.model.sizes.map((s) => [s.name, length]));
  const arrays: Record<string, ArrayData> = {};
  for (const s of graph.model.sizes) {
    if (s.ragged.length === 0) continue;
    const shape = s.ragged.map(() => length);
    arrays[s.name] = { shape, data: new Int32Array(length ** shape.length).fill(length) };
  }
  const small = instantiate({ ...graph, groups: touching }, block, { model: graph.model, sizes, arrays });
  if (small.kind !== 'instantiated') return 'irregular';
  const scopes = small.groups.flatMap((g) =>
    Array.from({ length: g.count }, (_, f) =>
      g.slots.flatMap((s) =>
        s.starts === null ? [s.nodes[f]!] : [...s.nodes.subarray(s.starts[f]!, s.starts[f + 1]!)],
      ),
    ),
  );
  return shapeOf(small.nodes, scopes);
};

/** The largest constant distance or position that occurs in a slot. */
const largestOffset = (terms: readonly FactorGroup[]): number => {
  const constants = terms.flatMap((t) => [
    ...t.slots.flatMap((s) =>
      s.at.map((m) => (m.kind === 'affine' ? constantValue(m.offset) : m.kind === 'fixed' ? constantValue(m.at) : 0)),
    ),
    ...t.binders.map((b: Binder) => constantValue(b.from)),
  ]);
  return Math.max(0, ...constants.map((c) => Math.abs(c ?? 0)));
};
