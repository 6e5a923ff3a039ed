// Nests that passes make anew. In: a buffer and a number. Out: statements.
import { extentOf } from '../extents.ts';
import type { Fresh } from '../fresh.ts';
import { inLoops } from '../in-loops.ts';
import { ofLoop, stridesOfShape } from '../index-arithmetic.ts';
import type { Access, BufferId, Loop, Statement } from '../kernel.ts';

/** A number in every entry. */
export const filled = (buffer: BufferId, value: number, fresh: Fresh): readonly Statement[] => {
  const { shape } = fresh.bufferOf(buffer);
  const loops = shape.map((dim): Loop => ({ id: fresh.loop(), extent: extentOf(dim) }));
  const to: Access = { buffer, at: loops.map((loop) => ofLoop(loop.id)), strides: stridesOfShape(shape) };
  return inLoops(loops, [{ kind: 'store', to, value: { kind: 'number', value, scalar: 'real' }, mode: 'set' }]);
};
