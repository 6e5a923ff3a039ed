// Independent problems side by side: the plates along which a block of unknowns is a sum over nodes, one problem per row.
// Each row has its own step size, momentum and gap. In: the unknowns of a block and the terms of its energy. Out: the row axes,
// energies by row, and maps between values by row and whole arrays. Without such plates everything is one row of shape [].
import type { AxisClass, RegularGraph } from '../../graph/regular.ts';
import { analyseRegular } from '../../graph/regular.ts';
import type { FactorGroup } from '../../graph/factor-graph.ts';
import type { Environment } from '../../lower/environment.ts';
import { totalEnergy } from '../../lower/group.ts';
import { contractNamed } from '../../lower/named-tensor.ts';
import type { Variable } from '../../semantics/model.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import type { Dim } from '../../tensor/dims.ts';
import * as dims from '../../tensor/dims.ts';
import { alignedTable, classAxis } from '../discrete/tables.ts';

export interface Rows {
  readonly classes: readonly AxisClass[];
  /** null: one row. */
  readonly graph: RegularGraph | null;
  /** By unknown: the axis of its whole array along each class. */
  readonly axes: ReadonlyMap<string, readonly number[]>;
}

export const rowsOf = (variables: readonly Variable[], terms: readonly FactorGroup[]): Rows => {
  const graph = analyseRegular(variables, terms);
  const one = { classes: [], graph: null, axes: new Map(variables.map((v) => [v.name, []] as const)) };
  if (typeof graph === 'string') return one;
  const inAll = (c: AxisClass): boolean => variables.every((v) => graph.axes.get(v.name)!.includes(c.id));
  const classes = graph.classes.filter((c) => c.order === 0 && inAll(c));
  if (classes.length === 0) return one;
  const axes = new Map(
    variables.map((v) => [v.name, classes.map((c) => graph.axes.get(v.name)!.indexOf(c.id))] as const),
  );
  return { classes, graph, axes };
};

export const rowShape = (rows: Rows): readonly Dim[] => rows.classes.map((c) => c.dim);

/** Σ of the terms by row, with the unknowns bound in the environment. The terms are among those that the rows were made of. */
export const rowEnergies = (env: Environment, rows: Rows, terms: readonly FactorGroup[]): Value => {
  const b = env.builder;
  const { graph } = rows;
  const zero = b.zeros(rowShape(rows));
  if (graph === null) return terms.reduce((sum, t) => b.add(sum, totalEnergy(env, t).value), zero);
  const keep = rows.classes.map(classAxis);
  return terms.reduce((sum, term) => {
    const group = graph.groups.find((g) => g.group === term)!;
    const { tensor } = alignedTable(
      env,
      graph,
      group,
      () => dims.constant(1),
      null,
      (raw) => raw,
    );
    return b.add(sum, contractNamed(b, 'sum-product', [{ tensor, labels: [] }], keep).value);
  }, zero);
};

/** Sums an array by row. It has the whole shape of the variable, or lengths of 1 behind the index axes. */
export const rowSum = (b: Builder, rows: Rows, variable: string, value: Value): Value =>
  b.contract('sum-product', [{ value, axes: value.shape.map((_, i) => i) }], rows.axes.get(variable)!);

/** Σ x y by row. */
export const rowDot = (b: Builder, rows: Rows, variable: string, x: Value, y: Value): Value => {
  const axes = x.shape.map((_, i) => i);
  return b.contract(
    'sum-product',
    [
      { value: x, axes },
      { value: y, axes },
    ],
    rows.axes.get(variable)!,
  );
};

/** The largest entry of each row. */
export const rowMaximum = (b: Builder, rows: Rows, variable: string, value: Value): Value => {
  const keep = rows.axes.get(variable)!;
  const most = b.neg(b.contract('min-plus', [{ value: b.neg(value), axes: value.shape.map((_, i) => i) }], keep));
  return most;
};

/** A value by row as one that broadcasts to an array of the variable of the given rank. */
export const spread = (b: Builder, rows: Rows, variable: Variable, value: Value, rank?: number): Value => {
  if (rows.classes.length === 0) return value;
  const at = rows.axes.get(variable.name)!;
  const order = at.map((axis, i) => ({ axis, i })).sort((x, y) => x.axis - y.axis);
  const turned = b.transpose(
    value,
    order.map(({ i }) => i),
  );
  const shape = Array.from({ length: rank ?? wholeShape(variable).length }, (_, axis) => {
    const found = at.indexOf(axis);
    return found < 0 ? dims.constant(1) : rows.classes[found]!.dim;
  });
  return b.reshape(turned, shape);
};
