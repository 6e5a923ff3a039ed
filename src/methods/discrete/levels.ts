// Exact elimination on any discrete graph that is small in width: grids, edges given by data, filters. The graph is
// instantiated, a min-fill order found, and nodes of one level of the elimination tree whose tables line up alike are
// eliminated together through index arrays. Exact for any β. Koller, Friedman 2009, chapter 9; Liu 1990 for the tree.
import type { FactorGroup } from '../../graph/factor-graph.ts';
import type { EliminationOrder } from '../../graph/elimination-order.ts';
import { eliminationOrder } from '../../graph/elimination-order.ts';
import { isUnevaluable } from '../../graph/evaluate.ts';
import type { InstantiatedGraph } from '../../graph/instantiate.ts';
import { instantiate } from '../../graph/instantiate.ts';
import { freeIndices, visit } from '../../graph/expressions.ts';
import { slotsOf } from '../../graph/regular.ts';
import type { Environment } from '../../lower/environment.ts';
import { slotAxisId, withBindings } from '../../lower/environment.ts';
import { lowerGroup } from '../../lower/group.ts';
import type { NamedTensor } from '../../lower/named-tensor.ts';
import { aligned } from '../../lower/named-tensor.ts';
import type { Expr, Model } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { BlockFacts, BlockVariable, Candidate, Lowered, Method, Operation, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import { chainElimination } from './chain.ts';
import type { PoolTable } from './level-elimination.ts';
import { eliminateLevels } from './level-elimination.ts';
import { formatBytes, isTemplate } from './regular.ts';
import type { Probe } from './solution.ts';
import { distinctTable, solution } from './solution.ts';
import { stateCount, statesOf } from './states.ts';

export interface LevelsWitness {
  readonly graph: InstantiatedGraph;
  readonly order: EliminationOrder;
  readonly cardinalities: Int32Array;
}

const name = 'junction elimination';
/** Tensor operations of one node, forward and backward (its tables are gathered, added, reduced and scattered one by one),
 *  and what starting one costs in arithmetic (about 10 µs). A scan over a chain is cheaper: its step is compiled once. */
const operationsPerNode = 40;
const dispatch = 1e4;

/** Slots as the references in the energy, so that table axes and node numbers agree. References count positions from 0,
 *  slots count index values. */
const withReferences = (model: Model, group: FactorGroup, block: ReadonlySet<string>): FactorGroup => ({
  ...group,
  slots: slotsOf(group.energy, block).map((ref) => {
    const { binders } = model.variables.find((v) => v.name === ref.name)!;
    return {
      variable: ref.name,
      at: ref.at.map((at, i) => ({ kind: 'gather', expr: indexValue(at, binders[i]!.from) }) as const),
    };
  }),
});

const indexValue = (at: Expr, from: dims.Dim): Expr => {
  if (from.length === 0) return at;
  const first: Expr = { kind: 'dim', dim: from, type: at.type, span: at.span };
  return { kind: 'call', fn: 'add', args: [at, first], type: at.type, span: at.span };
};

/** Larger graphs would make programs of as many instructions. */
const mostNodes = 20_000;

const propose = (facts: BlockFacts): Candidate<LevelsWitness> | Refusal => {
  const variables = facts.block.map((v) => v.variable);
  const block = new Set(variables.map((v) => v.name));
  const open = variables.find((v) => stateCount(v) === null);
  if (open !== undefined) return refusal(name, `${open.name} has no finite set of states per node`);
  if (chainElimination.propose(facts).kind === 'candidate')
    return refusal(name, 'its nodes form a chain: a scan does the same in less');
  if (isTemplate(facts)) return refusal(name, 'its nodes repeat one template: no need to instantiate them');
  if (new Set(facts.block.filter((v) => v.operation === 'marginalize').map((v) => v.beta)).size > 1)
    return refusal(name, 'unknowns of the block are marginalised at different temperatures');
  const partial = facts.groups.find((g) => slotsOf(g.energy, block).some((r) => r.at.length < axesOf(facts, r.name)));
  if (partial !== undefined) return refusal(name, `${partial.name} reads a whole array of unknowns at once`);
  const inner = facts.groups.find((g) => readsInside(g, block));
  if (inner !== undefined) return refusal(name, `${inner.name} joins all its nodes in one reduction`);
  const structural = structuralSizes(facts);
  const nominal = Object.entries(facts.sizes).find(([size, s]) => s.source === 'nominal' && structural.has(size));
  if (nominal !== undefined) {
    const [size] = nominal;
    return { ...refusal(name, `the size ${size} has no value (give --size ${size}=…)`), needsSize: size };
  }
  const count = variables.reduce(
    (n, v) => n + v.binders.reduce((m, i) => m * (dimValue(dims.subtract(i.to, i.from), facts.sizes) ?? 1), 1),
    0,
  );
  if (count > mostNodes) return refusal(name, `${count} nodes, more than ${mostNodes}`);
  const groups = facts.groups.map((g) => withReferences(facts.model, g, block));
  const sizes = Object.fromEntries(Object.entries(facts.sizes).map(([n, s]) => [n, s.value]));
  const arrays = Object.fromEntries(
    Object.entries(facts.indexData).map(([n, a]) => [n, { shape: a.shape, data: Float64Array.from(a.data) }]),
  );
  const graph = instantiate({ model: facts.model, variables, groups, plates: [] }, block, {
    model: facts.model,
    sizes,
    arrays,
  });
  if (isUnevaluable(graph)) return refusal(name, `its edges cannot be told: ${graph.reason}`);
  if (graph.kind === 'out-of-range') return refusal(name, `${graph.group} reads ${graph.slot.variable} out of range`);
  return judge(facts, graph);
};

const axesOf = (facts: BlockFacts, variable: string): number =>
  facts.model.variables.find((v) => v.name === variable)!.binders.length;

/** Whether an index of a block reference is bound inside the energy: then a factor touches many nodes. */
const readsInside = (group: FactorGroup, block: ReadonlySet<string>): boolean => {
  const own = new Set(group.binders.map((b) => b.id));
  return slotsOf(group.energy, block).some((ref) =>
    ref.at.some((at) => [...freeIndices(at)].some((id) => !own.has(id))),
  );
};

/** Sizes of which the number of nodes or factors depends. */
const structuralSizes = (facts: BlockFacts): ReadonlySet<string> => {
  const block = new Set(facts.block.map((v) => v.variable.name));
  const touching = facts.groups.filter((g) => slotsOf(g.energy, block).length > 0);
  const binders = [...facts.block.map((v) => v.variable), ...touching].flatMap((x) => x.binders);
  const read = selectors(facts).flatMap((e) => (e.kind === 'dim' ? dims.sizesOf(e.dim) : []));
  return new Set([...binders.flatMap((b) => [...dims.sizesOf(b.from), ...dims.sizesOf(b.to)]), ...read]);
};

/** Data by which factors choose their nodes. */
const structuralData = (facts: BlockFacts): readonly string[] => [
  ...new Set(selectors(facts).flatMap((e) => (e.kind === 'ref' && e.of === 'variable' ? [e.name] : []))),
];

/** All expressions inside of filters and of indices of the unknowns. */
const selectors = (facts: BlockFacts): readonly Expr[] => {
  const block = new Set(facts.block.map((v) => v.variable.name));
  const found: Expr[] = [];
  for (const g of facts.groups)
    for (const root of [...(g.where === null ? [] : [g.where]), ...slotsOf(g.energy, block).flatMap((r) => r.at)])
      visit(root, (e) => found.push(e));
  return found;
};

const judge = (facts: BlockFacts, graph: InstantiatedGraph): Candidate<LevelsWitness> | Refusal => {
  const cardinalities = new Int32Array(graph.nodes);
  for (const range of graph.ranges) {
    const { variable } = facts.block.find((v) => v.variable.name === range.variable)!;
    const count = dimValue(stateCount(variable)!, facts.sizes)!;
    cardinalities.fill(count, range.first, range.first + range.shape.reduce((a, c) => a * c, 1));
  }
  const cliques: number[][] = [];
  for (const g of graph.groups)
    for (let f = 0; f < g.count; f++) {
      cliques.push([...new Set(g.slots.map((s) => s.nodes[f]!))]);
    }
  const order = stagedOrder(facts, graph, cardinalities, cliques);
  const bytes = 4 * 2 ** order.largest;
  if (bytes > facts.budget)
    return refusal(
      name,
      `width ${order.width}: its largest table would take ${formatBytes(bytes)}, more than --budget (${formatBytes(facts.budget)})`,
    );
  return {
    kind: 'candidate',
    method: name,
    certificate: 'exact',
    cost: { operations: 2 ** order.cost + graph.nodes * operationsPerNode * dispatch, bytes },
    summary: `${graph.nodes} nodes, ${cliques.length} factors, width ${order.width} in a ${order.heuristic} order`,
    witness: { graph, order, cardinalities },
    madeFor: { sizes: [...structuralSizes(facts)], data: structuralData(facts) },
  };
};

/** Marginalised nodes first, then minimised ones: the minimum of a sum is not the sum of minima. */
const stagedOrder = (
  facts: BlockFacts,
  graph: InstantiatedGraph,
  cardinalities: Int32Array,
  cliques: readonly (readonly number[])[],
): EliminationOrder => {
  const problem = { nodes: graph.nodes, cardinalities, cliques };
  const blocks = blockOfNodes(facts, graph);
  const nodes = (operation: Operation): readonly number[] =>
    blocks.flatMap((v, node) => (v.operation === operation ? [node] : []));
  const [inner, outer] = [nodes('marginalize'), nodes('minimize')];
  if (inner.length === 0 || outer.length === 0) return eliminationOrder(problem);
  const first = eliminationOrder({ ...problem, keep: outer });
  const gone = new Set(inner);
  const left = [...cliques, ...first.cliques].map((c) => Array.from(c).filter((n) => !gone.has(n)));
  const second = eliminationOrder({ ...problem, cliques: left, keep: inner });
  return {
    heuristic: first.heuristic,
    order: Int32Array.from([...first.order, ...second.order]),
    cliques: [...first.cliques, ...second.cliques],
    width: Math.max(first.width, second.width),
    cost: Math.log2(2 ** first.cost + 2 ** second.cost),
    largest: Math.max(first.largest, second.largest),
  };
};

const blockOfNodes = (facts: BlockFacts, graph: InstantiatedGraph): readonly BlockVariable[] =>
  graph.ranges.flatMap((range) => {
    const block = facts.block.find((v) => v.variable.name === range.variable)!;
    return Array<BlockVariable>(range.shape.reduce((a, c) => a * c, 1)).fill(block);
  });

const lower = (witness: LevelsWitness, facts: BlockFacts, env: Environment): Lowered => {
  const b = env.builder;
  const bindings = new Map(
    facts.block.map((v) => [v.variable.name, { kind: 'states', states: statesOf(b, v.variable) } as const] as const),
  );
  const inner = withBindings(env, bindings);
  const block = new Set(facts.block.map((v) => v.variable.name));
  const raws = new Map<string, NamedTensor>();
  const pool: PoolTable[] = witness.graph.groups.flatMap((g) => {
    const raw = distinctTable(inner, lowerGroup(inner, g.group));
    raws.set(g.group.name, raw);
    return bySlots(b, poolTable(facts, inner, raw, g, block));
  });
  const probes: Probe[] = [];
  for (const range of witness.graph.ranges) {
    const { variable } = facts.block.find((v) => v.variable.name === range.variable)!;
    const count = stateCount(variable)!;
    const shape = [...variable.binders.map((i) => dims.subtract(i.to, i.from)), count];
    const value = b.distinct(b.zeros(shape));
    probes.push({ variable: range.variable, value });
    const nodes = range.shape.reduce((a, c) => a * c, 1);
    const rows = Int32Array.from({ length: nodes }, (_, i) => i);
    pool.push({
      value: b.reshape(value, [dims.product(shape.slice(0, -1)), count]),
      rows,
      nodes: [rows.map((i) => i + range.first)],
    });
  }
  const total = eliminateLevels(env, pool, witness.order, witness.cardinalities, blockOfNodes(facts, witness.graph));
  return solution(facts, env, total, probes, raws, bindings);
};

/** A group's raw table as rows × slot states, and which row and nodes each factor has. */
const poolTable = (
  facts: BlockFacts,
  env: Environment,
  raw: NamedTensor,
  group: InstantiatedGraph['groups'][number],
  block: ReadonlySet<string>,
): PoolTable => {
  const b = env.builder;
  const refs = slotsOf(group.group.energy, block);
  const slotIds = refs.map((r) => slotAxisId(r.name, r.at));
  const slotAxes = slotIds.map((id, i) => {
    const { variable } = facts.block.find((v) => v.variable.name === refs[i]!.name)!;
    return raw.axes.find((a) => a.id === id) ?? { id, dim: stateCount(variable)!, from: [] };
  });
  const rowAxes = raw.axes.filter((a) => !slotIds.includes(a.id));
  const value: Value = b.reshape(aligned(b, raw, [...rowAxes, ...slotAxes], true), [
    dims.product(rowAxes.map((a) => a.dim)),
    ...slotAxes.map((a) => a.dim),
  ]);
  const rows = new Int32Array(group.count);
  for (const axis of rowAxes) {
    const at = group.group.binders.findIndex((i) => i.id === axis.id);
    const [length, from] = [dimValue(axis.dim, facts.sizes)!, dimValue(axis.from, facts.sizes)!];
    const values = group.indices[at]!;
    for (let f = 0; f < rows.length; f++) rows[f] = rows[f]! * length + (values[f]! - from);
  }
  return { value, rows, nodes: group.slots.map((s) => s.nodes) };
};

/** A table of its own for the factors in which some slots are one node (y[i] y[j] at i = j): they see the diagonal. */
const bySlots = (b: Builder, table: PoolTable): readonly PoolTable[] => {
  const byPattern = new Map<string, number[]>();
  for (let f = 0; f < table.rows.length; f++) {
    const scope = table.nodes.map((nodes) => nodes[f]!);
    const pattern = scope.map((node) => scope.indexOf(node)).join();
    const members = byPattern.get(pattern);
    if (members === undefined) byPattern.set(pattern, [f]);
    else members.push(f);
  }
  return [...byPattern].map(([pattern, members]) => {
    const first = pattern === '' ? [] : pattern.split(',').map(Number);
    const kept = first.filter((slot, i) => slot === i);
    const ties = first.flatMap((slot, i) => (slot === i ? [] : [{ slot, twin: i }]));
    const eyes = ties.map(({ slot, twin }) => ({
      value: b.eye(table.value.shape[1 + slot]!),
      axes: [1 + slot, 1 + twin],
    }));
    const whole = { value: table.value, axes: [0, ...first.map((_, i) => 1 + i)] };
    return {
      value:
        ties.length === 0 ? table.value : b.contract('sum-product', [whole, ...eyes], [0, ...kept.map((i) => 1 + i)]),
      rows: Int32Array.from(members, (f) => table.rows[f]!),
      nodes: kept.map((i) => Int32Array.from(members, (f) => table.nodes[i]![f]!)),
    };
  });
};

export const levels: Method<LevelsWitness> = {
  name,
  documentation:
    'Discrete nodes on any graph of small width (grids, data-given edges): the graph is instantiated and eliminated in a ' +
    'min-fill order, equal cliques together. Exact at any β; needs the sizes of the graph when the plan is made.',
  serves: ['elimination'],
  enumerates: () => true,
  propose,
  lower,
};
