// Alternating minimisation as one program: descents from several starts. With hard latents a descent is Lloyd's algorithm (1982),
// with marginalised ones expectation-maximisation (Dempster, Laird, Rubin 1977; a partial M-step still never raises F, Neal and
// Hinton 1998); with continuous latents or none, block coordinate descent (alternating least squares, dictionary learning).
import { bestOf } from '../../optimizers/best-of.ts';
import { NOTHING } from '../../optimizers/trace.ts';
import type { Environment } from '../../lower/environment.ts';
import type { Builder, Value } from '../../tensor/builder.ts';
import * as dims from '../../tensor/dims.ts';
import type { AlternateProblem, Rung, Values } from './problem.ts';
import type { Descent } from './sweeps.ts';
import { beginning, descend, hasArrived, nowhere, packed, stateOf, unpacked } from './sweeps.ts';

export interface AlternateResult {
  readonly params: ReadonlyMap<string, Value>;
  /** Latents of iterative methods, where the last sweep left them: starts for whoever minimises them again. */
  readonly latents: ReadonlyMap<string, Value>;
  readonly objective: Value;
  readonly iterations: Value;
  /** 1 when the objective stood still before the last allowed iteration. */
  readonly converged: Value;
  /** Objective by iteration, of the best restart; 1e30 beyond the last. */
  readonly trace: Value;
}

export const lowerAlternate = (problem: AlternateProblem, env: Environment, seed: Value): AlternateResult => {
  const b = env.builder;
  const { rungs } = problem;
  const found =
    rungs.length > 1
      ? successiveHalving(problem, env, seed)
      : rungs[0]!.starts > 1
        ? everyStart(problem, env, seed, rungs[0]!)
        : descend(problem, env, beginning(problem, env, seed, b.constant(0)), b.constant(rungs[0]!.iterations));
  const named = stateOf(problem).map((v, i) => [v.name, found.state[i]!] as const);
  return {
    objective: found.objective,
    iterations: found.iterations,
    converged: hasArrived(b, found),
    trace: found.trace,
    params: new Map(named.slice(0, problem.params.length)),
    latents: new Map(named.slice(problem.params.length)),
  };
};

/** All starts to their ends, one after the other; the best is kept. */
const everyStart = (problem: AlternateProblem, env: Environment, seed: Value, rung: Rung): Descent =>
  unpacked(
    bestOf(env.builder, rung.starts, packed(nowhere(env.builder, problem)), (inner, restart) => {
      const here: Environment = { ...env, builder: inner };
      const from = beginning(problem, here, seed, restart);
      return packed(descend(problem, here, from, inner.constant(rung.iterations)));
    }),
  );

/** Successive halving (Jamieson, Talwalkar 2016): objectives after a few sweeps do not rank the ends, so the starts drop out by
 *  and by. One loop over turns, in each of which the start of some rank goes on: the program has one copy of a sweep. */
const successiveHalving = (problem: AlternateProblem, env: Environment, seed: Value): Descent => {
  const b = env.builder;
  const starts = problem.rungs[0]!.starts;
  const turns = problem.rungs.flatMap((rung) =>
    Array.from({ length: rung.starts }, (_, place) => ({ place, limit: rung.iterations })),
  );
  const column = (of: (turn: (typeof turns)[number]) => number): Value => b.literal(turns.map(of), [turns.length]);
  const length = dims.constant(starts);
  const { ys } = b.scan({ length, carry: [], xs: [b.iota([length], 0, 'float')] }, (inner, _, [restart]) => ({
    carry: [],
    ys: packed(beginning(problem, { ...env, builder: inner }, seed, restart!)),
  }));
  const { carry } = b.scan(
    {
      length: dims.constant(turns.length),
      // How the starts compared when the rung began, then where each stands.
      carry: [b.full([length], NOTHING), ...ys],
      xs: [column((t) => t.place), column((t) => t.limit)],
    },
    (inner, [standing, ...all], [place, limit]) => {
      const compared = inner.select(inner.lt(place!, 0.5), all[0]!, standing!);
      const chosen = ofRank(inner, compared, place!);
      const from = unpacked(rowAt(inner, all, chosen));
      const found = descend(problem, { ...env, builder: inner }, from, limit!);
      return {
        carry: [compared, ...withRow(inner, all, chosen, packed({ ...found, objective: finite(inner, found) }))],
      };
    },
  );
  const [, ...all] = carry;
  return unpacked(rowAt(b, all, b.argmin(all[0]!, 0)));
};

/** A start that is lost comes last. */
const finite = (b: Builder, { objective }: Descent): Value => b.select(b.lt(objective, NOTHING), objective, NOTHING);

/** The index of the value that `rank` others are before; of equals the first comes first. */
const ofRank = (b: Builder, values: Value, rank: Value): Value => {
  const n = values.shape[0]!;
  const [across, down] = [b.reshape(values, [dims.constant(1), n]), b.reshape(values, [n, dims.constant(1)])];
  const earlier = b.lt(b.iota([n, n], 1, 'float'), b.iota([n, n], 0, 'float'));
  const before = b.maximum(b.lt(across, down), b.mul(b.eq(across, down), earlier));
  return b.argmax(b.eq(b.sum(before, [1]), rank), 0);
};

const rowAt = (b: Builder, stacked: Values, index: Value): Values => stacked.map((s) => b.gather(s, index, 0));

const withRow = (b: Builder, stacked: Values, index: Value, row: Values): Values =>
  stacked.map((old, i) => {
    const own = b.eq(b.iota([old.shape[0]!], 0, 'int'), index);
    const mask = b.reshape(own, [old.shape[0]!, ...row[i]!.shape.map(() => dims.constant(1))]);
    return b.select(b.expand(mask, old.shape), b.expand(b.unsqueeze(row[i]!, [0]), old.shape), old);
  });
