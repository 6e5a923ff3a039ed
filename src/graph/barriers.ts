// Where an energy that is smooth inside the domain of its unknowns need not be finite, or need not have a slope: the logarithm at
// the end of an interval, or beyond it. In: an expression with lets inlined, ranges of values. Out: whether such a place may exist.
import type { BuiltinName } from '../semantics/builtins.ts';
import { writtenNumber } from '../semantics/builtin.ts';
import type { Expr } from '../semantics/model.ts';
import { logProbabilityOf } from './curvature.ts';
import { dependsOn, visit } from './expressions.ts';
import type { ValueRange } from './value-range.ts';

type Call = Expr & { readonly kind: 'call' };

interface Edge {
  /** Which argument has to stay away from it. */
  readonly argument: number;
  readonly reaches: (range: ValueRange, call: Call) => boolean;
}

const notPositive = (range: ValueRange): boolean => range.low <= 0;
const holdsZero = (range: ValueRange): boolean => range.low <= 0 && range.high >= 0;

/** Functions not listed are finite, with finite slopes, at every finite argument. */
const edges: Readonly<Partial<Record<BuiltinName, Edge>>> = {
  log: { argument: 0, reaches: (range, call) => logProbabilityOf(call) === null && notPositive(range) },
  log1p: { argument: 0, reaches: (range) => range.low <= -1 },
  lgamma: { argument: 0, reaches: notPositive },
  sqrt: { argument: 0, reaches: notPositive },
  entropy: { argument: 0, reaches: notPositive },
  div: { argument: 1, reaches: holdsZero },
  pow: {
    argument: 0,
    reaches: (range, call) => {
      const exponent = writtenNumber(call.args[1]!);
      if (exponent !== null && Number.isInteger(exponent)) return exponent < 0 && holdsZero(range);
      return notPositive(range);
    },
  },
};

export const hasBarrier = (energy: Expr, unknowns: ReadonlySet<string>, range: (expr: Expr) => ValueRange): boolean => {
  let found = false;
  visit(energy, (e) => {
    if (found || e.kind !== 'call') return;
    const edge = edges[e.fn];
    if (edge === undefined) return;
    const argument = e.args[edge.argument]!;
    found = dependsOn(argument, unknowns) && edge.reaches(range(argument), e);
  });
  return found;
};
