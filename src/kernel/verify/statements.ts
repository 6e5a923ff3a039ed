// Checks of statements: loops and locals in sight, scalars that agree, scratch and private accumulators, products, routines. In:
// statements and what is in sight. Out: reported problems.
import { printShape, shapesEqual } from '../../tensor/dims.ts';
import { routineShapes } from '../../tensor/routine-shapes.ts';
import type { ValueInfo } from '../../tensor/program.ts';
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Access, Loop, LoopId, Private, Statement } from '../kernel.ts';
import { printAccess } from '../print-expressions.ts';
import { coefficientOf } from '../visit.ts';
import type { Context } from './context.ts';
import { checkAccess, expect, scalarOf } from './expressions.ts';
import { checkCopyUses } from './private-copies.ts';

type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

export const checkStatements = (list: readonly Statement[], context: Context): void => {
  for (const statement of list) checkStatement(statement, context);
};

const checkStatement = (statement: Statement, context: Context): void => {
  switch (statement.kind) {
    case 'loop':
      return checkLoop(statement, context);
    case 'reduce':
      return checkReduce(statement, context);
    case 'let':
      return context.makeLocal(statement.local, scalarOf(statement.value, context) ?? 'real');
    case 'store': {
      const { to, value, mode } = statement;
      const scalar = checkAccess(to, false, context);
      if (mode !== 'set') context.reads(to.buffer);
      if (scalar === null) scalarOf(value, context);
      else expect(value, scalar, context, () => `store to ${printAccess(to)}`);
      return;
    }
    case 'if':
      expect(statement.test, 'real', context, () => 'if');
      return context.within([], [], () => checkStatements(statement.then, context));
    case 'product':
      return checkProduct(statement, context);
    case 'routine':
      return checkRoutine(statement, context);
    case 'while':
      return checkWhile(statement, context);
  }
};

const checkLoop = (statement: StatementOf<'loop'>, context: Context): void => {
  const { loop, role, privates } = statement;
  const name = `loop i${loop.id}`;
  if (privates.length > 0 && role !== 'parallel') context.report(`${name}: private accumulators of a serial loop`);
  if (statement.vector === true && statement.body.some((inner) => inner.kind !== 'let' && inner.kind !== 'store'))
    context.report(`${name}: a vector loop holds more than lets and stores`);
  for (const one of privates) checkPrivate(one, name, context);
  const copies = privates.map(({ copy }) => copy);
  context.within([loop], [...statement.scratch, ...copies], () => checkStatements(statement.body, context));
  if (privates.length > 0) checkCopyUses(statement, context);
};

const checkPrivate = ({ copy, into }: Private, name: string, context: Context): void => {
  const [own, target] = [context.kernels.buffers[copy], context.buffer(into, () => name)];
  context.reads(into);
  context.writes(into, () => name);
  // Filled when a thread begins, read when it ends.
  context.written.add(copy);
  context.read.add(copy);
  if (own === undefined || target === null) return;
  if (own.scalar !== target.scalar || !shapesEqual(own.shape, target.shape))
    context.report(`${name}: the private copy %${copy} is ${own.scalar} ${printShape(own.shape)}, but %${into} is ${target.scalar} ${printShape(target.shape)}`); // prettier-ignore
};

const checkReduce = (statement: StatementOf<'reduce'>, context: Context): void => {
  const { loops, lets, accumulators } = statement;
  for (const { beta, op, local } of accumulators) {
    if ((beta !== undefined) !== (op === 'soft-min')) context.report(`v${local}: ${op} ${beta === undefined ? 'without' : 'with'} β`); // prettier-ignore
    if (beta !== undefined) expect(beta, 'real', context, () => `β of v${local}`);
    if (op === 'argmin' && loops.length !== 1) context.report(`v${local}: argmin over ${loops.length} loops`);
  }
  const scalars = accumulators.map(() => 'real' as ReturnType<typeof scalarOf>);
  context.within(loops, [], () => {
    for (const { local, value } of lets) context.makeLocal(local, scalarOf(value, context) ?? 'real');
    for (const [i, { value, op, local }] of accumulators.entries()) {
      const scalar = scalarOf(value, context);
      if (scalar === 'int' && op === 'soft-min') context.report(`v${local}: soft-min of ints`);
      scalars[i] = op === 'argmin' ? 'int' : scalar;
    }
  });
  for (const [i, { local }] of accumulators.entries()) context.makeLocal(local, scalars[i] ?? 'real');
};

const checkProduct = (statement: StatementOf<'product'>, context: Context): void => {
  const { rows, columns, inner, out, left, right } = statement;
  const where = `product into ${printAccess(out)}`;
  /** The loops a side may mention, and the one it may not. */
  const sides: readonly (readonly [Access, Loop, boolean])[] = [[left, columns, true], [right, rows, true], [out, inner, false]]; // prettier-ignore
  context.within([rows, columns, inner], [], () => {
    for (const [access, excluded, reads] of sides) {
      const scalar = checkAccess(access, reads, context);
      if (scalar === 'int') context.report(`${where}: %${access.buffer} is int`);
      for (const loop of [rows, columns, inner]) {
        const mentioned = mentions(access, loop.id);
        if (mentioned === null) context.report(`${where}: ${printAccess(access)} is not affine in i${loop.id}`);
        else if (mentioned && loop === excluded)
          context.report(`${where}: ${printAccess(access)} mentions i${loop.id}`);
      }
    }
  });
  if (statement.accumulate) context.reads(out.buffer);
  if (out.buffer === left.buffer || out.buffer === right.buffer) context.report(`${where} reads %${out.buffer}`);
};

/** Whether an access mentions a loop by itself; null where a computed atom does. */
const mentions = (access: Access, loop: LoopId): boolean | null => {
  const found = access.at.map((index) => coefficientOf(index, loop));
  if (found.includes(null)) return null;
  return found.some((coefficient) => coefficient!.length > 0);
};

const checkRoutine = ({ name, args, outs }: StatementOf<'routine'>, context: Context): void => {
  const infoOf = (id: number): ValueInfo | null => {
    const buffer = context.buffer(id, () => name);
    return buffer === null ? null : { shape: buffer.shape, dtype: buffer.scalar === 'int' ? 'int' : 'float' };
  };
  for (const id of args) context.reads(id);
  for (const id of outs) context.writes(id, () => name);
  const [given, found] = [args.map(infoOf), outs.map(infoOf)];
  if (given.includes(null) || found.includes(null)) return;
  try {
    const results = routineShapes[name](given as readonly ValueInfo[]);
    const fits = results.length === found.length && results.every(({ shape, dtype }, i) => dtype === found[i]!.dtype && shapesEqual(shape, found[i]!.shape)); // prettier-ignore
    if (!fits) context.report(`${name}: results are ${found.map((f) => printShape(f!.shape)).join(', ')}, should be ${results.map((r) => printShape(r.shape)).join(', ')}`); // prettier-ignore
  } catch (error) {
    if (!(error instanceof InternalError)) throw error;
    context.report(error.message);
  }
};

const checkWhile = (statement: StatementOf<'while'>, context: Context): void => {
  const { loop, every, flag, count } = statement;
  const where = (): string => `while i${loop.id}`;
  for (const [id, scalar] of [
    [flag, 'real'],
    [count, 'int'],
  ] as const) {
    // prettier-ignore
    const buffer = context.buffer(id, where);
    context.reads(id);
    if (buffer !== null && (buffer.scalar !== scalar || buffer.shape.length > 0))
      context.report(`${where()}: %${id} is no ${scalar} scalar`);
  }
  context.writes(count, where);
  if (!(Number.isInteger(every) && every > 0)) context.report(`${where()}: tested every ${every} steps`);
  context.within([loop], [], () => {
    // Locals of the test are not seen in the body: it does not run before every step.
    context.within([], [], () => checkStatements(statement.test, context));
    checkStatements(statement.body, context);
  });
};
