// Neighbouring loops of one extent become one loop, and neighbouring reductions over one domain one with several accumulators,
// in every statement list and then in the lists of what was merged. What one made and another reads in the same iteration need
// not go through memory then (forward-stores.ts). In and out: kernels.
import { isOne } from '../../tensor/dims.ts';
import { ofLoop, subtractIndex } from '../index-arithmetic.ts';
import type { Access, Buffer, Index, KernelProgram, LoopId, Statement } from '../kernel.ts';
import { printIndex } from '../print-expressions.ts';
import { loopsBy, mapStatement, mapStatements } from '../transform.ts';
import { coefficientOf } from '../visit.ts';
import { arrange, waitsOf } from './arrange.ts';
import { rowAxis } from './bind-rows.ts';
import { meet, type Touched } from './dependences.ts';
import { extentKey, mixesBadly, shapeOfNest } from './nest-shapes.ts';
import { unitOf, unitsOf, type Unit } from './units.ts';

type LoopStatement = Extract<Statement, { kind: 'loop' }>;
type Reduce = Extract<Statement, { kind: 'reduce' }>;

export const mergeNests = (kernels: KernelProgram): KernelProgram => ({
  ...kernels,
  body: mergedList(kernels.body, { buffers: kernels.buffers, outside: true }),
});

interface Where {
  readonly buffers: readonly Buffer[];
  /** Outside of parallel loops every nest starts threads, or is a dispatch; in one, a loop costs nothing. */
  readonly outside: boolean;
}

/** One statement; outside, where no scalar goes from one nest to another, a unit. */
type Member = Unit;

/** More would fill the registers, and take quadratic time. */
const MOST_MEMBERS = 24;

const mergedList = (list: readonly Statement[], where: Where): readonly Statement[] => {
  if (list.length < 2) return list.map((s) => mergedInside(s, where));
  const members = where.outside ? unitsOf(list) : list.map((s) => unitOf([s]));
  const clusters = arrange<Member, readonly Member[]>(members, waitsOf(members.map(({ effects }) => effects)), {
    keyOf,
    open: (member) => [member],
    join: (those, joining) => {
      const all = [...those];
      for (const member of joining) {
        if (all.length >= MOST_MEMBERS || !belongs(all, member, where)) return null;
        all.push(member);
      }
      return all;
    },
  });
  return clusters.flatMap(({ items }) => asOne(items)).map((s) => mergedInside(s, where));
};

const mergedInside = (s: Statement, where: Where): Statement => {
  switch (s.kind) {
    case 'loop':
      return { ...s, body: mergedList(s.body, s.role === 'parallel' ? { ...where, outside: false } : where) };
    case 'if':
      return { ...s, then: mergedList(s.then, where) };
    case 'while':
      return { ...s, test: mergedList(s.test, where), body: mergedList(s.body, where) };
    default:
      return s;
  }
};

const keyOf = ({ statements }: Member): string | null => {
  const [first, ...rest] = statements;
  if (first === undefined) return null;
  if (first.kind === 'reduce' && rest.every((s) => s.kind === 'let' || s.kind === 'store'))
    return `reduce ${first.loops.map(extentKey).join(', ')}`;
  if (first.kind !== 'loop' || rest.length > 0 || first.privates.length + first.scratch.length > 0) return null;
  return `loop ${extentKey(first.loop)}`;
};

const belongs = (those: readonly Member[], member: Member, where: Where): boolean => {
  const s = member.statements[0]!;
  let flows = false;
  let shares = false;
  for (const other of those) {
    if (s.kind === 'reduce' && (passes(other, member) || passes(member, other))) return false;
    for (const [buffer, mine] of member.effects.buffers) {
      const theirs = other.effects.buffers.get(buffer);
      if (theirs === undefined) continue;
      shares = true;
      if (!meet(theirs, mine)) continue;
      flows = true;
      if (!sameIteration(theirs, other.statements[0]!, mine, s, where.buffers[buffer]!)) return false;
    }
  }
  if (s.kind === 'reduce') return shares;
  if (flows) return where.outside || !those.some((other) => mixesBadly(other.statements[0]!, s));
  return (shares || where.outside) && shapeOfNest(those[0]!.statements[0]!) === shapeOfNest(s);
};

const passes = (from: Member, to: Member): boolean =>
  [...from.effects.makes].some((local) => to.effects.uses.has(local));

/** Whether all accesses of two loops to a buffer are at their own iteration, on one axis. */
const sameIteration = (a: Touched, loopA: Statement, b: Touched, loopB: Statement, buffer: Buffer): boolean => {
  if (loopA.kind !== 'loop' || loopB.kind !== 'loop') return false;
  const place = commonPlace(a, loopA.loop.id, buffer);
  return place !== null && place === commonPlace(b, loopB.loop.id, buffer);
};

/** The axis at which all accesses have the loop, and how far from it: rows of a tile stand behind those of the tiles before. */
const commonPlace = ({ accesses }: Touched, loop: LoopId, buffer: Buffer): string | null => {
  const places = new Set(accesses.map(({ access }) => placeOf(access, loop, buffer)));
  return places.size === 1 ? [...places][0]! : null;
};

const placeOf = (access: Access, loop: LoopId, buffer: Buffer): string | null => {
  const coefficients = access.at.map((index) => coefficientOf(index, loop));
  const at = coefficients.findIndex((coefficient) => coefficient !== null && isOne(coefficient));
  if (at < 0) return null;
  const shift = subtractIndex(access.at[at]!, ofLoop(loop));
  const axis = rowAxis({ ...access, at: access.at.with(at, ofLoop(loop)) }, loop, buffer);
  return axis === null ? null : `axis ${axis} from ${printIndex(shift)}`;
};

const asOne = (members: readonly Member[]): readonly Statement[] => {
  if (members.length === 1) return members[0]!.statements;
  const firsts = members.map(({ statements }) => statements[0]!);
  if (firsts[0]!.kind === 'loop') return [oneLoop(firsts as readonly LoopStatement[])];
  return [oneReduce(firsts as readonly Reduce[]), ...members.flatMap(({ statements }) => statements.slice(1))];
};

/** One after the other in each iteration. Where one adds up over iterations, so does the whole. */
const oneLoop = (loops: readonly LoopStatement[]): LoopStatement => {
  const { loop } = loops[0]!;
  const body = loops.flatMap((s) => mapStatements(s.body, loopsBy(new Map([[s.loop.id, ofLoop(loop.id)]]))));
  const role = loops.some((s) => s.role === 'serial') ? 'serial' : 'parallel';
  return { kind: 'loop', loop, role, scratch: [], privates: [], body };
};

const oneReduce = (reduces: readonly Reduce[]): Reduce => {
  const { loops } = reduces[0]!;
  const moved = reduces.map((s) => {
    const by = new Map(s.loops.map(({ id }, i): readonly [LoopId, Index] => [id, ofLoop(loops[i]!.id)]));
    return mapStatement(s, loopsBy(by)) as Reduce;
  });
  return {
    kind: 'reduce',
    loops,
    lets: moved.flatMap((s) => s.lets),
    accumulators: moved.flatMap((s) => s.accumulators),
  };
};
