// Nests that passes make anew. In: loops or a buffer, and what stands inside. Out: statements.
import { extentOf } from '../extents.ts';
import type { Fresh } from '../fresh.ts';
import { ofLoop, stridesOfShape } from '../index-arithmetic.ts';
import type { Access, BufferId, Loop, Statement } from '../kernel.ts';

/** The statements in nested parallel loops, the first outermost. */
export const inLoops = (loops: readonly Loop[], body: readonly Statement[]): readonly Statement[] =>
  loops.reduceRight<readonly Statement[]>(
    (inside, loop) => [{ kind: 'loop', loop, role: 'parallel', scratch: [], privates: [], body: inside }],
    body,
  );

/** A number in every entry. */
export const filled = (buffer: BufferId, value: number, fresh: Fresh): readonly Statement[] => {
  const { shape } = fresh.bufferOf(buffer);
  const loops = shape.map((dim): Loop => ({ id: fresh.loop(), extent: extentOf(dim) }));
  const to: Access = { buffer, at: loops.map((loop) => ofLoop(loop.id)), strides: stridesOfShape(shape) };
  return inLoops(loops, [{ kind: 'store', to, value: { kind: 'number', value, scalar: 'real' }, mode: 'set' }]);
};
