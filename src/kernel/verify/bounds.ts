// Accesses that leave their buffer whatever the sizes. In: kernels. Out: problems. Judged are accesses that are sure to happen and
// affine in loops of constant extents; all others are judged when they run (interpret.ts).
import { constantValue, product } from '../../tensor/dims.ts';
import { offsetOf } from '../index-arithmetic.ts';
import type { Access, Expr, KernelProgram, Loop, LoopId, Statement } from '../kernel.ts';
import { printAccess } from '../print-expressions.ts';

/** How often the loops in sight run; null where that is not known. */
type Extents = ReadonlyMap<LoopId, number | null>;

const withLoops = (extents: Extents, loops: readonly Loop[]): Extents =>
  new Map([
    ...extents,
    ...loops.map(({ id, extent }) => [id, extent.kind === 'dim' ? constantValue(extent.dim) : null] as const),
  ]);

/** The smallest and largest offset; null where they are not known, or the access never happens. */
const rangeOf = (access: Access, extents: Extents): readonly [number, number] | null => {
  const offset = offsetOf(access);
  const start = constantValue(offset.constant);
  if (start === null) return null;
  let [least, most] = [start, start];
  for (const { coef, atom } of offset.terms) {
    const [by, count] = [constantValue(coef), atom.kind === 'loop' ? (extents.get(atom.loop) ?? null) : null];
    if (by === null || count === null) return null;
    least += Math.min(0, by * (count - 1));
    most += Math.max(0, by * (count - 1));
  }
  return [least, most];
};

/** Loads that happen whenever the expression is computed: not those of a `within`, nor those that only a computed index reads. */
const sureLoads = (expr: Expr): readonly Access[] => {
  switch (expr.kind) {
    case 'load':
      return [expr.from];
    case 'map':
      return expr.args.flatMap(sureLoads);
    case 'cast':
      return sureLoads(expr.of);
    case 'random':
      return [...sureLoads(expr.seed), ...sureLoads(expr.step)];
    case 'number':
    case 'index':
    case 'local':
    case 'within':
      return [];
  }
};

export const checkBounds = ({ body, buffers }: KernelProgram, report: (problem: string) => void): void => {
  const counts = buffers.map(({ shape }) => constantValue(product(shape)));
  const check = (access: Access, extents: Extents): void => {
    const count = counts[access.buffer] ?? null;
    if (count === null || access.at.length !== access.strides.length || [...extents.values()].includes(0)) return;
    const range = rangeOf(access, extents);
    if (range !== null && (range[0] < 0 || range[1] >= count))
      report(`${printAccess(access)} goes from ${range[0]} to ${range[1]}, %${access.buffer} has ${count} entries`);
  };
  const inside = (list: readonly Statement[], extents: Extents): void => {
    const checkAll = (expr: Expr, within: Extents): void => sureLoads(expr).forEach((from) => check(from, within));
    for (const statement of list)
      switch (statement.kind) {
        case 'loop':
          inside(statement.body, withLoops(extents, [statement.loop]));
          break;
        case 'reduce': {
          const within = withLoops(extents, statement.loops);
          for (const { value } of [...statement.lets, ...statement.accumulators]) checkAll(value, within);
          break;
        }
        case 'let':
          checkAll(statement.value, extents);
          break;
        case 'store':
          checkAll(statement.value, extents);
          check(statement.to, extents);
          break;
        case 'product': {
          const within = withLoops(extents, [statement.rows, statement.columns, statement.inner]);
          for (const access of [statement.out, statement.left, statement.right]) check(access, within);
          break;
        }
        // What an `if` guards may be out of bounds elsewhere, and a `while` may end before it comes to a step.
        case 'if':
        case 'while':
        case 'routine':
          break;
      }
  };
  inside(body, new Map());
};
