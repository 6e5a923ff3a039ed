// What statements do to buffers, and when two may not change places. In: statements. Out: their accesses by buffer, the locals
// they make and use, and whether two accesses can never meet. Buffers alias only where their ids are equal.
import { constantValue, equal, isOne, subtract } from '../../tensor/dims.ts';
import { subtractIndex } from '../index-arithmetic.ts';
import type { Access, BufferId, Index, LocalId, Statement } from '../kernel.ts';
import { printAtom } from '../print-expressions.ts';
import { visitStatements } from '../visit.ts';

export interface Touched {
  /** In program order. A routine, a flag and a count touch the whole buffer: an access without indices. */
  readonly accesses: { readonly access: Access; readonly reads: boolean }[];
  reads: boolean;
  writes: boolean;
}

export interface Effects {
  readonly buffers: ReadonlyMap<BufferId, Touched>;
  readonly makes: ReadonlySet<LocalId>;
  readonly uses: ReadonlySet<LocalId>;
}

export const effectsOf = (statements: readonly Statement[]): Effects => {
  const buffers = new Map<BufferId, Touched>();
  const [makes, uses] = [new Set<LocalId>(), new Set<LocalId>()];
  const touch = (access: Access, reads: boolean): void => {
    let touched = buffers.get(access.buffer);
    if (touched === undefined) buffers.set(access.buffer, (touched = { accesses: [], reads: false, writes: false }));
    touched.accesses.push({ access, reads });
    if (reads) touched.reads = true;
    else touched.writes = true;
  };
  const whole = (buffer: BufferId, reads: boolean): void => touch({ buffer, at: [], strides: [] }, reads);
  visitStatements(statements, {
    access: touch,
    expr: (expr) => void (expr.kind === 'local' && uses.add(expr.local)),
    statement: (s) => {
      if (s.kind === 'let') makes.add(s.local);
      else if (s.kind === 'reduce') for (const made of [...s.lets, ...s.accumulators]) makes.add(made.local);
      else if (s.kind === 'loop') {
        for (const { copy, into } of s.privates) {
          whole(copy, true);
          whole(into, false);
        }
      } else if (s.kind === 'routine') {
        for (const arg of s.args) whole(arg, true);
        for (const out of s.outs) whole(out, false);
      } else if (s.kind === 'while') {
        whole(s.flag, true);
        whole(s.flag, false);
        whole(s.count, false);
      }
    },
  });
  return { buffers, makes, uses };
};

/** Whether an index differs from another by something that is never 0, as long as the loops they share stand still. */
const alwaysDiffer = (a: Index, b: Index): boolean => {
  if (a.terms.length !== b.terms.length) return false;
  if (a.terms.every((term, i) => sameTerm(term, b.terms[i]!)))
    return (constantValue(subtract(a.constant, b.constant)) ?? 0) !== 0;
  const [x, y] = [a.terms[0]!, b.terms[0]!];
  if (a.terms.length !== 1 || x.atom.kind !== 'mod' || y.atom.kind !== 'mod') return false;
  // Parities of neighbouring numbers.
  if (constantValue(x.atom.by) !== 2 || constantValue(y.atom.by) !== 2) return false;
  if (!isOne(x.coef) || !isOne(y.coef) || !equal(a.constant, b.constant)) return false;
  const apart = subtractIndex(x.atom.of, y.atom.of);
  const constant = constantValue(apart.constant);
  return apart.terms.length === 0 && constant !== null && constant % 2 !== 0;
};

type Term = Index['terms'][number];

const sameTerm = (a: Term, b: Term): boolean => {
  if (!equal(a.coef, b.coef) || a.atom.kind !== b.atom.kind) return false;
  if (a.atom.kind === 'loop' && b.atom.kind === 'loop') return a.atom.loop === b.atom.loop;
  return printAtom(a.atom) === printAtom(b.atom);
};

/** Two accesses of one buffer, both made in one iteration of the loops that they share, never meet. */
export const disjoint = (a: Access, b: Access): boolean =>
  a.at.length === b.at.length && a.at.some((index, axis) => alwaysDiffer(index, b.at[axis]!));

/** Whether the order of what two do with one buffer matters. */
export const meet = (a: Touched, b: Touched): boolean =>
  (a.writes || b.writes) &&
  a.accesses.some((x) => b.accesses.some((y) => !(x.reads && y.reads) && !disjoint(x.access, y.access)));

/** The buffers for whose sake the order of two statements matters. */
export const conflicts = (first: Effects, second: Effects): readonly BufferId[] => {
  const [few, many] = first.buffers.size < second.buffers.size ? [first, second] : [second, first];
  const found: BufferId[] = [];
  for (const [buffer, a] of few.buffers) {
    const b = many.buffers.get(buffer);
    if (b !== undefined && meet(a, b)) found.push(buffer);
  }
  return found;
};
