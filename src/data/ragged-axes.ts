// Which axes of an array are ragged, read off its index clause: `y[t in T[n]]` in `plate n in N` is padded along t to the
// longest, and row n has T[n] cells there. In: binders and their conditions. Out: ragged axes; masks of the cells that exist.
import type { Expr, Indexed } from '../semantics/model.ts';
import * as dims from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';
import { elementCount } from './table.ts';
import type { ArrayData } from './table.ts';

export interface RaggedAxis {
  readonly axis: number;
  readonly size: string;
  /** The axes whose positions choose the length, one for each index of the ragged size. */
  readonly rows: readonly number[];
  /** Cells along the axis = length of the size there + offset. */
  readonly offset: Dim;
}

/** The name under which the lengths of a ragged size are an array of the program. No identifier has a dot. */
export const lengthsName = (size: string): string => `${size}${suffix}`;
const suffix = '.lengths';

const conjuncts = (expr: Expr | null): readonly Expr[] => {
  if (expr === null) return [];
  return expr.kind === 'call' && expr.fn === 'and' ? expr.args.flatMap(conjuncts) : [expr];
};

interface Length {
  readonly size: string;
  readonly at: readonly Expr[];
  readonly offset: Dim;
}

/** `T[n] + c` with c made of sizes; null for other expressions. Lengths may have become data already. */
const lengthPlus = (expr: Expr): Length | null => {
  if (expr.kind === 'ragged') return { size: expr.size, at: expr.at, offset: [] };
  if (expr.kind === 'ref')
    return expr.name.endsWith(suffix) ? { size: expr.name.slice(0, -suffix.length), at: expr.at, offset: [] } : null;
  if (expr.kind !== 'call' || (expr.fn !== 'add' && expr.fn !== 'sub')) return null;
  const [left, right] = expr.args as [Expr, Expr];
  const [a, b] = [lengthPlus(left), constantDim(right)];
  if (a !== null && b !== null)
    return { ...a, offset: expr.fn === 'add' ? dims.add(a.offset, b) : dims.subtract(a.offset, b) };
  const [c, d] = [constantDim(left), lengthPlus(right)];
  return expr.fn === 'add' && c !== null && d !== null ? { ...d, offset: dims.add(c, d.offset) } : null;
};

const constantDim = (expr: Expr): Dim | null =>
  expr.kind === 'number' ? dims.constant(expr.value) : expr.kind === 'dim' ? expr.dim : null;

/** The axis whose position an index of a ragged size is: `n`, or `n - 1` where n begins at 1. */
const axisOf = (at: Expr, { binders }: Indexed): number => {
  const index = at.kind === 'call' && at.fn === 'sub' ? at.args[0]! : at;
  const from = at.kind === 'call' && at.fn === 'sub' ? constantDim(at.args[1]!) : [];
  return binders.findIndex(
    (b) => index.kind === 'index' && index.id === b.id && from !== null && dims.equal(from, b.from),
  );
};

/** Ragged axes of an array, outermost first. A range that is ragged in a way that no length says (two lengths, products)
 *  is left to the conditions of its clause. */
export const raggedAxes = (array: Indexed): readonly RaggedAxis[] =>
  array.binders.flatMap((binder, axis): readonly RaggedAxis[] => {
    for (const c of conjuncts(array.where)) {
      if (c.kind !== 'call' || c.fn !== 'lt') continue;
      const [left, right] = c.args as [Expr, Expr];
      const end = lengthPlus(right);
      if (left.kind !== 'index' || left.id !== binder.id || end === null) continue;
      const rows = end.at.map((at) => axisOf(at, array));
      if (rows.every((row) => row >= 0 && row < axis))
        return [{ axis, size: end.size, rows, offset: dims.subtract(end.offset, binder.from) }];
    }
    return [];
  });

type Sizes = Readonly<Record<string, number>>;
type Lengths = Readonly<Record<string, ArrayData>>;

/** Cells of each row of `shape` along a ragged axis: over all axes before it, row-major. */
export const cellsAlong = (
  ragged: RaggedAxis,
  shape: readonly number[],
  lengths: Lengths,
  sizes: Sizes,
): Float64Array | null => {
  const known = lengths[ragged.size];
  if (known === undefined) return null;
  const offset = dims.evaluate(ragged.offset, sizes);
  const cells = new Float64Array(elementCount(shape.slice(0, ragged.axis)));
  for (let row = 0; row < cells.length; row++)
    cells[row] = known.data[lengthIndex(ragged, shape, known.shape, row)]! + offset;
  return cells;
};

/** Where the length of a row (over the axes before the ragged one) stands among the lengths of its size. */
export const lengthIndex = (
  { rows, axis }: RaggedAxis,
  shape: readonly number[],
  lengthsShape: readonly number[],
  row: number,
): number => {
  const at: number[] = Array<number>(axis).fill(0);
  for (let a = axis - 1, rest = row; a >= 0; a--) {
    at[a] = rest % shape[a]!;
    rest = Math.floor(rest / shape[a]!);
  }
  return rows.reduce((flat, a, i) => flat * lengthsShape[i]! + at[a]!, 0);
};

/** 1 at cells that lie beyond a length; null when the array has none. `shape` is the whole array's, axes of a node last. */
export const paddingOf = (
  array: Indexed,
  shape: readonly number[],
  lengths: Lengths,
  sizes: Sizes,
): Uint8Array | null => {
  let padding: Uint8Array | null = null;
  for (const ragged of raggedAxes(array)) {
    const cells = cellsAlong(ragged, shape, lengths, sizes);
    if (cells === null) continue;
    const length = shape[ragged.axis]!;
    const inner = elementCount(shape.slice(ragged.axis + 1));
    padding ??= new Uint8Array(elementCount(shape));
    for (let row = 0; row < cells.length; row++) {
      const first = Math.max(0, Math.min(length, cells[row]!));
      padding.fill(1, (row * length + first) * inner, (row + 1) * length * inner);
    }
  }
  return padding?.includes(1) === true ? padding : null;
};
