// The distributions, one table: read by the checker, the planner's documentation and the language reference.
// In: the families in distributions/. Out: `distributions`, and the normalised energy of a node under one.
import type { Distribution } from './distribution.ts';
import { discreteDistributions } from './distributions/discrete.ts';
import { positiveDistributions } from './distributions/positive.ts';
import { realLineDistributions } from './distributions/real-line.ts';
import type { Make } from './make.ts';
import type { Domain, Expr } from './model.ts';
import { isScalar } from './types.ts';

const families = { ...realLineDistributions, ...positiveDistributions, ...discreteDistributions };

export type DistributionName = keyof typeof families;
export const distributions: Readonly<Record<DistributionName, Distribution>> = families;
export const distributionNames = Object.keys(families) as readonly DistributionName[];

/** -log p(x) of a whole node: batch axes are summed. Arguments have the event's shape, or that of the whole node's batch before
 *  it, or are scalars. `domain` has the shape of x. */
export const energyOf = (name: DistributionName, x: Expr, args: readonly Expr[], domain: Domain, make: Make): Expr => {
  const distribution = distributions[name];
  if (distribution.form === 'array') return make.total(distribution.energy(x, args, make, domain));
  const batch = x.type.shape.slice(0, x.type.shape.length - distribution.eventRank(domain));
  return make.over('sum', batch, (...indices) => {
    const event: Domain = { ...domain, shape: domain.shape.slice(indices.length) };
    const one = args.map((arg, i) => {
      const own = distribution.parameters[i]!.shape(domain).length;
      return arg.type.shape.length > own && !isScalar(arg.type) ? make.at(arg, ...indices) : arg;
    });
    return distribution.energy(indices.length === 0 ? x : make.at(x, ...indices), one, make, event);
  });
};
