// Rough operations of statements, to tell what is worth a thread and how often to look up. In: statements. Out: a Dim, an upper
// guess: tiles count as full.
import { add, constant, multiply, product, type Dim } from '../../tensor/dims.ts';
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import { mostIterations } from '../extents.ts';
import type { Expr, Loop, Statement } from '../kernel.ts';
import { visitExpr } from '../transform.ts';

export const flopsOf = (expr: Expr): number => {
  let flops = 0;
  visitExpr(expr, {
    expr: (part) => {
      if (part.kind === 'map') flops += elementwiseTable[part.fn].flops;
      else if (part.kind === 'load') flops += 1;
      else if (part.kind === 'random') flops += 60;
    },
  });
  return flops;
};

/** Of a loop over tiles all entries, of the one within a tile nothing more. */
const times = (loops: readonly Loop[]): Dim =>
  product(loops.map(({ extent }) => (extent.kind === 'tile' ? constant(1) : mostIterations(extent))));

export const workOf = (statements: readonly Statement[]): Dim =>
  statements.reduce<Dim>((sum, statement) => add(sum, workOfOne(statement)), []);

const workOfOne = (statement: Statement): Dim => {
  switch (statement.kind) {
    case 'loop':
      return statement.work ?? multiply(times([statement.loop]), workOf(statement.body));
    case 'reduce': {
      const each = [...statement.lets, ...statement.accumulators].reduce((sum, { value }) => sum + flopsOf(value), 1);
      return multiply(times(statement.loops), constant(each + (statement.accumulators.some((a) => a.op === 'soft-min') ? 16 : 0))); // prettier-ignore
    }
    case 'let':
    case 'store':
      return constant(1 + flopsOf(statement.value));
    case 'if':
      return add(constant(flopsOf(statement.test)), workOf(statement.then));
    case 'product':
      // A packed product does some twenty multiplications in the time of one operation of other loops.
      return times([statement.rows, statement.columns, statement.inner]);
    case 'routine':
      return constant(100_000);
    case 'while':
      return multiply(times([statement.loop]), workOf(statement.body));
  }
};
