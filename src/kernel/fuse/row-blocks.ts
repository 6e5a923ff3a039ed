// Row blocks: neighbouring nests that are aligned on one loop of rows become one loop over tiles of rows, so that what one makes
// and another reads stays in the cache and is as large as a tile. In: lowered kernels. Out: kernels in which every list of
// statements (of the program, of serial loops, of whiles) has its row blocks.
import { evaluate, print, type Dim } from '../../tensor/dims.ts';
import { Fresh } from '../fresh.ts';
import type { BufferId, KernelProgram, KernelTarget, Loop, Statement } from '../kernel.ts';
import { visitStatements } from '../visit.ts';
import { effectsOf } from './dependences.ts';
import { asItem, listOf, tryRows, type Item, type Place } from './row-groups.ts';
import { unitsOf } from './units.ts';

export const rowBlocks = (kernels: KernelProgram, target: KernelTarget): KernelProgram => {
  if (!target.rowBlocks) return kernels;
  const fresh = new Fresh(kernels);
  const accesses = new Map<BufferId, number>();
  for (const [id, touched] of effectsOf(kernels.body).buffers) accesses.set(id, touched.accesses.length);
  return fresh.finish(blocksOf(kernels.body, { target, fresh, accesses }));
};

interface Program {
  readonly target: KernelTarget;
  readonly fresh: Fresh;
  /** How often a buffer is accessed in the whole program. */
  readonly accesses: ReadonlyMap<BufferId, number>;
}

/** The list with blocks over the rows that save most, then over the next, and so on; then the lists inside of what is left. */
const blocksOf = (list: readonly Statement[], program: Program): readonly Statement[] => {
  let current = listOf(unitsOf(list).map(asItem));
  const place: Place = { ...program, own: ownBuffers(current.items, program) };
  const ranked = candidateRows(list, program.target)
    .map((rows) => ({ rows, trial: tryRows(rows, current, place) }))
    .filter(({ trial }) => trial.saves > 0)
    .sort((a, b) => b.trial.saves - a.trial.saves);
  for (const [rank, { rows, trial }] of ranked.entries())
    current = (rank === 0 ? trial : tryRows(rows, current, place)).build();
  return current.items.flatMap(({ unit, block }) =>
    block ? unit.statements : unit.statements.map((s) => blocksInside(s, program)),
  );
};

const blocksInside = (s: Statement, program: Program): Statement => {
  switch (s.kind) {
    case 'loop':
      return s.role === 'serial' ? { ...s, body: blocksOf(s.body, program) } : s;
    case 'while':
      return { ...s, test: blocksOf(s.test, program), body: blocksOf(s.body, program) };
    case 'if':
      return { ...s, then: blocksOf(s.then, program) };
    default:
      return s;
  }
};

const ownBuffers = (items: readonly Item[], { accesses }: Program): ReadonlySet<BufferId> => {
  const counts = new Map<BufferId, number>();
  for (const { unit } of items)
    for (const [id, touched] of unit.effects.buffers) counts.set(id, (counts.get(id) ?? 0) + touched.accesses.length);
  return new Set([...counts].filter(([id, count]) => accesses.get(id) === count).map(([id]) => id));
};

/** A tile has 8 rows or more, and there are several. */
const FEWEST_ROWS = 16;

/** Extents of loops in the list that are long enough to be cut, the longest first: rows are many. */
const candidateRows = (list: readonly Statement[], target: KernelTarget): readonly Dim[] => {
  const found = new Map<string, { readonly dim: Dim; readonly count: number }>();
  const note = ({ extent }: Loop): void => {
    if (extent.kind !== 'dim') return;
    const key = print(extent.dim);
    if (!found.has(key)) found.set(key, { dim: extent.dim, count: evaluate(extent.dim, target.sizes) });
  };
  visitStatements(list, {
    statement: (s) => {
      if (s.kind === 'loop') note(s.loop);
      else if (s.kind === 'reduce') s.loops.forEach(note);
      else if (s.kind === 'product') [s.rows, s.columns, s.inner].forEach(note);
    },
  });
  return [...found.values()]
    .filter(({ count }) => count >= FEWEST_ROWS)
    .sort((a, b) => b.count - a.count)
    .map(({ dim }) => dim);
};
