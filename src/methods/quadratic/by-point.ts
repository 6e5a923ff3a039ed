// The free energies of the points of a plate, of which a quadratic block is a sum. In: the block's polynomials, layout and
// solution. Out: [points]; null where not all of the block runs along one plate.
import type { Environment } from '../../lower/environment.ts';
import { aligned } from '../../lower/named-tensor.ts';
import { labelAxis, lowerTerm } from '../../lower/polynomial.ts';
import type { Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { BlockFacts } from '../method.ts';
import type { GroupPolynomial, Layout } from './layout.ts';
import { coordinates } from './system.ts';
import type { QuadraticSolution } from './solve.ts';

/** `spread`: of the marginalised unknowns alone, with its layout; null where all are minimised. */
export const quadraticByPoint = (
  env: Environment,
  facts: BlockFacts,
  layout: Layout,
  polynomials: readonly GroupPolynomial[],
  solved: QuadraticSolution,
  spread: { readonly layout: Layout; readonly solution: QuadraticSolution; readonly beta: number } | null,
): Value | null => {
  const b = env.builder;
  const plate = facts.block[0]!.variable.binders[0];
  if (plate === undefined) return null;
  const shared = facts.block.every((v) => v.variable.binders[0]?.id === plate.id);
  if (!shared || facts.groups.some((g) => g.binders[0]?.id !== plate.id)) return null;
  const at = plateAxis(facts, layout);
  const inner = spread === null ? 0 : plateAxis(facts, spread.layout);
  if (at === null || inner === null) return null;
  const { half } = solved.along(at);
  const constants = polynomials.flatMap(({ polynomial }) =>
    polynomial.terms
      .filter((t) => t.unknown.length === 0)
      .map((t) => {
        const axis = labelAxis(plate.id, polynomial.ranges);
        return aligned(b, lowerTerm(env, t, polynomial.ranges, null, [plate.id]), [axis], true);
      }),
  );
  const whole = [half, ...constants].every((v) => dims.shapesEqual(v.shape, half.shape));
  if (!whole) return null;
  const minimum = constants.reduce((sum, c) => b.add(sum, c), half);
  if (spread === null) return minimum;
  const { logDet } = spread.solution.along(inner);
  // Unknown reals in each point.
  const count = b.div(spread.solution.count, b.dim(dims.subtract(plate.to, plate.from)));
  const volume = b.add(logDet, b.broadcast(b.mul(count, Math.log(spread.beta / (2 * Math.PI))), logDet.shape));
  return b.add(minimum, b.div(volume, 2 * spread.beta));
};

/** The batch axis of the system that is the first axis of all unknowns in the layout. */
const plateAxis = (facts: BlockFacts, layout: Layout): number | null => {
  const classes = new Set(
    facts.block.flatMap(({ variable }) => {
      const axes = layout.axes.get(variable.name);
      return axes === undefined ? [] : [axes[0]!];
    }),
  );
  const [id] = classes;
  if (classes.size !== 1 || id === null || id === undefined) return null;
  const variables = facts.block.map((v) => v.variable).filter((v) => layout.axes.has(v.name));
  const { shared } = coordinates(layout, variables);
  const at = shared.findIndex((a) => a.id === id);
  return at >= 0 && id !== layout.chain?.id ? at : null;
};
