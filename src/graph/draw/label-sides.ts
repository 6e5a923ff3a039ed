// In: a sketch and its cells. Out: on which side of each factor or dot its label stands: where no line leaves, and no
// neighbour is near.
import type { Side } from './layout-form.ts';
import { sides } from './layout-form.ts';
import type { Cells } from './place.ts';
import type { Sketch } from './sketch.ts';
import { isDot } from './style.ts';

/** What each side costs by itself: labels of squares are best on the right, those of dots above. */
const liking = {
  factor: { right: 0, left: 0.3, above: 0.2, below: 0.25 },
  dot: { above: 0, right: 0.1, left: 0.15, below: 0.3 },
} as const;

const directions: Readonly<Record<Side, readonly [number, number]>> = {
  right: [1, 0],
  left: [-1, 0],
  above: [0, -1],
  below: [0, 1],
};

/** Half the angle in which a line would run through the label: labels are wide and flat. */
const sector: Readonly<Record<Side, number>> = { right: 24, left: 24, above: 62, below: 62 };

/** Shape of a cell, for angles. */
const [across, down] = [84, 62];

export const labelSides = (sketch: Sketch, cells: Cells): readonly Side[] => {
  const number = new Map(sketch.nodes.map((n, i) => [n.id, i]));
  return sketch.nodes.map((n, i): Side => {
    const ends = sketch.edges.flatMap((e) => {
      const [a, b] = [number.get(e.factor)!, number.get(e.variable)!];
      return a === i ? [b] : b === i ? [a] : [];
    });
    const cost = (side: Side): number => {
      const [sx, sy] = directions[side];
      let sum: number = liking[isDot(n) ? 'dot' : 'factor'][side];
      for (const end of ends) {
        const [dx, dy] = [(cells.column[end]! - cells.column[i]!) * across, (cells.row[end]! - cells.row[i]!) * down];
        const angle = (Math.acos((dx * sx + dy * sy) / Math.hypot(dx, dy)) * 180) / Math.PI;
        if (angle < sector[side]) sum += 3;
      }
      const beside = sketch.nodes.some(
        (_, j) => cells.column[j] === cells.column[i]! + sx && cells.row[j] === cells.row[i]! + sy,
      );
      return beside ? sum + 0.5 : sum;
    };
    return sides.toSorted((a, b) => cost(a) - cost(b))[0]!;
  });
};
