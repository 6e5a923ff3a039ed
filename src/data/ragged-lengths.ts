// The lengths of ragged sizes, read off the padding of data: `size T[n in N]` and `x[t in T[n]]` in `plate n in N`.
// In: a variable whose array was padded to the longest. Out: for each ragged size on its axes, the lengths it shows.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Checked, Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Model, Variable } from '../semantics/model.ts';
import { sizesOf } from '../tensor/dims.ts';
import { elementCount } from './table.ts';
import type { ArrayData, Table } from './table.ts';

/** Number of leading cells along `axis` that are no padding, for each row of the axes before it. */
const lengthsAlong = (table: Table, shape: readonly number[], axis: number): Float64Array => {
  const inner = elementCount(shape.slice(axis + 1));
  const rows = elementCount(shape.slice(0, axis));
  const length = shape[axis]!;
  const lengths = new Float64Array(rows).fill(length);
  if (table.padding === null) return lengths;
  for (let row = 0; row < rows; row++) {
    let n = 0;
    while (n < length && table.padding[(row * length + n) * inner] === 0) n++;
    lengths[row] = n;
  }
  return lengths;
};

/** `known` are the lengths that earlier variables gave; where they differ, that is an error at this variable. */
export const raggedLengths = (
  model: Model,
  variable: Variable,
  table: Table,
  shape: readonly number[],
  known: Readonly<Record<string, ArrayData>>,
): Checked<Readonly<Record<string, ArrayData>>> => {
  const value: Record<string, ArrayData> = {};
  const diagnostics: Diagnostic[] = [];
  variable.binders.forEach((binder, axis) => {
    const size = model.sizes.find(
      (symbol) => symbol.ragged.length === axis && axis > 0 && sizesOf(binder.to).includes(symbol.name),
    );
    if (size === undefined) return;
    const data = lengthsAlong(table, shape, axis);
    const other = known[size.name]?.data;
    const row = other === undefined ? -1 : data.findIndex((length, i) => length !== other[i]);
    if (row >= 0) {
      const parameters = {
        size: `${size.name}[${row}]`,
        here: `${variable.name} (${table.source.file})`,
        value: data[row]!,
        there: 'other data',
        other: other![row]!,
        transposed: false,
      };
      diagnostics.push(diagnoseData('EBM623', null, parameters, { place: { file: table.source.file } }));
    }
    value[size.name] = { shape: shape.slice(0, axis), data };
  });
  return { value, diagnostics };
};
