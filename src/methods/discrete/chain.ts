// Elimination along a first-order chain as one scan (forward algorithm; Rabiner 1989 for the sum, Viterbi 1967 for the
// minimum): the carry is the message over the frontier, one template is eliminated per step, O(T). Its gradient is the
// backward pass, so marginals and decoding come from the same program.
import type { AxisClass, RegularGraph } from '../../graph/regular.ts';
import { lag } from '../../graph/regular.ts';
import type { Environment } from '../../lower/environment.ts';
import type { Axis, NamedTensor } from '../../lower/named-tensor.ts';
import { aligned, mapNamed, unionAxes } from '../../lower/named-tensor.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { constantOf } from '../../tensor/builder/peephole.ts';
import * as dims from '../../tensor/dims.ts';
import type { BlockFacts, Candidate, Lowered, Method, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';
import { discreteRegular, formatBytes, prepareTables } from './regular.ts';
import type { Node } from './eliminate.ts';
import { eliminateNodes, pointwiseOf, totalOf } from './eliminate.ts';
import { solution } from './solution.ts';
import { stateCount } from './states.ts';
import { stateAxis } from './tables.ts';
import { largestTable, templateNodes, templateOrder } from './template.ts';

export interface ChainWitness {
  readonly graph: RegularGraph;
  readonly chain: AxisClass;
  /** Variables whose previous node is read: the message is over them. */
  readonly frontier: readonly string[];
  /** Order within one step: previous frontier nodes and the step's own other nodes; `v@1` is the previous node of v. */
  readonly order: readonly string[];
}

/** Tensor operations of one step, forward and backward, and what starting one costs in arithmetic (about 10 µs): together
 *  about 50 µs, as measured on wasm. */
const operationsPerStep = 5;
const dispatch = 1e4;

const previous = (name: string): string => `${name}@1`;

const propose = (facts: BlockFacts): Candidate<ChainWitness> | Refusal => {
  const name = 'chain elimination';
  const graph = discreteRegular(facts);
  if (typeof graph === 'string') return refusal(name, graph);
  const chains = graph.classes.filter((c) => c.order > 0);
  if (chains.length === 0) return refusal(name, 'no chain among the unknowns');
  if (chains.length > 1)
    return refusal(name, `nodes are coupled along ${chains.map((c) => c.name).join(' and ')}: not a chain`);
  const chain = chains[0]!;
  if (chain.order > 1) return refusal(name, `a chain of order ${chain.order} along ${chain.name}`);
  const outer = facts.block.find((v) => !graph.axes.get(v.variable.name)!.includes(chain.id));
  if (outer !== undefined) return refusal(name, `${outer.variable.name} is joined to every step of the chain`);
  const plates = facts.block.map((v) => [...graph.axes.get(v.variable.name)!].sort().join());
  if (new Set(plates).size > 1) return refusal(name, 'the unknowns of one step are in different plates');
  const frontier = [
    ...new Set(
      graph.groups.flatMap((g) => g.slots.filter((s) => lag(graph, g, s, chain.id) === 1).map((s) => s.variable)),
    ),
  ];
  // Inside a step marginalised nodes go first; along the chain nothing may wait for the next step.
  const operations = new Set(facts.block.map((v) => `${v.operation} ${v.beta}`));
  const along = facts.block.find((v) => frontier.includes(v.variable.name) && v.operation === 'marginalize');
  if (operations.size > 1 && along !== undefined)
    return refusal(name, `${along.variable.name} is marginalised along the chain and other unknowns are minimised`);
  const nodes = templateNodes(facts, graph);
  const body = [
    ...nodes.filter((n) => frontier.includes(n.name)).map((n) => ({ ...n, name: previous(n.name) })),
    ...nodes.filter((n) => !frontier.includes(n.name)),
  ];
  const cliques = graph.groups.map((g) => [
    ...new Set(g.slots.map((s) => (lag(graph, g, s, chain.id) === 1 ? previous(s.variable) : s.variable))),
  ]);
  const messages = [frontier.map(previous), frontier];
  const { order, scopes } = templateOrder(
    body,
    [...cliques, ...messages].filter((c) => c.length > 0),
  );
  const perStep = largestTable(facts, { ...graph, classes: graph.classes.filter((c) => c.id !== chain.id) }, scopes);
  const length = dimValue(chain.dim, facts.sizes) ?? 1;
  if (perStep * 4 > facts.budget)
    return refusal(name, `one step would take ${formatBytes(perStep * 4)}, more than --budget`);
  const states = frontier.map((f) => dims.print(stateCount(facts.block.find((v) => v.variable.name === f)!.variable)!));
  const minimised = facts.block.some((v) => v.operation === 'minimize');
  const algorithm = minimised ? 'Viterbi' : 'forward-backward';
  return {
    kind: 'candidate',
    method: algorithm,
    certificate: 'exact',
    cost: { operations: (perStep + operationsPerStep * dispatch) * length, bytes: (perStep + length) * 4 },
    summary: `chain along ${chain.name}, ${states.join(' × ')} states: a scan of ${dims.print(chain.dim)} steps`,
    witness: { graph, chain, frontier, order },
  };
};

const lower = (witness: ChainWitness, facts: BlockFacts, env: Environment): Lowered => {
  const { chain, frontier } = witness;
  const p = prepareTables(facts, env, witness.graph, chain.id);
  const chainAxis = p.axisOf.get(chain.id)!;
  const classIds = new Set([...p.axisOf.values()].filter((a) => a.id !== chainAxis.id).map((a) => a.id));
  const withoutChain = (axes: readonly Axis[]): readonly Axis[] => axes.filter((a) => a.id !== chainAxis.id);
  const node = (name: string): Node => {
    const own = p.nodes.get(name.replace(/@1$/, ''))!;
    const axis = name.endsWith('@1') ? stateAxis(name.slice(0, -2), own.axis.dim, 1) : own.axis;
    return { ...own, axis, along: withoutChain(own.along) };
  };
  const isPair = (t: NamedTensor): boolean =>
    t.axes.some((a) => frontier.some((f) => a.id === node(previous(f)).axis.id));
  const all = [...p.tables.map((t) => t.tensor), ...p.unary];

  // Row 0: no previous nodes. What is not in the frontier is eliminated at once.
  const first = all.filter((t) => !isPair(t)).map((t) => rowOf(env, t, chainAxis, []));
  const others = witness.order.filter((n) => !n.endsWith('@1')).map(node);
  const messageAxes = unionAxes(
    withoutChain(frontier.flatMap((f) => p.nodes.get(f)!.along)),
    frontier.map((f) => node(f).axis),
  );
  const start = messageOf(p.env, eliminateNodes(p.env, first, others, classIds), messageAxes);

  // Rows 1 … T-1: tables with the chain axis are read a row at a time, the others are the same at every step.
  const one = dims.constant(1);
  const length = dims.subtract(chain.dim, one);
  const along = all.filter((t) => t.axes.some((a) => a.id === chainAxis.id));
  const still = all.filter((t) => !along.includes(t));
  const moving = added(env, along);
  const xs = moving.map((t) => {
    const order = [chainAxis, ...withoutChain(t.axes)];
    return env.builder.sliceAxis(aligned(env.builder, t, order), 0, one, length);
  });
  const previousAxes = messageAxes.map((a) => {
    const f = frontier.find((name) => node(name).axis.id === a.id);
    return f === undefined ? a : node(previous(f)).axis;
  });
  const states = messageAxes.flatMap((a, i) => (a.id.startsWith('state ') ? [i] : []));
  const { carry, ys } = env.builder.scan({ length, carry: [start.message], xs }, (b, [message], rows) => {
    const inner: Environment = { ...p.env, builder: b };
    const incoming: NamedTensor = { value: message!, axes: previousAxes, shape: [] };
    const step = moving.map((t, i): NamedTensor => ({ value: rows[i]!, axes: withoutChain(t.axes), shape: [] }));
    const rest = eliminateNodes(inner, [incoming, ...step, ...still], witness.order.map(node), classIds);
    const next = normalised(b, messageOf(inner, rest, messageAxes), states);
    return { carry: [next.message], ys: [next.constant] };
  });
  const last: NamedTensor = { value: carry[0]!, axes: messageAxes, shape: [] };
  const final = eliminateNodes(p.env, [last], frontier.map(node), classIds);
  // The constants are collected and not carried: a running float32 sum over 10⁵ steps is off by a whole nat.
  const b = env.builder;
  const shifts = b.sum(ys[0]!, [0]);
  const value = b.add(totalOf(env, final).value, b.add(start.constant, b.sum(shifts)));
  // With one plate around the chain, F of each of its chains.
  const plates = messageAxes.filter((a) => !a.id.startsWith('state '));
  const points = plates.length === 1 ? pointwiseOf(p.env, final) : null;
  const share = plates.length === 1 ? b.div(start.constant, b.dim(plates[0]!.dim)) : start.constant;
  const pointwise = points === null ? null : b.add(points, b.add(shifts, share));
  return solution(facts, env, value, p.probes, p.raws, p.bindings, pointwise);
};

/** Moves the least entry of a message into the constant, so that messages stay small however long the chain: float32 keeps
 *  its digits for the differences that matter. A constant shift has no derivative. `states`: the message's state axes. The
 *  constant is that of each chain; what is the same in all of them was counted together. */
const normalised = (
  b: Builder,
  { message, constant }: { readonly message: Value; readonly constant: Value },
  states: readonly number[],
): { message: Value; constant: Value } => {
  const least = b.stopGradient(b.min(message, states));
  const wide = b.reshape(
    least,
    message.shape.map((d, i) => (states.includes(i) ? dims.constant(1) : d)),
  );
  const chains = dims.product(least.shape);
  const share = dims.isOne(chains) ? constant : b.div(constant, b.dim(chains));
  return {
    message: b.sub(message, wide),
    constant: constantOf(b, constant) === 0 ? least : b.add(least, share),
  };
};

/** Adds tables to those that have all their axes beforehand, so that a step reads one row of the sum. */
const added = (env: Environment, tables: readonly NamedTensor[]): readonly NamedTensor[] => {
  const sums: NamedTensor[] = [];
  for (const t of tables.toSorted((x, y) => y.axes.length - x.axes.length)) {
    const at = sums.findIndex((sum) => t.axes.every((a) => sum.axes.some((own) => own.id === a.id)));
    if (at < 0) sums.push(t);
    else sums[at] = mapNamed(env.builder, 'add', sums[at]!, t);
  }
  return sums;
};

/** One row of a table along the chain. */
const rowOf = (env: Environment, t: NamedTensor, chainAxis: Axis, row: dims.Dim): NamedTensor => {
  const at = t.axes.findIndex((a) => a.id === chainAxis.id);
  if (at < 0) return t;
  const axes = t.axes.filter((_, i) => i !== at);
  const row1 = env.builder.sliceAxis(t.value, at, row, dims.constant(1));
  return {
    value: env.builder.reshape(
      row1,
      axes.map((a) => a.dim),
    ),
    axes,
    shape: [],
  };
};

/** Adds what an elimination left over into one message, and the scalars into a constant that is kept apart. */
const messageOf = (
  env: Environment,
  tables: readonly NamedTensor[],
  axes: readonly Axis[],
): { message: Value; constant: Value } => {
  const b: Builder = env.builder;
  const scalars = tables.filter((t) => t.axes.length === 0);
  const zero: NamedTensor = { value: b.zeros(axes.map((a) => a.dim)), axes, shape: [] };
  const message = tables.filter((t) => t.axes.length > 0).reduce((sum, t) => mapNamed(b, 'add', sum, t), zero);
  const constant = scalars.reduce((sum, t) => b.add(sum, t.value), b.constant(0));
  return { message: aligned(b, message, axes), constant };
};

export const chainElimination: Method<ChainWitness> = {
  name: 'chain elimination',
  documentation:
    'Discrete nodes along a first-order chain (several variables per step, plates around it): the forward algorithm as one ' +
    'scan, Viterbi at β = ∞, exact, O(T). Rabiner 1989; Viterbi 1967.',
  serves: ['elimination'],
  enumerates: () => true,
  propose,
  lower,
};
