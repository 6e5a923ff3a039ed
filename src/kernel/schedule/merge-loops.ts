// Two loops, one directly in the other, that run through memory as one: rows that follow each other without a gap need no loop of
// their own. In: kernels. Out: kernels with fewer and longer loops; loops of one iteration are gone. 22 binary axes, of which one
// is summed out, become the entries before it and those after it.
import { constant, equal, multiply } from '../../tensor/dims.ts';
import { constantIterations, mergedExtent } from '../extents.ts';
import { Fresh } from '../fresh.ts';
import { offsetOf, ofLoop, zero } from '../index-arithmetic.ts';
import type { Access, Index, KernelProgram, Loop, LoopId, Statement } from '../kernel.ts';
import { loopsBy, mapStatement, mapStatements } from '../transform.ts';
import { coefficientOf, visitStatements } from '../visit.ts';

type LoopStatement = Extract<Statement, { kind: 'loop' }>;
type Reduce = Extract<Statement, { kind: 'reduce' }>;

export const mergeLoops = (kernels: KernelProgram): KernelProgram => {
  const fresh = new Fresh(kernels);
  return fresh.finish(kernels.body.flatMap((statement) => mergedIn(statement, fresh)));
};

const mergedIn = (statement: Statement, fresh: Fresh): readonly Statement[] => {
  const inside = (list: readonly Statement[]): readonly Statement[] => list.flatMap((s) => mergedIn(s, fresh));
  switch (statement.kind) {
    case 'loop': {
      const body = inside(statement.body);
      if (isOnce(statement)) return mapStatements(body, loopsBy(new Map([[statement.loop.id, zero]])));
      return [mergedLoop({ ...statement, body }, fresh)];
    }
    case 'reduce':
      return [mergedReduce(statement, fresh)];
    case 'if':
      return [{ ...statement, then: inside(statement.then) }];
    case 'while':
      return [{ ...statement, test: inside(statement.test), body: inside(statement.body) }];
    default:
      return [statement];
  }
};

/** Its body may stand in its place. Locals that it makes stay unique, as they were. */
const isOnce = ({ loop, scratch, privates }: LoopStatement): boolean =>
  constantIterations(loop.extent) === 1 && scratch.length === 0 && privates.length === 0;

const mergedLoop = (outer: LoopStatement, fresh: Fresh): LoopStatement => {
  const [inner] = outer.body;
  if (outer.body.length !== 1 || inner?.kind !== 'loop' || inner.role !== outer.role) return outer;
  if (outer.scratch.length + inner.scratch.length + inner.privates.length > 0) return outer;
  const extent = mergedExtent(outer.loop, inner.loop);
  if (extent === null || !runsOn(inner.body, outer.loop, inner.loop)) return outer;
  const id = fresh.loop();
  const body = mapStatements(inner.body, asOne(outer.loop.id, inner.loop.id, id));
  return { ...outer, loop: { id, extent }, body };
};

const mergedReduce = (reduce: Reduce, fresh: Fresh): Reduce => {
  for (let i = reduce.loops.length - 2; i >= 0; i--) {
    const [outer, inner] = [reduce.loops[i]!, reduce.loops[i + 1]!];
    const extent = mergedExtent(outer, inner);
    if (extent === null || !runsOn([reduce], outer, inner)) continue;
    const id = fresh.loop();
    const loops = reduce.loops.toSpliced(i, 2, { id, extent });
    return mergedReduce({ ...(mapStatement(reduce, asOne(outer.id, inner.id, id)) as Reduce), loops }, fresh);
  }
  return reduce;
};

/** Whether every index that moves with the two loops moves as with one counter: by `inner` · extent from row to row. */
const runsOn = (statements: readonly Statement[], outer: Loop, inner: Loop): boolean => {
  if (inner.extent.kind !== 'dim') return false;
  const { dim } = inner.extent;
  let all = true;
  const look = (index: Index): void => {
    const [row, entry] = [coefficientOf(index, outer.id), coefficientOf(index, inner.id)];
    if (row === null || entry === null || !equal(row, multiply(entry, dim))) all = false;
  };
  visitStatements(statements, {
    access: (access) => look(offsetOf(access)),
    index: look,
    statement: (s) => {
      const extents = s.kind === 'loop' ? [s.loop] : s.kind === 'reduce' ? s.loops : [];
      if (extents.some((l) => l.extent.kind === 'tile' && (l.extent.tile === outer.id || l.extent.tile === inner.id)))
        all = false;
      // Its accesses are told by their three loops, not by one offset.
      if (s.kind === 'product') all = false;
    },
  });
  return all;
};

/** c · extent · outer + c · inner is c · one, wherever it stands: `outer` goes, `inner` is `one`. */
const asOne = (outer: LoopId, inner: LoopId, id: LoopId) => {
  const loops = loopsBy(new Map([[outer, zero], [inner, ofLoop(id)]])); // prettier-ignore
  const access = (moved: Access): Access => {
    const flat = offsetOf(moved);
    return flat.terms.some(({ atom }) => atom.kind === 'loop' && atom.loop === id)
      ? { ...moved, at: [flat], strides: [constant(1)] }
      : moved;
  };
  return { ...loops, access };
};
