// The work of levels.ts: eliminates numbered nodes from a pool of tables. In: tables as rows × states with the row and the
// nodes of each factor, and an order. Out: the total free energy (or minimum).
import type { EliminationOrder } from '../../graph/elimination-order.ts';
import type { Environment } from '../../lower/environment.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { BlockVariable } from '../method.ts';

export interface PoolTable {
  /** [rows, states of each axis…] */
  readonly value: Value;
  /** Row of each factor. */
  readonly rows: Int32Array;
  /** By axis: the node of each factor. */
  readonly nodes: readonly Int32Array[];
}

/** One factor of the pool that touches a node. */
interface Incidence {
  readonly table: number;
  readonly factor: number;
}

export const eliminateLevels = (
  env: Environment,
  initial: readonly PoolTable[],
  order: EliminationOrder,
  cardinalities: Int32Array,
  /** How each node is eliminated. */
  blocks: readonly BlockVariable[],
): Value => {
  const b = env.builder;
  const pool: PoolTable[] = [...initial];
  const position = new Int32Array(cardinalities.length);
  order.order.forEach((node, i) => (position[node] = i));
  const incident: Incidence[][] = Array.from({ length: cardinalities.length }, () => []);
  /** A factor waits at the node of it that is eliminated first. */
  const enter = (table: number): void => {
    const { nodes, rows } = pool[table]!;
    for (let factor = 0; factor < rows.length; factor++) {
      let first = nodes[0]![factor]!;
      for (const axis of nodes) if (position[axis[factor]!]! < position[first]!) first = axis[factor]!;
      incident[first]!.push({ table, factor });
    }
  };
  pool.forEach((t, i) => (t.nodes.length > 0 ? enter(i) : undefined));
  let total: Value = b.constant(0);
  for (const level of levelsOf(order, position)) {
    const bySignature = new Map<
      string,
      { node: number; scope: readonly number[]; incidence: readonly Incidence[] }[]
    >();
    for (const node of level) {
      const incidence = incident[node]!.toSorted((x, y) => x.table - y.table || x.factor - y.factor);
      const scope = scopeOf(node, incidence, pool, position);
      const signature = `${blocks[node]!.operation} ${signatureOf(scope, incidence, pool, cardinalities)}`;
      bySignature.set(signature, [...(bySignature.get(signature) ?? []), { node, scope, incidence }]);
    }
    for (const members of bySignature.values()) {
      const made = eliminateTogether(b, pool, members, blocks[members[0]!.node]!);
      if (made.nodes.length === 0) total = b.add(total, b.sum(made.value));
      else {
        pool.push(made);
        enter(pool.length - 1);
      }
    }
  }
  return total;
};

/** Nodes by their height in the elimination tree: a node is one above the highest of those whose clique first meets it. */
const levelsOf = (order: EliminationOrder, position: Int32Array): readonly (readonly number[])[] => {
  const height = new Map<number, number>();
  const result: number[][] = [];
  order.order.forEach((node, i) => {
    const own = height.get(node) ?? 0;
    (result[own] ??= []).push(node);
    const rest = [...order.cliques[i]!].filter((n) => n !== node);
    if (rest.length === 0) return;
    const parent = rest.reduce((first, n) => (position[n]! < position[first]! ? n : first));
    height.set(parent, Math.max(height.get(parent) ?? 0, own + 1));
  });
  return result;
};

/** The node, then the other nodes of its factors, latest eliminated first: tables never need a transpose later. */
const scopeOf = (
  node: number,
  incidence: readonly Incidence[],
  pool: readonly PoolTable[],
  position: Int32Array,
): readonly number[] => {
  const others = new Set(incidence.flatMap(({ table, factor }) => pool[table]!.nodes.map((axis) => axis[factor]!)));
  others.delete(node);
  return [node, ...[...others].toSorted((x, y) => position[y]! - position[x]!)];
};

const signatureOf = (
  scope: readonly number[],
  incidence: readonly Incidence[],
  pool: readonly PoolTable[],
  cardinalities: Int32Array,
): string => {
  const parts = incidence.map(({ table, factor }) => {
    const axes = pool[table]!.nodes.map((axis) => scope.indexOf(axis[factor]!));
    return `${table}:${axes.join(',')}`;
  });
  return `${scope.map((n) => cardinalities[n]).join('×')} ${parts.join(' ')}`;
};

const eliminateTogether = (
  b: Builder,
  pool: readonly PoolTable[],
  members: readonly { readonly scope: readonly number[]; readonly incidence: readonly Incidence[] }[],
  block: BlockVariable,
): PoolTable => {
  const first = members[0]!;
  const count = dims.constant(members.length);
  const semiring =
    block.operation === 'minimize' || block.beta === Infinity
      ? ('min-plus' as const)
      : ({ kind: 'soft-min', beta: b.constant(block.beta) } as const);
  // Label 0 is the member, label 1 + i the i-th node of the scope.
  const operands = first.incidence.map(({ table, factor }, k) => {
    const t = pool[table]!;
    const rows = members.map((m) => t.rows[m.incidence[k]!.factor]!);
    const axes = t.nodes.map((axis) => 1 + first.scope.indexOf(axis[factor]!));
    return { value: gatherRows(b, t.value, rows, count), axes: [0, ...axes] };
  });
  const keep = [0, ...first.scope.slice(1).map((_, i) => i + 2)];
  const value = b.contract(semiring, operands, keep);
  const nodes = first.scope.slice(1).map((_, i) => Int32Array.from(members, (m) => m.scope[i + 1]!));
  return { value, rows: Int32Array.from(members, (_, i) => i), nodes };
};

/** Rows of a table; a run of consecutive ones is a slice. */
const gatherRows = (b: Builder, value: Value, rows: readonly number[], count: dims.Dim): Value => {
  const consecutive = rows.every((row, i) => row === rows[0]! + i);
  if (consecutive) return b.sliceAxis(value, 0, dims.constant(rows[0]!), count);
  return b.gather(value, b.literal(rows, [count], 'int'), 0);
};
