// Lists of statements cut into functions of their own: compilers take more than linear time in the length of a function, and an
// unrolled model has thousands of statements. In: a list and where it stands. Out: its parts, and calls where they were.
import { constantIterations } from '../extents.ts';
import type { LocalId, Scalar, Statement } from '../kernel.ts';
import { visitStatements } from '../visit.ts';
import type { Emission } from './emission.ts';
import { scalarOf } from './expressions.ts';
import { CFunction } from './function.ts';
import { isShared } from './loops.ts';
import { giveUp } from './polling.ts';

export interface ListPart {
  readonly statements: readonly Statement[];
  /** In a function of its own. */
  readonly apart: boolean;
  /** Nothing in it takes long: it is compiled for size. */
  readonly cold: boolean;
  /** Locals that it makes and that statements after it read. */
  readonly makes: readonly LocalId[];
}

/** Statements of one function, counting those inside of others. */
const mostInFunction = 120;
/** Iterations up to which a loop is no work. */
const fewIterations = 64;

interface Measure {
  readonly count: number;
  readonly heavy: boolean;
}

/** How many statements it is in the function where it stands, and whether running it may take long. */
const measured = (statement: Statement, e: Emission): Measure => {
  // Its body is a function by itself.
  if (isShared(statement, e)) return { count: 3, heavy: true };
  const inside = (list: readonly Statement[], times: number | null): Measure => {
    const all = list.map((inner) => measured(inner, e));
    const count = all.reduce((sum, m) => sum + m.count, 1);
    return { count, heavy: times === null || times > fewIterations || all.some((m) => m.heavy) };
  };
  switch (statement.kind) {
    case 'loop':
      return inside(statement.body, constantIterations(statement.loop.extent));
    case 'if':
      return inside(statement.then, 1);
    case 'while':
      return { count: inside([...statement.test, ...statement.body], 1).count, heavy: true };
    case 'reduce': {
      const times = statement.loops.map((l) => constantIterations(l.extent) ?? Infinity).reduce((a, b) => a * b, 1);
      return { count: 1 + statement.lets.length + statement.accumulators.length, heavy: times > fewIterations };
    }
    case 'product':
    case 'routine':
      return { count: 1, heavy: true };
    case 'let':
    case 'store':
      return { count: 1, heavy: false };
  }
};

const madeBy = (statement: Statement): readonly LocalId[] =>
  statement.kind === 'let'
    ? [statement.local]
    : statement.kind === 'reduce'
      ? statement.accumulators.map((a) => a.local)
      : [];

const readBy = (statements: readonly Statement[]): ReadonlySet<LocalId> => {
  const found = new Set<LocalId>();
  visitStatements(statements, { expr: (expr) => void (expr.kind === 'local' && found.add(expr.local)) });
  return found;
};

/** A short list is one part. A long one is cut; outside of loops also between what takes long and what does not. */
export const partsOfList = (statements: readonly Statement[], e: Emission): readonly ListPart[] => {
  const measures = statements.map((statement) => measured(statement, e));
  const total = measures.reduce((sum, m) => sum + m.count, 0);
  const whole = { statements, apart: false, cold: false, makes: [] };
  if (e.inLanes || total <= mostInFunction || statements.length === 1) return [whole];
  const groups: { statements: Statement[]; count: number; heavy: boolean }[] = [];
  for (const [i, statement] of statements.entries()) {
    const { count, heavy } = measures[i]!;
    const last = groups.at(-1);
    const joins = last !== undefined && (e.inLoop || last.heavy === heavy) && last.count + count <= mostInFunction;
    if (joins) {
      last.statements.push(statement);
      last.count += count;
      last.heavy ||= heavy;
    } else groups.push({ statements: [statement], count, heavy });
  }
  // What later parts read, from the end.
  const parts: ListPart[] = [];
  const readLater = new Set<LocalId>();
  for (const group of groups.toReversed()) {
    const makes = group.statements.flatMap(madeBy).filter((local) => readLater.has(local));
    parts.push({ statements: group.statements, apart: true, cold: !group.heavy && !e.inLoop, makes });
    for (const local of readBy(group.statements)) readLater.add(local);
  }
  return parts.toReversed();
};

export const outline = (part: ListPart, e: Emission, render: (inner: Emission) => void): void => {
  const returned = part.makes.map((local) => ({ local, scalar: scalarMade(local, part.statements, e) }));
  const fn = new CFunction(e.entry.names, returned);
  const name = e.entry.functionName();
  render({ ...e, fn, cold: part.cold });
  e.fn.line(`${fn.callFrom(e.fn, name)};`);
  e.entry.functions.push(fn.text(name, part.cold ? 'EB_COLD' : 'EB_NOINLINE'));
  if (!part.cold) giveUp(e);
};

const scalarMade = (local: LocalId, statements: readonly Statement[], e: Emission): Scalar => {
  for (const statement of statements) {
    if (statement.kind === 'let' && statement.local === local) return scalarOf(statement.value, e);
    if (statement.kind !== 'reduce') continue;
    const found = statement.accumulators.find((a) => a.local === local);
    if (found !== undefined) return found.op === 'argmin' ? 'int' : scalarOf(found.value, e);
  }
  return 'real';
};
