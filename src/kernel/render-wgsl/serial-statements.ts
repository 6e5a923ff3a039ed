// Statements run by one invocation, one after the other. In: statements of a kernel and the shader that is being written. Out:
// lines of it. Parallel loops are run in order; accumulators of a thread's own are those of the one invocation.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { constant } from '../../tensor/dims.ts';
import type { Access, BufferId, Private, Statement } from '../kernel.ts';
import { neutral } from '../neutral.ts';
import { running } from './accumulators.ts';
import { exprText, ownName, placeText, truthText, typeText } from './expressions.ts';
import { forLoop, forLoops, mostCount, productOf, type LoopStatement } from './loops.ts';
import { realText } from './numbers.ts';
import { routineCall } from './routines.ts';
import { localName, loopName, type ShaderWriter } from './shader-writer.ts';

type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

const combined: Readonly<Record<Private['op'], (a: string, b: string, w: ShaderWriter) => string>> = {
  sum: (a, b) => `${a} + ${b}`,
  min: (a, b, w) => `${w.call('least')}(${a}, ${b})`,
  max: (a, b, w) => `${w.call('most')}(${a}, ${b})`,
};

export const serialStatements = (statements: readonly Statement[], w: ShaderWriter): void => {
  for (const statement of statements) serialStatement(statement, w);
};

/** Into memory or an array of the invocation, whose words have their own type. */
const write = (place: string, buffer: BufferId, value: string, w: ShaderWriter): void =>
  w.line(`${place} = ${w.keeps(buffer) ? value : `bitcast<u32>(${value})`};`);

const read = (place: string, buffer: BufferId, w: ShaderWriter): string =>
  w.keeps(buffer) ? place : `bitcast<${typeText[w.facts.buffers[buffer]!.scalar]}>(${place})`;

export const store = ({ to, value, mode }: StatementOf<'store'>, w: ShaderWriter): void => {
  const text = exprText(value, w);
  if (mode === 'set') return write(placeText(to, w), to.buffer, text, w);
  update(to, mode, text, w);
};

const update = (to: Access, op: Private['op'], value: string, w: ShaderWriter): void => {
  const place = placeText(to, w);
  const whole = w.facts.buffers[to.buffer]!.scalar === 'int';
  const old = read(place, to.buffer, w);
  write(place, to.buffer, whole && op !== 'sum' ? `${op}(${old}, ${value})` : combined[op](old, value, w), w);
};

export const serialReduce = (reduce: StatementOf<'reduce'>, w: ShaderWriter): void => {
  const count = productOf(reduce.loops.map((loop) => mostCount(loop.extent, w)));
  const accumulators = reduce.accumulators.map((accumulator) => running(accumulator, count, w));
  forLoops(reduce.loops, w, () => takeOne(reduce, accumulators, w));
  for (const accumulator of accumulators) accumulator.finish();
};

/** One iteration: its lets, then what each accumulator takes in. */
export const takeOne = (reduce: StatementOf<'reduce'>, accumulators: readonly { readonly take: (iteration: string) => void }[], w: ShaderWriter): void => {
  for (const { local, value } of reduce.lets) w.line(`let ${localName(local)} = ${exprText(value, w)};`);
  for (const { take } of accumulators) take(loopName(reduce.loops[0]?.id ?? 0));
}; // prettier-ignore

const entriesOf = (buffer: BufferId, w: ShaderWriter): number =>
  productOf(w.facts.buffers[buffer]!.shape.map((dim) => w.dim(dim)));

/** More words of an invocation's own would not stay near it. */
const mostOwnWords = 4096;

const declare = (buffer: BufferId, w: ShaderWriter, start?: string): void => {
  const count = Math.max(1, entriesOf(buffer, w));
  if (count > mostOwnWords)
    throw new InternalError(`scratch %${buffer} of ${count} entries is too large for an invocation`);
  w.keep(buffer);
  w.line(`var ${ownName(buffer)}: array<${typeText[w.facts.buffers[buffer]!.scalar]}, ${count}>;`);
  if (start === undefined) return;
  const i = w.name('q');
  w.line(`for (var ${i} = 0i; ${i} < ${count}i; ${i}++) { ${ownName(buffer)}[${i}] = ${start}; }`);
};

/** Buffers of one iteration. */
export const declareScratch = (scratch: readonly BufferId[], w: ShaderWriter): void => {
  for (const buffer of scratch) declare(buffer, w);
};

const serialLoop = ({ loop, scratch, privates, body }: LoopStatement, w: ShaderWriter): void => {
  for (const { copy, op } of privates) declare(copy, w, realText(neutral[op], w.call));
  forLoop(loop, w, () => {
    declareScratch(scratch, w);
    serialStatements(body, w);
  });
  for (const { copy, into, op } of privates) {
    const i = w.name('q');
    w.block(`for (var ${i} = 0i; ${i} < ${entriesOf(copy, w)}i; ${i}++) {`, () => {
      const place = w.keeps(into) ? `${ownName(into)}[${i}]` : `m[${w.facts.baseOf(into)}i + ${i}]`;
      write(place, into, combined[op](read(place, into, w), `${ownName(copy)}[${i}]`, w), w);
    });
  }
};

/** A product as the loops that it stands for. */
export const productAsLoops = (product: StatementOf<'product'>, local: number): LoopStatement => {
  const { rows, columns, inner, out, left, right, accumulate } = product;
  const value = {
    kind: 'map',
    fn: 'mul',
    args: [
      { kind: 'load', from: left },
      { kind: 'load', from: right },
    ],
  } as const;
  const sum: Statement = { kind: 'reduce', loops: [inner], lets: [], accumulators: [{ local, op: 'sum', value }] };
  const put: Statement = {
    kind: 'store',
    to: out,
    value: { kind: 'local', local, scalar: 'real' },
    mode: accumulate ? 'sum' : 'set',
  };
  const around = (loop: LoopStatement['loop'], body: readonly Statement[]): LoopStatement => ({ kind: 'loop', loop, role: 'parallel', scratch: [], privates: [], body }); // prettier-ignore
  return around(rows, [around(columns, [sum, put])]);
};

const scalarAccess = (buffer: BufferId): Access => ({
  buffer,
  at: [{ constant: [], terms: [] }],
  strides: [constant(1)],
});

const serialWhile = (statement: StatementOf<'while'>, w: ShaderWriter): void => {
  const { loop, every, flag, count, test, body } = statement;
  const steps = placeText(scalarAccess(count), w);
  write(steps, count, '0i', w);
  forLoop(loop, w, () => {
    const i = loopName(loop.id);
    const check = (): void => {
      serialStatements(test, w);
      w.line(`if (${read(placeText(scalarAccess(flag), w), flag, w)} == 0f) { break; }`);
    };
    if (every === 1) check();
    else w.block(`if (${i} % ${every}i == 0i) {`, check);
    serialStatements(body, w);
    write(steps, count, `${i} + 1i`, w);
  });
};

export const serialStatement = (statement: Statement, w: ShaderWriter): void => {
  switch (statement.kind) {
    case 'loop':
      return serialLoop(statement, w);
    case 'reduce':
      return serialReduce(statement, w);
    case 'let':
      return w.line(`let ${localName(statement.local)} = ${exprText(statement.value, w)};`);
    case 'store':
      return store(statement, w);
    case 'if':
      return w.block(`if (${truthText(statement.test, w)}) {`, () => serialStatements(statement.then, w));
    case 'product':
      return serialLoop(productAsLoops(statement, w.freshLocal()), w);
    case 'routine': {
      const { batch, text } = routineCall(statement, w);
      const b = w.name('b');
      return w.block(`for (var ${b} = 0i; ${b} < ${batch}i; ${b}++) {`, () => w.line(text(b)));
    }
    case 'while':
      return serialWhile(statement, w);
  }
};
