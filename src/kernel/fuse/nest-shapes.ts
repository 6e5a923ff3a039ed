// What loop nests look like from outside, to tell which merge well. In: statements. Out: keys and judgements.
import { print } from '../../tensor/dims.ts';
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import type { Loop, Statement } from '../kernel.ts';
import { visitStatements } from '../visit.ts';

/** Equal for loops that run equally often in step. */
export const extentKey = ({ extent }: Loop): string => {
  switch (extent.kind) {
    case 'dim':
      return print(extent.dim);
    case 'tiles':
      return `tiles of ${extent.size} in ${print(extent.of)}`;
    case 'tile':
      return `tile ${extent.tile}`;
  }
};

/** The extents of loops that hold nothing but the next, and what the innermost holds: equal shapes stay perfect nests when
 *  merged, and run through memory in step. */
export const shapeOfNest = (s: Statement): string => {
  if (s.kind !== 'loop') return s.kind;
  const inner = s.body.length === 1 && s.body[0]!.kind === 'loop' ? shapeOfNest(s.body[0]!) : contents(s.body);
  return `${s.role} ${extentKey(s.loop)}, ${inner}`;
};

const contents = (list: readonly Statement[]): string =>
  list
    .flatMap((s) => {
      switch (s.kind) {
        case 'loop':
          return [`(${shapeOfNest(s)})`];
        case 'reduce':
          return [`reduce ${s.loops.map(extentKey).join(', ')}`];
        case 'product':
          return ['product'];
        default:
          return [];
      }
    })
    .join('; ');

/** Functions that are worth a vector of arguments at once. */
const COSTLY_FLOPS = 10;

const isStraight = (s: Statement): boolean =>
  s.kind === 'loop' && s.body.every(({ kind }) => kind === 'store' || kind === 'let');

const isCostly = (s: Statement): boolean => {
  let costly = false;
  visitStatements([s], {
    expr: (e) => {
      if (e.kind === 'random' || (e.kind === 'map' && elementwiseTable[e.fn].flops >= COSTLY_FLOPS)) costly = true;
    },
  });
  return costly;
};

/** A loop whose iterations make a vector, in one that has loops inside: the vector would be gone. */
export const mixesBadly = (a: Statement, b: Statement): boolean => {
  const [straightA, straightB] = [isStraight(a), isStraight(b)];
  return straightA !== straightB && isCostly(straightA ? a : b);
};
