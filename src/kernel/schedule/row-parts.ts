// Many rows in parts, each summed by itself: a float32 sum of 10⁵ numbers, one after the other, is off by per cents, one of the sums
// of short parts by their rounding. In: the loops over rows, outermost first. Out: the same as loops over parts and loops inside of
// one; null where there are few.
import { constant, constantValue } from '../../tensor/dims.ts';
import { iterations, mostIterations } from '../extents.ts';
import type { Fresh } from '../fresh.ts';
import { addIndex, ofLoop, scaleIndex } from '../index-arithmetic.ts';
import type { Index, KernelTarget, Loop, LoopId } from '../kernel.ts';

export interface RowParts {
  /** One iteration of these for every part. */
  readonly around: readonly Loop[];
  readonly rows: readonly Loop[];
  /** What stands for the loop that was cut, if one was. */
  readonly rowIndex: ReadonlyMap<LoopId, Index>;
}

/** As many are added in float32 one after the other. */
const mostRows = 4096;
const rowsOfPart = 256;

/** `sizes` say which loop is cut; where they are others at a call, parts are longer or shorter. */
export const rowPartsOf = (loops: readonly Loop[], sizes: KernelTarget['sizes'], fresh: Fresh): RowParts | null => {
  const most = loops.reduce((n, { extent }) => n * (constantValue(mostIterations(extent)) ?? Infinity), 1);
  if (most <= mostRows) return null;
  // From the innermost outwards, until a part is full.
  let [at, inside] = [loops.length - 1, 1];
  for (; at > 0; at--) {
    const count = Math.max(1, iterations(loops[at]!.extent, sizes));
    if (inside * count > rowsOfPart) break;
    inside *= count;
  }
  const { id, extent } = loops[at]!;
  const size = Math.floor(rowsOfPart / inside);
  if (extent.kind === 'dim' && size > 1) {
    const [part, row] = [fresh.loop(), fresh.loop()];
    return {
      around: [...loops.slice(0, at), { id: part, extent: { kind: 'tiles', of: extent.dim, size } }],
      rows: [{ id: row, extent: { kind: 'tile', of: extent.dim, tile: part, size } }, ...loops.slice(at + 1)],
      rowIndex: new Map([[id, addIndex(scaleIndex(ofLoop(part), constant(size)), ofLoop(row))]]),
    };
  }
  // A tile is not cut again: the loops inside of it are a part.
  if (at === loops.length - 1) return null;
  return { around: loops.slice(0, at + 1), rows: loops.slice(at + 1), rowIndex: new Map() };
};
