// scatter-add: zeros, then every update added where its index says. In: the instruction. Out: two nests. Updates of one index may
// collide, so the loops over the indices are serial; those over the other axes are parallel.
import type { Instr } from '../../tensor/program.ts';
import { inLoops } from '../in-loops.ts';
import type { Loop } from '../kernel.ts';
import type { Scope } from './context.ts';
import { indexOf } from './expressions.ts';
import { addingPlace, copyNest, iterate, shareForStores, storesTo } from './nests.ts';
import type { Target } from './places.ts';
import { Entries } from './values.ts';

export const lowerScatterAdd = (
  scope: Scope,
  { out, updates, indices, axis }: Extract<Instr, { op: 'scatter-add' }>,
  targets: readonly Target[],
): void => {
  const { context, program } = scope;
  const [first, ...others] = targets;
  const { shape } = program.values[out[0]]!;
  const sums = addingPlace(scope, shape, first!);
  const rank = program.values[indices]!.shape.length;
  const made = iterate(
    context,
    program.values[updates]!.shape,
    (at) => {
      const entries = new Entries(context);
      return [entries.at(scope, updates, at), entries.at(scope, indices, at.slice(axis, axis + rank))] as const;
    },
    (expressions) => expressions,
  );
  const [update, index] = made.result;
  const to = made.indices.toSpliced(axis, rank, indexOf(index));
  const { lets, values } = shareForStores(context, update, 1);
  const body = [...lets, ...storesTo(context, [sums], to, values)];
  const loops = (from: number, to?: number): readonly Loop[] => made.loops.slice(from, to).flat();
  const colliding = inLoops(loops(axis, axis + rank), inLoops(loops(axis + rank), body), 'serial');
  scope.statements.push(...inLoops(loops(0, axis), colliding));
  copyNest(scope, shape, sums.place, others);
};
