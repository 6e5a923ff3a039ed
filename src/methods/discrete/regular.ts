// Enumeration and variable elimination on a template: every node of the block at once along its plates.
// Exact for any β; with a chain the same template becomes the body of a scan (chain.ts).
import type { RegularGraph } from '../../graph/regular.ts';
import { analyseRegular } from '../../graph/regular.ts';
import type { Environment } from '../../lower/environment.ts';
import { withBindings } from '../../lower/environment.ts';
import type { Axis, NamedTensor } from '../../lower/named-tensor.ts';
import type { BlockFacts, Candidate, Lowered, Method, Refusal } from '../method.ts';
import { refusal } from '../method.ts';
import type { Node } from './eliminate.ts';
import { eliminateNodes, pointwiseOf, totalOf } from './eliminate.ts';
import type { Probe } from './solution.ts';
import { distinctTable, solution } from './solution.ts';
import { stateCount, statesOf } from './states.ts';
import { alignedTable, classAxis, stateAxis } from './tables.ts';
import { largestTable, templateNodes, templateOrder } from './template.ts';

export interface RegularWitness {
  readonly graph: RegularGraph;
  readonly order: readonly string[];
}

/** The block's structure when all of it is discrete and regular, else why not. */
export const discreteRegular = (facts: BlockFacts): RegularGraph | string => {
  const open = facts.block.find((v) => stateCount(v.variable) === null);
  if (open !== undefined) return `${open.variable.name} has no finite set of states per node`;
  return analyseRegular(
    facts.block.map((v) => v.variable),
    facts.groups,
  );
};

/** Whether the block repeats one template that can be eliminated in all plates at once. */
export const isTemplate = (facts: BlockFacts): boolean => {
  const graph = discreteRegular(facts);
  if (typeof graph === 'string' || graph.classes.some((c) => c.order > 0)) return false;
  return templateOrder(templateNodes(facts, graph), cliquesOf(graph)).obstacle === null;
};

export const cliquesOf = (graph: RegularGraph): readonly (readonly string[])[] =>
  graph.groups.map((g) => [...new Set(g.slots.map((s) => s.variable))]);

const propose = (facts: BlockFacts): Candidate<RegularWitness> | Refusal => {
  const name = 'elimination';
  const graph = discreteRegular(facts);
  if (typeof graph === 'string') return refusal(name, graph);
  const chain = graph.classes.find((c) => c.order > 0);
  if (chain !== undefined) return refusal(name, `nodes are coupled along ${chain.name}`);
  const { order, scopes, obstacle } = templateOrder(templateNodes(facts, graph), cliquesOf(graph));
  if (obstacle !== null)
    return refusal(
      name,
      `each ${obstacle.node} is joined to every copy of ${obstacle.neighbour} in a plate of its own`,
    );
  const entries = largestTable(facts, graph, scopes);
  if (entries * 4 > facts.budget)
    return refusal(name, `its largest table would take ${formatBytes(entries * 4)}, more than --budget`);
  const single = scopes.every((s) => s.length === 1);
  const width = Math.max(...scopes.map((s) => s.length)) - 1;
  const summary = single
    ? `each ${order.join(', ')} by itself, all states at once`
    : `${order.join(', ')} in this order (min-fill), width ${width}`;
  const method = single ? 'enumeration' : name;
  const cost = { operations: entries * graph.groups.length, bytes: entries * 4 };
  return { kind: 'candidate', method, certificate: 'exact', cost, summary, witness: { graph, order } };
};

export const formatBytes = (bytes: number): string => {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let [value, i] = [bytes, 0];
  while (value >= 1024 && i < units.length - 1) [value, i] = [value / 1024, i + 1];
  return `${value < 10 && i > 0 ? value.toFixed(1) : Math.round(value)} ${units[i]}`;
};

/** States bound, tables aligned, one distinct zero table per unknown: the common start of template and chain. */
export const prepareTables = (facts: BlockFacts, env: Environment, graph: RegularGraph, lagAlong: string | null) => {
  const b = env.builder;
  const bindings = new Map(
    facts.block.map((v) => [v.variable.name, { kind: 'states', states: statesOf(b, v.variable) } as const] as const),
  );
  const inner = withBindings(env, bindings);
  const counts = new Map(facts.block.map((v) => [v.variable.name, stateCount(v.variable)!] as const));
  const countOf = (name: string) => counts.get(name)!;
  const axisOf = new Map(graph.classes.map((c) => [c.id, classAxis(c)] as const));
  const along = (name: string): readonly Axis[] => graph.axes.get(name)!.map((c) => axisOf.get(c)!);
  const raws = new Map<string, NamedTensor>();
  const tables = graph.groups.map((g) => {
    const table = alignedTable(inner, graph, g, countOf, lagAlong, (raw) => distinctTable(inner, raw));
    raws.set(g.group.name, table.raw);
    return table;
  });
  const probes: Probe[] = [];
  const unary: NamedTensor[] = facts.block.map(({ variable }) => {
    const axes = [...along(variable.name), stateAxis(variable.name, countOf(variable.name))];
    const value = b.distinct(b.zeros(axes.map((a) => a.dim)));
    probes.push({ variable: variable.name, value });
    return { value, axes, shape: [] };
  });
  const nodes = new Map<string, Node>(
    facts.block.map((v) => [
      v.variable.name,
      {
        axis: stateAxis(v.variable.name, countOf(v.variable.name)),
        along: along(v.variable.name),
        operation: v.operation,
        beta: v.beta,
      },
    ]),
  );
  return { env: inner, bindings, tables, raws, probes, unary, nodes, axisOf };
};

const lower = (witness: RegularWitness, facts: BlockFacts, env: Environment): Lowered => {
  const p = prepareTables(facts, env, witness.graph, null);
  const classIds = new Set([...p.axisOf.values()].map((a) => a.id));
  const nodes = witness.order.map((name) => p.nodes.get(name)!);
  const rest = eliminateNodes(p.env, [...p.tables.map((t) => t.tensor), ...p.unary], nodes, classIds);
  const total = totalOf(env, rest).value;
  const points = pointwiseOf(env, rest, outermost(witness.graph, p.axisOf));
  return solution(facts, env, total, p.probes, p.raws, p.bindings, points);
};

/** The axis that all unknowns have first. */
const outermost = (graph: RegularGraph, axisOf: ReadonlyMap<string, Axis>): string | null => {
  const first = new Set([...graph.axes.values()].map((classes) => classes[0]));
  const [id] = first;
  return first.size === 1 && id !== undefined ? axisOf.get(id)!.id : null;
};

export const elimination: Method<RegularWitness> = {
  name: 'elimination',
  documentation:
    'Discrete nodes coupled only at equal indices: all states at once, or variable elimination in a min-fill order, for every ' +
    'plate entry in parallel. Exact at any β (Dechter 1999; Obermeyer et al. 2019 for plates).',
  serves: ['enumerate', 'elimination'],
  enumerates: () => true,
  propose,
  lower,
};
