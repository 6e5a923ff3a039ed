// Minibatches inside a program: the size of the batch's plate means the batch, and whole arrays come in with another size.
// In: the batch of a plan. Out: shapes of whole arrays, their rows, and why a model cannot be cut into batches.
import type { Builder, Value } from '../tensor/builder.ts';
import type { Dim } from '../tensor/dims.ts';
import * as dims from '../tensor/dims.ts';
import type { SizeNames } from '../tensor/rename-sizes.ts';
import { renameDim } from '../tensor/rename-sizes.ts';
import type { Model, Variable } from '../semantics/model.ts';
import { wholeShape } from '../semantics/whole-shape.ts';
import type { Batch } from './plan.ts';

/** What the number of all points is called in a program whose `N` is the number of points of a batch: no name in a model has
 *  a `$`. */
export const sizeOfAll = (size: string): string => `${size}$all`;

/** The number of steps of one call. */
export const stepsSize = '$steps';

/** Sizes that the programs of learning have besides those of the model. */
export const trainingSizes = (batch: Batch | null): readonly string[] =>
  batch === null ? [stepsSize] : [sizeOfAll(batch.of), stepsSize];

const wholeNames = (batch: Batch | null): SizeNames =>
  batch === null ? new Map() : new Map([[batch.of, sizeOfAll(batch.of)]]);

export interface BatchRows {
  readonly names: SizeNames;
  /** The shape of a variable's array over all points. */
  readonly shapeOfAll: (variable: Variable) => readonly Dim[];
  /** The entries of a whole array that belong to the batch, along every axis that counts points; `rows`: [B], int. */
  readonly take: (b: Builder, variable: Variable, whole: Value, rows: Value) => Value;
}

export const batchRows = (batch: Batch | null): BatchRows => {
  const names = wholeNames(batch);
  return {
    names,
    shapeOfAll: (variable) => wholeShape(variable).map((d) => renameDim(d, names)),
    take: (b, variable, whole, rows) =>
      batch === null
        ? whole
        : wholeShape(variable).reduce<Value>(
            (value, dim, axis) => (dims.equal(dim, dims.size(batch.of)) ? b.gather(value, rows, axis) : value),
            whole,
          ),
  };
};

/** What of a model has no meaning for some of the points; null when nothing has. A sentence that continues 'because'. */
export const unbatchable = (model: Model, batch: Batch): string | null => {
  const counts = (dim: Dim): boolean => dims.sizesOf(dim).includes(batch.of);
  for (const v of model.variables) {
    const crooked = wholeShape(v).find((d) => counts(d) && !dims.equal(d, dims.size(batch.of)));
    if (crooked !== undefined) return `${v.name} has an axis of length ${dims.print(crooked)}`;
    const { domain } = v;
    const values =
      domain.kind === 'category' || domain.kind === 'index' ? domain.count : domain.kind === 'integer' ? domain.to : [];
    if (counts(values)) return `${v.name} numbers the points`;
    const apart = v.role === 'param' && wholeShape(v).some(counts);
    if (apart && (domain.kind !== 'real' || v.conditions.length > 0))
      return `param ${v.name} has a value for each point and is constrained`;
  }
  return null;
};
