// How often loops run. In: extents, and sizes where numbers are wanted. Out: dims and numbers.
import { constant, constantValue, evaluate, multiply, scale, type Dim } from '../tensor/dims.ts';
import type { Extent, Loop } from './kernel.ts';

export const extentOf = (dim: Dim): Extent => ({ kind: 'dim', dim });

/** The most iterations, as a size that a shape may have; the number of tiles is not one: it stands as the entries themselves. */
export const mostIterations = (extent: Extent): Dim => {
  switch (extent.kind) {
    case 'dim':
      return extent.dim;
    case 'tile':
      return constant(extent.size);
    case 'tiles':
      return extent.of;
  }
};

/** Iterations under known sizes; of a tile, those of a full one. */
export const iterations = (extent: Extent, sizes: Readonly<Record<string, number>>): number => {
  switch (extent.kind) {
    case 'dim':
      return evaluate(extent.dim, sizes);
    case 'tile':
      return Math.min(extent.size, evaluate(extent.of, sizes));
    case 'tiles':
      return Math.ceil(evaluate(extent.of, sizes) / extent.size);
  }
};

/** The number of iterations where it is known whatever the sizes. */
export const constantIterations = (extent: Extent): number | null =>
  extent.kind === 'dim' ? constantValue(extent.dim) : null;

/** The extent of a loop that runs through all iterations of `outer` and in each through all of `inner`; null where it has no
 *  such form. */
export const mergedExtent = (outer: Loop, inner: Loop): Extent | null => {
  if (inner.extent.kind !== 'dim') return null;
  const { dim } = inner.extent;
  const by = constantValue(dim);
  switch (outer.extent.kind) {
    case 'dim':
      return extentOf(multiply(outer.extent.dim, dim));
    case 'tile':
      return by === null || by === 0
        ? null
        : { ...outer.extent, of: scale(outer.extent.of, by), size: outer.extent.size * by };
    case 'tiles':
      return null;
  }
};
