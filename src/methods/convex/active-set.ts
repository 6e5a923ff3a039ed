// The end of a descent by ADMM where all parts are piecewise linear: what stands at a kink or a bound is taken to stay there, which
// leaves one linear system (the polish of OSQP: Stellato, Banjac, Goulart, Bemporad, Boyd 2020, section 4), and the multipliers then
// say what else stands there: semismooth Newton steps (Hintermüller, Ito, Kunisch 2003). In: a split problem, a point with
// multipliers. Out: a point and multipliers that are exact once the guess is right; nothing is lost where it is not.
import { withBindings } from '../../lower/environment.ts';
import type { Environment } from '../../lower/environment.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import { splitUnknowns, solveQuadratic } from '../quadratic/solve.ts';
import { assemble } from '../quadratic/system.ts';
import type { Weighting } from './admm.ts';
import type { Arrays } from './parts.ts';
import type { SplitPart } from './split-parts.ts';
import type { SplitProblem } from './splits.ts';
import { beforeName, pinnedNames, ridgeName } from './splits.ts';

type Values = readonly Value[];

export interface ActivePoint {
  readonly arrays: Arrays;
  readonly v: Values;
  readonly multipliers: Values;
}

/** Weights of entries that stand, in units of ρ, one linear system each. Large ones hold them at their places whatever the
 *  multipliers, but multiply the rounding of the places into the multipliers: these are made once more with small ones. */
const holding = 100;
const standing = [holding, holding, holding, holding, holding, holding, 10, 1];
/** Of those that move: it keeps the system regular, and is forgotten from system to system. */
const moving = 1e-5;

/** null where the problem has parts of another kind. `env` has the model of the split problem and its data bound. */
export const activeSetSteps = (
  c: Builder,
  env: Environment,
  { splits, variables, pinned }: SplitProblem,
  parts: readonly SplitPart[],
  { rho, ridge }: Weighting,
  from: ActivePoint,
): ActivePoint | null => {
  if (pinned === null) return null;
  const [n, m] = [variables.length, splits.length];
  const named = (values: Values): Arrays => new Map(variables.map((v, i) => [v.name, values[i]!] as const));
  const list = (arrays: Arrays): Values => variables.map((v) => arrays.get(v.name)!);
  const { carry } = c.scan(
    {
      length: dims.constant(standing.length),
      carry: [...list(from.arrays), ...from.v, ...from.multipliers],
      xs: [c.literal(standing, [standing.length])],
    },
    (d, values, [hold]) => {
      const [x, v, theta] = [named(values.slice(0, n)), values.slice(n, n + m), values.slice(n + m)];
      const stands = parts.map((p, i) => p.isPinned(d, v[i]!));
      const weights = stands.map((s) => d.mul(rho, d.select(s, hold!, moving)));
      const targets = parts.map((p, i) => d.select(stands[i]!, v[i]!, p.image(d, x)));
      const bound = withBindings({ ...env, builder: d }, [
        [ridgeName, { kind: 'given', value: ridge }],
        ...variables.map((u) => [beforeName(u), { kind: 'given', value: x.get(u.name)! }] as const),
        ...splits.flatMap((s, i) => {
          const names = pinnedNames(s);
          return [
            [names.weight, { kind: 'given', value: weights[i]! }],
            [names.target, { kind: 'given', value: targets[i]! }],
            [names.multiplier, { kind: 'given', value: theta[i]! }],
          ] as const;
        }),
      ]);
      const system = assemble(bound, variables, pinned.layout, pinned.polynomials, () => null);
      const next = splitUnknowns(
        bound,
        pinned.layout,
        variables,
        solveQuadratic(bound, pinned.layout, system).minimiser,
      );
      const images = parts.map((p) => p.image(d, next));
      const raised = theta.map((t, i) =>
        d.add(t, d.select(stands[i]!, d.mul(weights[i]!, d.sub(images[i]!, v[i]!)), 0)),
      );
      const at = raised.map((t, i) => d.add(images[i]!, d.div(t, rho)));
      const near = parts.map((p, i) => p.near(d, at[i]!, rho));
      const holds = d.ge(hold!, holding);
      const kept = (fresh: Values, old: Values): Values => fresh.map((f, i) => d.select(holds, f, old[i]!));
      const slopes = at.map((p, i) => d.mul(rho, d.sub(p, near[i]!)));
      return { carry: [...kept(list(next), list(x)), ...kept(near, v), ...kept(slopes, raised)] };
    },
  );
  return { arrays: named(carry.slice(0, n)), v: carry.slice(n, n + m), multipliers: carry.slice(n + m) };
};
