// Elementwise loops in tiles: threads take tiles, a tile is a vector loop that stays in the cache, and between tiles it can be seen
// whether the caller gave up. In: kernels. Out: the same with long parallel loops over plain statements cut up.
import { constant, constantValue } from '../../tensor/dims.ts';
import { Fresh } from '../fresh.ts';
import { addIndex, ofLoop, scaleIndex } from '../index-arithmetic.ts';
import type { KernelProgram, Statement } from '../kernel.ts';
import { loopsBy, mapStatements } from '../transform.ts';
import { usualTuning, type Tuning } from '../tuning.ts';

export const tileLoops = (
  kernels: KernelProgram,
  { tuning = usualTuning }: { readonly tuning?: Tuning } = {},
): KernelProgram => {
  const fresh = new Fresh(kernels);
  const inside = (list: readonly Statement[]): readonly Statement[] =>
    list.map((s): Statement => {
      if (s.kind === 'while') return { ...s, test: inside(s.test), body: inside(s.body) };
      if (s.kind !== 'loop') return s;
      return s.role === 'serial' ? { ...s, body: inside(s.body) } : tiled(s, fresh, tuning.tileEntries);
    });
  return fresh.finish(inside(kernels.body));
};

const tiled = (s: Extract<Statement, { kind: 'loop' }>, fresh: Fresh, size: number): Statement => {
  const { extent } = s.loop;
  if (extent.kind !== 'dim' || s.scratch.length + s.privates.length > 0) return s;
  if ((constantValue(extent.dim) ?? Infinity) <= size) return s;
  if (s.body.some((inner) => inner.kind !== 'let' && inner.kind !== 'store')) return s;
  const [tile, entry] = [fresh.loop(), fresh.loop()];
  const whole = addIndex(scaleIndex(ofLoop(tile), constant(size)), ofLoop(entry));
  const body = mapStatements(s.body, loopsBy(new Map([[s.loop.id, whole]])));
  const inner: Statement = {
    kind: 'loop',
    loop: { id: entry, extent: { kind: 'tile', of: extent.dim, tile, size } },
    role: 'parallel',
    scratch: [],
    privates: [],
    body,
  };
  return { ...s, loop: { id: tile, extent: { kind: 'tiles', of: extent.dim, size } }, body: [inner] };
};
