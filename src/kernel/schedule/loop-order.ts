// Which of two nested loops goes inside: the one along which memory is read and written entry after entry. In: kernels. Out: the
// same with the loops of perfect parallel nests in that order.
import type { KernelProgram, LoopId, Statement } from '../kernel.ts';
import { stepOf, visitStatements } from '../visit.ts';

type LoopStatement = Extract<Statement, { kind: 'loop' }>;

export const orderLoops = (kernels: KernelProgram): KernelProgram => ({
  ...kernels,
  body: kernels.body.map(ordered),
});

const ordered = (s: Statement): Statement => {
  switch (s.kind) {
    case 'loop': {
      const nest = perfectNest(s);
      const body = nest.at(-1)!.body;
      const best = innermost(nest, body);
      // What goes inside leaves its place; the others keep their order.
      const order = [...nest.filter((l) => l !== best), best];
      return order.reduceRight<readonly Statement[]>(
        (inner, loop) => [{ ...loop, body: inner }],
        body.map(ordered),
      )[0]!;
    }
    case 'if':
      return { ...s, then: s.then.map(ordered) };
    case 'while':
      return { ...s, test: s.test.map(ordered), body: s.body.map(ordered) };
    default:
      return s;
  }
};

const isPlain = (loop: LoopStatement): boolean =>
  loop.role === 'parallel' && loop.scratch.length + loop.privates.length === 0 && loop.loop.extent.kind !== 'tiles';

/** Loops directly in each other that may change places. */
const perfectNest = (outer: LoopStatement): readonly LoopStatement[] => {
  const nest = [outer];
  if (!isPlain(outer)) return nest;
  for (
    let [inner] = outer.body, within = outer;
    within.body.length === 1 && inner?.kind === 'loop' && isPlain(inner);
  ) {
    nest.push(inner);
    within = inner;
    [inner] = inner.body;
  }
  return nest;
};

/** Only where statements are all elementwise: what has loops of its own runs along those. */
const innermost = (nest: readonly LoopStatement[], body: readonly Statement[]): LoopStatement => {
  const last = nest.at(-1)!;
  if (nest.length === 1 || body.some((s) => s.kind !== 'let' && s.kind !== 'store')) return last;
  const scores = nest.map((loop) => score(loop.loop.id, body));
  const most = Math.max(...scores);
  return scores.at(-1) === most ? last : nest[scores.indexOf(most)]!;
};

/** Accesses that go on by one entry, or stand still, from one iteration to the next; a store counts for two. */
const score = (loop: LoopId, body: readonly Statement[]): number => {
  let points = 0;
  visitStatements(body, {
    access: (access, reads) => {
      const step = stepOf(access, loop);
      points += (reads ? 1 : 2) * (step === 1 ? 2 : step === 0 ? 1 : 0);
    },
  });
  return points;
};
