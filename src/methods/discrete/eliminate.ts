// Variable elimination on named tables (Dechter 1999), plates included (Obermeyer et al. 2019, tensor variable elimination):
// eliminating a node adds the tables it is in and reduces its state axis, for all copies along its classes at once.
import type { Environment } from '../../lower/environment.ts';
import type { Axis, NamedTensor } from '../../lower/named-tensor.ts';
import { contractNamed, mapNamed, scalar, unionAxes } from '../../lower/named-tensor.ts';
import type { Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { Operation } from '../method.ts';

export interface Node {
  readonly axis: Axis;
  /** Axes of the classes that the variable is repeated along. */
  readonly along: readonly Axis[];
  readonly operation: Operation;
  readonly beta: number;
}

/** F of one node: min, or -1/β log Σ exp(-β ·), over its axis, for every entry of `keep`. */
const reduceNode = (
  env: Environment,
  node: Node,
  tables: readonly NamedTensor[],
  keep: readonly Axis[],
): NamedTensor => {
  const b = env.builder;
  const semiring =
    node.operation === 'minimize' || node.beta === Infinity
      ? ('min-plus' as const)
      : ({ kind: 'soft-min', beta: b.constant(node.beta) } as const);
  return contractNamed(
    b,
    semiring,
    tables.map((tensor) => ({ tensor, labels: [] })),
    keep,
  );
};

/** Energies of repeated factors add: sums a table over class axes that the node is not repeated along. */
const addRepeats = (
  env: Environment,
  table: NamedTensor,
  along: readonly Axis[],
  classIds: ReadonlySet<string>,
): NamedTensor => {
  const extra = table.axes.filter((a) => classIds.has(a.id) && !along.some((x) => x.id === a.id));
  if (extra.length === 0) return table;
  const keep = table.axes.filter((a) => !extra.includes(a));
  return contractNamed(env.builder, 'sum-product', [{ tensor: table, labels: [] }], keep);
};

/** Eliminates the nodes in order; what remains are tables without their axes. `hold` are class axes that stay apart even
 *  when a node is not repeated along them (the row of a scan has none). */
export const eliminateNodes = (
  env: Environment,
  tables: readonly NamedTensor[],
  nodes: readonly Node[],
  classIds: ReadonlySet<string>,
): readonly NamedTensor[] => {
  const b = env.builder;
  let rest = [...tables];
  for (const node of nodes) {
    const touching = rest.filter((t) => t.axes.some((a) => a.id === node.axis.id));
    rest = rest.filter((t) => !touching.includes(t));
    if (touching.length === 0) {
      // No factor left on it: every state has energy 0.
      if (node.operation === 'minimize' || node.beta === Infinity) continue;
      const states = b.log(b.dim(node.axis.dim));
      const copies = b.dim(dims.product(node.along.map((a) => a.dim)));
      rest.push(scalar(b.mul(b.mul(states, copies), b.constant(-1 / node.beta))));
      continue;
    }
    const ready = touching.map((t) => addRepeats(env, t, node.along, classIds));
    const keep = unionAxes(...ready.map((t) => t.axes), node.along).filter((a) => a.id !== node.axis.id);
    rest.push(reduceNode(env, node, ready, keep));
  }
  return rest;
};

/** Σ of everything left, over all axes: a scalar. */
export const totalOf = (env: Environment, tables: readonly NamedTensor[]): NamedTensor =>
  tables
    .map((t) => (t.axes.length === 0 ? t : contractNamed(env.builder, 'sum-product', [{ tensor: t, labels: [] }], [])))
    .reduce((sum, t) => mapNamed(env.builder, 'add', sum, t), scalar(env.builder.constant(0)));

/** The sum of everything left for each entry of one axis, [nodes]: `along`, or the only axis that there is; null where some of
 *  it has no such axis. */
export const pointwiseOf = (
  env: Environment,
  tables: readonly NamedTensor[],
  along: string | null = null,
): Value | null => {
  const ids = new Set(tables.flatMap((t) => t.axes.map((a) => a.id)));
  const id = along ?? (ids.size === 1 ? [...ids][0]! : null);
  if (tables.length === 0 || tables.some((t) => !t.axes.some((a) => a.id === id))) return null;
  return tables
    .map((t) => {
      const axis = t.axes.find((a) => a.id === id)!;
      return t.axes.length === 1 ? t : contractNamed(env.builder, 'sum-product', [{ tensor: t, labels: [] }], [axis]);
    })
    .reduce((sum, t) => mapNamed(env.builder, 'add', sum, t)).value;
};
