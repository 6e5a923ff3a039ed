// `net T = ema(Enc, decay = 0.99)`: an exponential moving average. Its params are learned by nothing: they start as those of
// the net that they follow, and after each step of learning they become decay · T + (1 - decay) · Enc (Polyak and Juditsky
// 1992; He et al. 2020, equation 2). In: a model. Out: which param follows which.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Model } from '../../semantics/model.ts';

export interface Follower {
  /** Shape and domain are those of `follows`. */
  readonly param: string;
  /** Learned, or itself a follower that stands earlier in the list. */
  readonly follows: string;
  readonly decay: number;
}

/** In an order in which a net stands after the one that it follows. */
export const followersOf = (model: Model): readonly Follower[] => {
  const nets = new Map(model.nets.map((n) => [n.name, n]));
  const depthOf = (name: string): number => {
    const derived = nets.get(name)?.derived;
    return derived?.how === 'ema' ? 1 + depthOf(derived.from) : 0;
  };
  return model.nets
    .filter((n) => n.derived?.how === 'ema')
    .toSorted((a, b) => depthOf(a.name) - depthOf(b.name))
    .flatMap((net): readonly Follower[] => {
      const { from, decay } = net.derived!;
      const source = nets.get(from);
      // The same body: layers in the same order, each with the same params.
      if (source === undefined || source.params.length !== net.params.length)
        throw new InternalError(`${net.name} does not have the form of ${from}`);
      return net.params.map((param, i) => ({ param, follows: source.params[i]!, decay: decay! }));
    });
};

/** Nothing moves an average whose net is given: where it is not given itself, its params are those of the net. */
export const settledFollowers = (model: Model, given: ReadonlySet<string>): ReadonlyMap<string, string> => {
  const settled = new Map<string, string>();
  for (const { param, follows } of followersOf(model))
    if (!given.has(param) && (given.has(follows) || settled.has(follows)))
      settled.set(param, settled.get(follows) ?? follows);
  return settled;
};

/** Params that are not learned: those of moving averages. */
export const followerNames = (model: Model): ReadonlySet<string> => new Set(followersOf(model).map((f) => f.param));
