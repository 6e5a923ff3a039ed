// Rough operations of statements. In: statements. Out: a polynomial of the sizes, for choices that only cost (threads or not).
import { add, constant, multiply, product, scale, type Dim } from '../../tensor/dims.ts';
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import type { Buffer, Expr, Extent, Statement } from '../kernel.ts';
import { visitExpr } from '../transform.ts';

const perLoad = 1;
const perRandom = 60;
const perSoftMin = elementwiseTable.exp.flops + 3;
/** Of a while, whose steps nobody knows. */
const steps = 10;
const perRoutineEntry = 10;

/** Of one evaluation. */
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

const one = constant(1);
const sum = (dims: readonly Dim[]): Dim => dims.reduce(add, []);

/** Iterations of a loop, in such a way that tiles and the entries in them together are all entries. */
const count = (extent: Extent): Dim => {
  switch (extent.kind) {
    case 'dim':
      return extent.dim;
    case 'tiles':
      return one;
    case 'tile':
      return extent.of;
  }
};

export const workOf = (statements: readonly Statement[], buffers: readonly Buffer[]): Dim => {
  const of = (s: Statement): Dim => {
    switch (s.kind) {
      case 'loop':
        return multiply(count(s.loop.extent), workOf(s.body, buffers));
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
        return constant(workOfExpr(s.test) + 1);
      case 'product':
        return product([s.rows, s.columns, s.inner].map((l) => count(l.extent)));
      case 'routine':
        return scale(sum(s.args.map((id) => product(buffers[id]!.shape))), perRoutineEntry);
      case 'while':
        return scale(add(workOf(s.test, buffers), workOf(s.body, buffers)), steps);
    }
  };
  return sum(statements.map(of));
};
