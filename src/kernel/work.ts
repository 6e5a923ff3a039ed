// Rough operations of statements, to tell what is worth a thread and how often to look up. In: statements. Out: a polynomial of the
// sizes; tiles count as full.
import { add, constant, multiply, product, scale, type Dim } from '../tensor/dims.ts';
import { elementwiseTable } from '../tensor/elementwise-table.ts';
import type { Buffer, Expr, Extent, Statement } from './kernel.ts';
import { visitExpr } from './visit.ts';

const perLoad = 1;
const perRandom = 60;
const perSoftMin = elementwiseTable.exp.flops + 3;
/** Of a while, whose steps nobody knows. */
const steps = 10;
const perRoutineEntry = 10;

/** Of one evaluation of an expression. */
export const workOfExpr = (expr: Expr): number => {
  let work = 0;
  visitExpr(expr, {
    expr: (e) => {
      if (e.kind === 'map') work += elementwiseTable[e.fn].flops;
      else if (e.kind === 'load') work += perLoad;
      else if (e.kind === 'random') work += perRandom;
    },
  });
  return work;
};

const sum = (dims: readonly Dim[]): Dim => dims.reduce(add, []);

/** Iterations of a loop, in such a way that tiles and the entries in them together are all entries. */
const count = (extent: Extent): Dim => {
  switch (extent.kind) {
    case 'dim':
      return extent.dim;
    case 'tiles':
      return constant(1);
    case 'tile':
      return extent.of;
  }
};

/** All operations of the statements; `buffers` of the program, whose shapes say how large routines are. */
export const workOf = (statements: readonly Statement[], buffers: readonly Buffer[]): Dim => {
  const of = (s: Statement): Dim => {
    switch (s.kind) {
      case 'loop':
        return s.work ?? multiply(count(s.loop.extent), workOf(s.body, buffers));
      case 'reduce': {
        const lets = s.lets.reduce((total, { value }) => total + workOfExpr(value), 0);
        const each = s.accumulators.reduce((total, a) => total + workOfExpr(a.value) + (a.op === 'soft-min' ? perSoftMin : 1), lets); // prettier-ignore
        return scale(product(s.loops.map((l) => count(l.extent))), each);
      }
      case 'let':
        return constant(workOfExpr(s.value));
      case 'store':
        return constant(workOfExpr(s.value) + 1);
      case 'if':
        // What stands in it is seldom computed (lower/guards.ts).
        return constant(workOfExpr(s.test) + 1);
      case 'product':
        // A packed product does some twenty multiplications in the time of one operation of other loops.
        return product([s.rows, s.columns, s.inner].map((l) => count(l.extent)));
      case 'routine':
        return scale(sum(s.args.map((id) => product(buffers[id]!.shape))), perRoutineEntry);
      case 'while':
        return scale(add(workOf(s.test, buffers), workOf(s.body, buffers)), steps);
    }
  };
  return sum(statements.map(of));
};
