// Continuous nodes on a bounded interval or circle, each by itself: a grid over all nodes at once. Marginalised, the grid is
// a quadrature rule (for an angle the periodic trapezoidal rule, which converges geometrically: Trefethen, Weideman 2014);
// minimised, the best grid point is bracketed, narrowed by golden sections (Kiefer 1953) and polished by Newton steps.
import type { RegularGraph } from '../../graph/regular.ts';
import { analyseRegular } from '../../graph/regular.ts';
import type { Environment, States } from '../../lower/environment.ts';
import { withBindings } from '../../lower/environment.ts';
import { lowerExpression } from '../../lower/expression.ts';
import type { Axis, NamedTensor } from '../../lower/named-tensor.ts';
import { aligned, mapNamed, scalar } from '../../lower/named-tensor.ts';
import type { Variable } from '../../semantics/model.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import { gradient } from '../../tensor/differentiate.ts';
import * as dims from '../../tensor/dims.ts';
import { eliminateNodes, pointwiseOf, totalOf } from '../discrete/eliminate.ts';
import { distinctTable, solution } from '../discrete/solution.ts';
import { alignedTable, classAxis, stateAxis } from '../discrete/tables.ts';
import type { BlockFacts, Candidate, Lowered, Marginal, Method, Refusal } from '../method.ts';
import { dimValue, refusal } from '../method.ts';

export const gridPoints = 512;
/** Roughness of a Gaussian with a standard deviation of 0.7 cells, whose sum is right to 1e-4 (the error is its Fourier
 *  coefficient exp(-2π² σ²/h²), Trefethen and Weideman 2014). Rougher densities fall between the points. */
const resolved = 1.5;
const goldenSteps = 24;
const newtonSteps = 3;

interface GridWitness {
  readonly graph: RegularGraph;
}

const bounded = (variable: Variable): boolean =>
  ['angle', 'unit', 'interval'].includes(variable.domain.kind) && variable.domain.shape.length === 0;

const propose = (facts: BlockFacts): Candidate<GridWitness> | Refusal => {
  const marginalize = facts.block[0]!.operation === 'marginalize' && facts.block[0]!.beta !== Infinity;
  const name = marginalize ? 'quadrature' : 'grid search';
  if (facts.block.length > 1) return refusal(name, 'several continuous unknowns at once');
  const { variable } = facts.block[0]!;
  if (!bounded(variable)) return refusal(name, `${variable.name} is not one number in a bounded interval`);
  if (variable.conditions.length > 0) return refusal(name, `${variable.name} has a condition`);
  const constraint = facts.groups.find((g) => g.kind === 'constraint');
  if (constraint !== undefined) return refusal(name, `${constraint.name} is a constraint`);
  const graph = analyseRegular([variable], facts.groups);
  if (typeof graph === 'string') return refusal(name, graph);
  const chain = graph.classes.find((c) => c.order > 0);
  if (chain !== undefined) return refusal(name, `nodes are coupled along ${chain.name}`);
  const copies = graph.classes.reduce((n, c) => n * (dimValue(c.dim, facts.sizes) ?? 1), 1);
  const bytes = copies * gridPoints * 4;
  if (bytes > facts.budget) return refusal(name, `${gridPoints} points for each of ${copies} nodes exceed --budget`);
  return {
    kind: 'candidate',
    method: name,
    certificate: marginalize ? 'quadrature' : 'global on a grid',
    cost: { operations: copies * gridPoints, bytes },
    summary: marginalize
      ? `${variable.name} is one bounded number per node: ${gridPoints} quadrature points`
      : `${variable.name} is one bounded number per node: the best of ${gridPoints} grid points (narrower wells could be missed), then golden sections and Newton steps`,
    witness: { graph },
  };
};

// ---------------------------------------------------------------- the grid

interface Range {
  readonly from: Value;
  readonly step: Value;
}

/** Midpoints of equal cells. */
const rangeOf = (env: Environment, variable: Variable): Range => {
  const b = env.builder;
  const { domain } = variable;
  const ends = (from: Value, to: Value): Range => ({ from, step: b.div(b.sub(to, from), gridPoints) });
  if (domain.kind === 'unit') return ends(b.constant(0), b.constant(1));
  if (domain.kind === 'interval')
    return ends(lowerExpression(env, domain.from).value, lowerExpression(env, domain.to).value);
  return ends(b.constant(-Math.PI), b.constant(Math.PI));
};

const lower = (witness: GridWitness, facts: BlockFacts, env: Environment): Lowered => {
  const { operation, beta } = facts.block[0]!;
  return operation === 'marginalize' && beta !== Infinity
    ? integrate(witness, facts, env)
    : search(witness, facts, env);
};

/** Grid tables aligned on the variable's own axes: what both operations begin with. */
const onGrid = (witness: GridWitness, facts: BlockFacts, env: Environment) => {
  const b = env.builder;
  const { variable } = facts.block[0]!;
  const range = rangeOf(env, variable);
  const count = dims.constant(gridPoints);
  const values = b.add(range.from, b.mul(b.add(b.iota([count], 0, 'float'), 0.5), range.step));
  const states: States = { count, kind: 'values', values };
  const bindings = new Map([[variable.name, { kind: 'states', states } as const]]);
  const inner = withBindings(env, bindings);
  const raws = new Map<string, NamedTensor>();
  const tables = witness.graph.groups.map((g) => {
    const table = alignedTable(
      inner,
      witness.graph,
      g,
      () => count,
      null,
      (raw) => distinctTable(inner, raw),
    );
    raws.set(g.group.name, table.raw);
    return table.tensor;
  });
  const byId = new Map(witness.graph.classes.map((c) => [c.id, classAxis(c)] as const));
  const along = witness.graph.axes.get(variable.name)!.map((c) => byId.get(c)!);
  const state = stateAxis(variable.name, count);
  const probe = b.distinct(b.zeros([...along.map((a) => a.dim), count]));
  const all = [...tables, { value: probe, axes: [...along, state], shape: [] }];
  return { variable, range, values, bindings, inner, raws, all, along, state, probe };
};

const integrate = (witness: GridWitness, facts: BlockFacts, env: Environment): Lowered => {
  const b = env.builder;
  const g = onGrid(witness, facts, env);
  const { beta } = facts.block[0]!;
  const node = { axis: g.state, along: g.along, operation: 'marginalize', beta } as const;
  const rest = eliminateNodes(g.inner, g.all, [node], new Set(g.along.map((a) => a.id)));
  // Each node's sum is a Riemann sum: every cell has width step.
  const cells = b.mul(b.log(g.range.step), b.dim(dims.product(g.along.map((a) => a.dim))));
  const value = b.sub(totalOf(g.inner, rest).value, b.div(cells, beta));
  const sums = pointwiseOf(env, rest);
  const pointwise = sums === null ? null : b.sub(sums, b.div(b.log(g.range.step), beta));
  const probes = [{ variable: g.variable.name, value: g.probe }];
  const base = solution(facts, env, value, probes, g.raws, g.bindings, pointwise);
  const weights = gradient(b, value, [g.probe])[0]!;
  const moments = (): Marginal & { kind: 'moments' } => momentsOf(b, g.variable, weights, g.values);
  return {
    ...base,
    convergence: { converged: b.le(b.max(roughnessOf(b, weights)), resolved), iterations: b.constant(1) },
    assignment: () => new Map([[g.variable.name, moments().mean]]),
    marginals: () => new Map([[g.variable.name, moments()]]),
  };
};

/** Σ (second differences)² / Σ w² of each node's weights, 0 beyond the ends: 6 - 8 exp(-h²/4σ²) + 2 exp(-h²/σ²) for a Gaussian,
 *  wherever it lies. [nodes…, points] → [nodes…]. */
const roughnessOf = (b: Builder, weights: Value): Value => {
  const around = weights.shape.map((_, i) => (i === weights.shape.length - 1 ? dims.constant(2) : []));
  const padded = b.pad(weights, around, around);
  const length = dims.constant(gridPoints + 2);
  const [before, here, after] = [0, 1, 2].map((start) => b.sliceAxis(padded, -1, dims.constant(start), length));
  const second = b.add(b.sub(before!, b.mul(2, here!)), after!);
  return b.div(b.sum(b.square(second), [-1]), b.sum(b.square(weights), [-1]));
};

/** Mean and standard deviation; for an angle the mean direction and √(-2 log R) (Mardia, Jupp 2000, 2.3). */
const momentsOf = (b: Builder, variable: Variable, weights: Value, values: Value): Marginal & { kind: 'moments' } => {
  const row = b.reshape(values, [...weights.shape.slice(0, -1).map(() => dims.constant(1)), values.shape[0]!]);
  const mean = (f: Value): Value => b.sum(b.mul(weights, f), [-1]);
  if (variable.domain.kind === 'angle') {
    const [c, s] = [mean(b.cos(row)), mean(b.sin(row))];
    const r = b.minimum(b.sqrt(b.add(b.square(c), b.square(s))), 1);
    return { kind: 'moments', mean: b.atan2(s, c), sd: b.sqrt(b.mul(-2, b.log(r))) };
  }
  const m = mean(row);
  const centred = b.sub(row, b.reshape(m, [...m.shape, dims.constant(1)]));
  return { kind: 'moments', mean: m, sd: b.sqrt(mean(b.square(centred))) };
};

// ---------------------------------------------------------------- minimising

const search = (witness: GridWitness, facts: BlockFacts, env: Environment): Lowered => {
  const b = env.builder;
  const g = onGrid(witness, facts, env);
  const shape = g.along.map((a) => a.dim);
  const table = g.all.reduce((sum, t) => mapNamed(b, 'add', sum, t), scalar(b.constant(0)));
  const best = b.argmin(aligned(b, table, [...g.along, g.state], true), shape.length);
  const start = b.gather(g.values, best, 0);
  const energyAt = (inner: Builder, x: Value): Value =>
    nodeEnergies(witness, facts, { ...env, builder: inner }, x, g.along);
  const inDomain = (x: Value): Value => (g.variable.domain.kind === 'angle' ? wrapped(b, x) : clamped(b, g.range, x));
  // The bracket of an angle may cross ±π; that of an interval ends where the interval does.
  const end = (x: Value): Value => (g.variable.domain.kind === 'angle' ? x : inDomain(x));
  const bracketed = golden(b, energyAt, end(b.sub(start, g.range.step)), end(b.add(start, g.range.step)));
  const inside = inDomain(b.stopGradient(newton(b, energyAt, bracketed, g.range.step)));
  const energies = energyAt(b, inside);
  return {
    value: b.sum(energies),
    assignment: () => new Map([[g.variable.name, inside]]),
    marginals: () => new Map(),
    posterior: null,
    bindings: new Map([[g.variable.name, { kind: 'given', value: inside } as const]]),
    expectedEnergy: null,
    pointwise: energies.shape.length === 1 ? energies : null,
    convergence: null,
  };
};

const wrapped = (b: Builder, x: Value): Value => b.sub(x, b.mul(2 * Math.PI, b.round(b.div(x, 2 * Math.PI))));
const clamped = (b: Builder, range: Range, x: Value): Value =>
  b.minimum(b.maximum(x, range.from), b.add(range.from, b.mul(range.step, gridPoints)));

/** Energy of every node at given values, [nodes…]. */
const nodeEnergies = (
  witness: GridWitness,
  facts: BlockFacts,
  env: Environment,
  x: Value,
  along: readonly Axis[],
): Value => {
  const { variable } = facts.block[0]!;
  const inner = withBindings(env, [[variable.name, { kind: 'given', value: x }]]);
  const tables = witness.graph.groups.map(
    (group) =>
      alignedTable(
        inner,
        witness.graph,
        group,
        () => dims.constant(1),
        null,
        (raw) => raw,
      ).tensor,
  );
  const total = tables.reduce((sum, t) => mapNamed(env.builder, 'add', sum, t), scalar(env.builder.constant(0)));
  return aligned(env.builder, total, along, true);
};

type NodeEnergy = (b: Builder, x: Value) => Value;

const ratio = (Math.sqrt(5) - 1) / 2;
const golden = (b: Builder, energy: NodeEnergy, low: Value, high: Value): Value => {
  const { carry } = b.scan({ length: dims.constant(goldenSteps), carry: [low, high], xs: [] }, (inner, [l, h]) => {
    const width = inner.mul(ratio, inner.sub(h!, l!));
    const [c, d] = [inner.sub(h!, width), inner.add(l!, width)];
    const left = inner.lt(energy(inner, c), energy(inner, d));
    return { carry: [inner.select(left, l!, c), inner.select(left, d, h!)] };
  });
  return b.mul(0.5, b.add(carry[0]!, carry[1]!));
};

/** x - E'/E'' where that is a step towards a minimum and shorter than a cell. */
const newton = (b: Builder, energy: NodeEnergy, start: Value, cell: Value): Value => {
  let x = start;
  for (let i = 0; i < newtonSteps; i++) {
    const here = b.distinct(x);
    const slope = gradient(b, b.sum(energy(b, here)), [here])[0]!;
    const curvature = gradient(b, b.sum(slope), [here])[0]!;
    const step = b.div(slope, curvature);
    const sound = b.and(b.gt(curvature, 0), b.lt(b.abs(step), cell));
    x = b.sub(x, b.select(sound, step, 0));
  }
  return x;
};

export const grid: Method<GridWitness> = {
  name: 'grid',
  documentation:
    'One bounded number per node (angle, unit, interval), nodes not coupled: quadrature, or grid search with golden-section ' +
    'and Newton refinement.',
  serves: ['quadrature'],
  enumerates: (facts) => facts.block[0]!.operation === 'marginalize' && facts.block[0]!.beta !== Infinity,
  propose,
  lower,
};
