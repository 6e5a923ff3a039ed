// Whether a statement writes every entry of a buffer before it reads any. In: a statement and a buffer. Out: yes, or not known.
import { constant, equal, multiply, product, scale, type Dim } from '../../tensor/dims.ts';
import { offsetOf } from '../index-arithmetic.ts';
import type { Access, Buffer, BufferId, Index, Loop, Statement } from '../kernel.ts';
import { printIndex } from '../print-expressions.ts';
import { visitAccess, visitExpr, type Visitor } from '../visit.ts';

/** One use of the buffer: a write of one entry, a write of all entries, or anything else. */
type Use =
  | { readonly kind: 'write'; readonly access: Access; readonly loops: readonly Loop[] }
  | { readonly kind: 'write-all'; readonly loops: readonly Loop[] }
  | { readonly kind: 'access'; readonly access: Access }
  | { readonly kind: 'unknown' };

/** The uses in the order in which they happen. What stands in an `if` or a `while` need not happen: no write of it counts. */
const usesOf = (statement: Statement, buffer: BufferId, around: readonly Loop[], certain: boolean): readonly Use[] => {
  const uses: Use[] = [];
  const reading: Visitor = {
    access: (access, reads) => {
      if (access.buffer === buffer && reads) uses.push({ kind: 'access', access });
    },
  };
  const written = (access: Access, set: boolean, loops: readonly Loop[]): void => {
    visitAccess(access, false, reading);
    if (access.buffer === buffer)
      uses.push(set && certain ? { kind: 'write', access, loops } : { kind: 'access', access });
  };
  const nested = (list: readonly Statement[], loops: readonly Loop[], sure: boolean): void => {
    for (const inner of list) uses.push(...usesOf(inner, buffer, loops, sure));
  };
  switch (statement.kind) {
    case 'loop':
      if (statement.privates.some(({ copy, into }) => copy === buffer || into === buffer))
        uses.push({ kind: 'unknown' });
      if (statement.scratch.includes(buffer)) uses.push({ kind: 'unknown' });
      nested(statement.body, [...around, statement.loop], certain);
      break;
    case 'reduce':
      for (const { value } of statement.lets) visitExpr(value, reading);
      for (const { value, beta } of statement.accumulators)
        for (const part of beta === undefined ? [value] : [value, beta]) visitExpr(part, reading);
      break;
    case 'let':
      visitExpr(statement.value, reading);
      break;
    case 'store':
      visitExpr(statement.value, reading);
      written(statement.to, statement.mode === 'set', around);
      break;
    case 'if':
      visitExpr(statement.test, reading);
      nested(statement.then, around, false);
      break;
    case 'product':
      visitAccess(statement.left, true, reading);
      visitAccess(statement.right, true, reading);
      written(statement.out, !statement.accumulate, [...around, statement.rows, statement.columns]);
      break;
    case 'routine':
      if (statement.args.includes(buffer)) uses.push({ kind: 'unknown' });
      if (statement.outs.includes(buffer))
        uses.push(certain ? { kind: 'write-all', loops: around } : { kind: 'unknown' });
      break;
    case 'while':
      if (statement.flag === buffer || statement.count === buffer) uses.push({ kind: 'unknown' });
      nested(statement.test, around, false);
      nested(statement.body, around, false);
      break;
  }
  return uses;
};

/** Loops as digits of a number: extent and what one iteration counts. A loop over tiles and the one within a tile are one. */
const digitsOf = (offset: Index, loops: readonly Loop[]): readonly { extent: Dim; coef: Dim }[] | null => {
  if (offset.constant.length > 0) return null;
  const coefs = new Map<number, Dim>();
  for (const { coef, atom } of offset.terms) {
    if (atom.kind !== 'loop') return null;
    coefs.set(atom.loop, coef);
  }
  const digits: { extent: Dim; coef: Dim }[] = [];
  for (const { id, extent } of loops.toReversed()) {
    const coef = coefs.get(id);
    if (coef === undefined) continue;
    coefs.delete(id);
    if (extent.kind === 'dim') digits.push({ extent: extent.dim, coef });
    else if (extent.kind === 'tiles') return null;
    else {
      const whole = coefs.get(extent.tile);
      const tiles = loops.find((loop) => loop.id === extent.tile);
      if (whole === undefined || tiles === undefined || !equal(whole, scale(coef, extent.size))) return null;
      coefs.delete(extent.tile);
      digits.push({ extent: extent.of, coef });
    }
  }
  // What is left are loops around the statement: it writes a part of the buffer in each of their iterations.
  return coefs.size === 0 ? digits : null;
};

/** Whether the offset takes all values 0, …, count - 1: digits of 1, and each of the extent times the value of the one below. */
const takesAll = (offset: Index, loops: readonly Loop[], count: Dim): boolean => {
  const digits = digitsOf(offset, loops);
  if (digits === null) return false;
  let [reached, left] = [constant(1), digits];
  while (left.length > 0) {
    const next = left.find(({ coef }) => equal(coef, reached));
    if (next === undefined) return false;
    reached = multiply(reached, next.extent);
    left = left.filter((digit) => digit !== next);
  }
  return equal(reached, count);
};

/** True where each run of the statement writes all of the buffer, and reads only entries that it wrote in the same iteration. */
export const writesAllFirst = (statement: Statement, id: BufferId, buffer: Buffer): boolean => {
  const [first, ...later] = usesOf(statement, id, [], true);
  if (first === undefined || first.kind === 'access' || first.kind === 'unknown') return false;
  if (first.kind === 'write-all') return first.loops.length === 0;
  const offset = offsetOf(first.access);
  const key = printIndex(offset);
  return (
    takesAll(offset, first.loops, product(buffer.shape)) &&
    later.every((use) => (use.kind === 'access' || use.kind === 'write') && printIndex(offsetOf(use.access)) === key)
  );
};
