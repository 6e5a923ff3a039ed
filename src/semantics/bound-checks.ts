// Proves that an index stays inside an axis. In: a typed index and the half-open range of the axis. Out: true, with a requirement
// on the sizes where only they can decide; or false with EBM401 or EBM402 reported at the index.
import type { Span } from '../diagnostics/diagnostic.ts';
import { diagnoseGraph } from '../diagnostics/messages/graph.ts';
import { add, constant, print, scale, subtract, type Dim } from '../tensor/dims.ts';
import {
  asDim,
  highest,
  intervalOf,
  linearOf,
  lowest,
  minus,
  ofDim,
  proveNonNegative,
  type Verdict,
} from './bounds.ts';
import type { Expr } from './model.ts';
import type { Context } from './session.ts';
import { describeType } from './types.ts';

interface AxisRange {
  readonly from: Dim;
  readonly to: Dim;
}

export const checkWithin = (context: Context, index: Expr, axis: AxisRange, span: Span): boolean => {
  const { session } = context;
  const position = linearOf(index, session.known);
  const last = subtract(axis.to, constant(1));
  const above = proveNonNegative(minus(position, ofDim(axis.from)), context.facts);
  const below = proveNonNegative(minus(ofDim(last), position), context.facts);
  const verdicts: readonly Verdict[] = [above, below];
  if (verdicts.some((v) => v.kind === 'unbounded')) {
    session.report(
      diagnoseGraph('EBM402', span, { found: describeType(index.type), from: print(axis.from), to: print(axis.to) }),
    );
    return false;
  }
  if (verdicts.some((v) => v.kind === 'fails')) {
    const show = (d: Dim | null): string => (d === null ? '…' : print(d));
    const hint = shiftHint(context, index, axis);
    const parameters = {
      low: show(lowest(position)),
      high: show(highest(position)),
      from: print(axis.from),
      last: print(last),
    };
    session.report(diagnoseGraph('EBM401', span, hint === null ? parameters : { ...parameters, hint }));
    return false;
  }
  const end = highest(position);
  if (verdicts.some((v) => v.kind === 'depends') && end !== null) session.meet([add(end, constant(1))], [axis.to]);
  for (const verdict of verdicts)
    if (verdict.kind === 'depends')
      session.requirements.push({
        left: scale(
          verdict.on.filter((t) => t.coef < 0),
          -1,
        ),
        relation: '<=',
        right: verdict.on.filter((t) => t.coef > 0),
        why: 'an index must stay inside its axis',
        span,
      });
  return true;
};

/** For `t + c`: the range of t that keeps it inside, `t in 0..T - 1`. */
const shiftHint = (context: Context, index: Expr, axis: AxisRange): string | null => {
  const { known } = context.session;
  const find = (e: Expr): Expr | null =>
    e.kind === 'index' ? e : e.kind === 'call' ? (e.args.map(find).find((f) => f !== null) ?? null) : null;
  const loop = find(index);
  if (loop === null || loop.kind !== 'index') return categoryHint(context, index, axis);
  const shift = asDim(minus(linearOf(index, known), linearOf(loop, known)));
  const binder = context.session.binders.get(loop.id);
  if (shift === null || binder === undefined) return null;
  const interval = intervalOf(loop, known);
  const low = subtract(axis.from, shift);
  const end = subtract(axis.to, shift);
  const tighter = (a: Dim, b: Dim | null, most: boolean): Dim => {
    if (b === null) return a;
    const difference = subtract(a, b);
    const value =
      difference.length === 0
        ? 0
        : difference.length === 1 && difference[0]!.sizes.length === 0
          ? difference[0]!.coef
          : null;
    return value === null ? a : most === value > 0 ? a : b;
  };
  const from = tighter(low, interval.low, true);
  const to = tighter(end, interval.high === null ? null : add(interval.high, constant(1)), false);
  return `let the index run over \`${binder.name} in ${print(from)}..${print(to)}\``;
};

const categoryHint = (_context: Context, index: Expr, axis: AxisRange): string | null =>
  index.kind === 'number' || index.kind === 'dim'
    ? `the last index is ${print(subtract(axis.to, constant(1)))}`
    : 'keep it inside with `clamp`, `min`, `max` or `mod`';
