// Operations of statements under known sizes. In: statements. Out: a number, for choices that only cost.
import type { Expr, Loop, Statement } from '../kernel.ts';
import { iterations } from '../extents.ts';
import { workOfExpr } from '../work.ts';

type Sizes = Readonly<Record<string, number>>;

const perSoftMin = 13;
/** Of a routine, whose numbers are of two floats. */
const perRoutineEntry = 200;

export const iterationsOf = (loops: readonly Loop[], sizes: Sizes): number =>
  loops.reduce((n, loop) => n * iterations(loop.extent, sizes), 1);

const exprWork = (expr: Expr): number => 1 + workOfExpr(expr);

/** Of one run by one invocation, whiles taking as many steps as they may. `entries` of a buffer. */
export const workOfStatements = (
  statements: readonly Statement[],
  sizes: Sizes,
  entries: (buffer: number) => number,
): number => {
  const all = (list: readonly Statement[]): number => list.reduce((sum, s) => sum + of(s), 0);
  const of = (s: Statement): number => {
    switch (s.kind) {
      case 'loop':
        return iterationsOf([s.loop], sizes) * (1 + all(s.body));
      case 'reduce': {
        const lets = s.lets.reduce((sum, { value }) => sum + workOfExpr(value), 0);
        const each = s.accumulators.reduce((sum, a) => sum + exprWork(a.value) + (a.op === 'soft-min' ? perSoftMin : 1), lets); // prettier-ignore
        return iterationsOf(s.loops, sizes) * each;
      }
      case 'let':
        return workOfExpr(s.value);
      case 'store':
        return exprWork(s.value);
      case 'if':
        return exprWork(s.test) + all(s.then);
      case 'product':
        return 4 * iterationsOf([s.rows, s.columns, s.inner], sizes);
      case 'routine':
        return perRoutineEntry * s.args.reduce((sum, id) => sum + entries(id), 0);
      case 'while':
        return iterationsOf([s.loop], sizes) * (all(s.test) + all(s.body));
    }
  };
  return all(statements);
};
