// In: a sketch and where its nodes are. Out: on which side of each factor or dot its label stands: where no line leaves, and no
// neighbour is near.
import { grow, overlap } from './geometry.ts';
import type { Side } from './layout-form.ts';
import { labelRect, shapeRect, sides } from './layout-form.ts';
import type { Sketch } from './sketch.ts';
import { isDot } from './style.ts';

/** What each side costs by itself: labels of squares are best on the right, those of dots above. */
const corners = { 'above-right': 0.6, 'below-right': 0.65, 'above-left': 0.7, 'below-left': 0.75 } as const;
const liking: Readonly<Record<'factor' | 'dot', Readonly<Record<Side, number>>>> = {
  factor: { right: 0, above: 0.2, below: 0.25, left: 0.3, ...corners },
  dot: { above: 0, right: 0.1, left: 0.15, below: 0.3, ...corners },
};

/** The directions, in degrees from the right turning down, in which a line would run through the label. */
const sectors: Readonly<Record<Side, readonly [from: number, to: number]>> = {
  right: [-24, 24],
  left: [156, 204],
  above: [-152, -28],
  below: [28, 152],
  'above-right': [-80, -8],
  'below-right': [8, 80],
  'above-left': [-172, -100],
  'below-left': [100, 172],
};

export const labelSides = (sketch: Sketch, x: ArrayLike<number>, y: ArrayLike<number>): readonly Side[] => {
  const number = new Map(sketch.nodes.map((n, i) => [n.id, i]));
  return sketch.nodes.map((n, i): Side => {
    const ends = sketch.edges.flatMap((e) => {
      const [a, b] = [number.get(e.factor)!, number.get(e.variable)!];
      return a === i ? [b] : b === i ? [a] : [];
    });
    const cost = (side: Side): number => {
      const [from, to] = sectors[side];
      let sum = liking[isDot(n) ? 'dot' : 'factor'][side];
      for (const end of ends) {
        const angle = (Math.atan2(y[end]! - y[i]!, x[end]! - x[i]!) * 180) / Math.PI;
        if ((angle > from && angle < to) || (angle + 360 > from && angle + 360 < to)) sum += 3;
      }
      const label = labelRect(n, { at: { x: x[i]!, y: y[i]! }, side });
      const covered = sketch.nodes.some((m, j) => {
        const rect = shapeRect(m, { at: { x: x[j]!, y: y[j]! }, side: 'right' });
        return j !== i && label !== null && overlap(label, grow(rect, 6));
      });
      return covered ? sum + 0.5 : sum;
    };
    return sides.toSorted((a, b) => cost(a) - cost(b))[0]!;
  });
};
