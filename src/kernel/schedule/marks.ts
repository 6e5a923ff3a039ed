// The marks that a renderer follows: which innermost loops run as vectors, and how much work an outermost parallel loop is. In:
// kernels whose loops are in their order. Out: the same, marked.
import { constantIterations } from '../extents.ts';
import type { Buffer, KernelProgram, Loop, Statement } from '../kernel.ts';
import { stepOf, visitStatements } from '../visit.ts';
import { workOf } from '../work.ts';

type Reduce = Extract<Statement, { kind: 'reduce' }>;

/** Shorter loops are as fast by themselves. */
const leastVector = 8;

export const markLoops = (kernels: KernelProgram): KernelProgram => ({
  ...kernels,
  body: kernels.body.map((s) => marked(s, kernels.buffers, true)),
});

const marked = (s: Statement, buffers: readonly Buffer[], outermost: boolean): Statement => {
  const inside = (list: readonly Statement[], outer: boolean): readonly Statement[] =>
    list.map((inner) => marked(inner, buffers, outer));
  switch (s.kind) {
    case 'loop': {
      const body = inside(s.body, outermost && s.role === 'serial');
      const work = outermost && s.role === 'parallel' ? { work: workOf([s], buffers) } : {};
      return { ...s, ...work, ...(s.vector === true || isVector(s) ? { vector: true as const } : {}), body };
    }
    case 'reduce':
      return isVectorReduction(s) ? { ...s, vector: true } : s;
    case 'if':
      return { ...s, then: inside(s.then, false) };
    case 'while':
      return { ...s, test: inside(s.test, outermost), body: inside(s.body, outermost) };
    default:
      return s;
  }
};

const isLong = (loop: Loop): boolean => (constantIterations(loop.extent) ?? Infinity) >= leastVector;

const isVector = (s: Extract<Statement, { kind: 'loop' }>): boolean =>
  s.role === 'parallel' &&
  s.scratch.length + s.privates.length === 0 &&
  isLong(s.loop) &&
  s.body.every((inner) => inner.kind === 'let' || inner.kind === 'store') &&
  followsMemory(s.body, s.loop);

/** Terms that follow each other in memory, or that are computed from nothing but what stands still. */
const isVectorReduction = (reduce: Reduce): boolean => {
  const innermost = reduce.loops.at(-1);
  return innermost !== undefined && isLong(innermost) && followsMemory([reduce], innermost);
};

/** Most accesses go on by one entry or stand still. */
const followsMemory = (statements: readonly Statement[], loop: Loop): boolean => {
  let [good, bad] = [0, 0];
  visitStatements(statements, {
    access: (access) => {
      const step = stepOf(access, loop.id);
      if (step === 1 || step === 0) good++;
      else bad++;
    },
  });
  return good >= bad;
};
