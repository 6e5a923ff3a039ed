// Statements run by a workgroup, all its invocations together: parallel loops are shared out, reductions are trees over workgroup
// memory, everything else is done by all alike or by the first alone, with barriers where one may see what another wrote. Serial
// loops and whiles run inside, without returning to the host. In: statements of a kernel and the shader that is being written.
// Out: lines of it. Control flow around barriers depends on constants, parameters and workgroupUniformLoad only, as WGSL demands.
import { constant } from '../../tensor/dims.ts';
import type { Access, BufferId, LoopId, Statement } from '../kernel.ts';
import { visitStatements } from '../visit.ts';
import { running, type Running } from './accumulators.ts';
import type { Costs } from './costs.ts';
import { exprText, loadText, placeText, truthText } from './expressions.ts';
import { countText, decode, mostCount, nestOf, productOf, type LoopStatement } from './loops.ts';
import { routineCall } from './routines.ts';
import { declareScratch, productAsLoops, serialReduce, serialStatements, store, takeOne } from './serial-statements.ts';
import { localName, loopName, parameter, parameterText, type ShaderWriter } from './shader-writer.ts';

type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** Accumulators of one tree: of two words each, they take 8 KiB of the workgroup's memory, of which there are 16 at least. */
const mostInTree = 4;

/** The while that a dispatch runs a part of: its steps from `from` to `to`, until `alive` is 0. */
export interface Range {
  readonly loop: LoopId;
  readonly alive: number | null;
}

export class Workgroup {
  /** Since the last barrier: whether any invocation read or wrote memory. */
  private reads = false;
  private writes: 'none' | 'first' | 'any' = 'none';

  constructor(
    private readonly w: ShaderWriter,
    private readonly lanes: number,
    private readonly costs: Costs,
    private readonly range: Range | null = null,
  ) {}

  run(statements: readonly Statement[]): void {
    for (const statement of statements) this.runOne(statement);
  }

  /** Everything before is seen by everything after. */
  barrier(): void {
    if (!this.reads && this.writes === 'none') return;
    this.w.line('storageBarrier();');
    this.w.line('workgroupBarrier();');
    this.reads = false;
    this.writes = 'none';
  }

  /** Lines for the first invocation alone, which see what was written before. */
  first(body: () => void): void {
    if (this.reads || this.writes === 'any') this.barrier();
    this.w.block('if (lane == 0u) {', body);
    this.writes = 'first';
  }

  private runOne(statement: Statement): void {
    switch (statement.kind) {
      case 'loop':
        return statement.role === 'serial' && statement.privates.length === 0
          ? this.serialLoop(statement)
          : this.parallelLoop(statement);
      case 'reduce':
        return this.reduce(statement);
      case 'let': {
        const reads = readsMemory(statement);
        if (reads) this.before('reads');
        this.w.line(`let ${localName(statement.local)} = ${exprText(statement.value, this.w)};`);
        this.reads ||= reads;
        return;
      }
      case 'store':
        return this.first(() => store(statement, this.w));
      case 'if':
        return this.branch(statement);
      case 'product':
        return this.parallelLoop(productAsLoops(statement, this.w.freshLocal()));
      case 'routine':
        return this.routine(statement);
      case 'while':
        return this.whileLoop(statement);
    }
  }

  /** A barrier where what comes next would race with what was before. */
  private before(next: 'reads' | 'writes'): void {
    if (this.writes !== 'none' || (this.reads && next === 'writes')) this.barrier();
  }

  private parallelLoop(statement: LoopStatement): void {
    const { w, lanes } = this;
    const nest = nestOf(statement);
    const count = productOf(nest.loops.map((loop) => mostCount(loop.extent, w)));
    if (count === 0) return;
    // A private accumulator is one invocation's: no other takes part.
    if (statement.privates.length > 0) return this.first(() => serialStatements([statement], w));
    if (statement.scratch.length === 0 && this.costs.together(count, nest.body)) return this.eachTogether(nest, count);
    this.before('writes');
    const number = w.name('n');
    w.block(`for (var ${number} = lane; ${number} < ${count}u; ${number} += ${lanes}u) {`, () => {
      decode(nest.loops, number, w, 'continue;');
      declareScratch(statement.scratch, w);
      serialStatements(nest.body, w);
    });
    this.writes = 'any';
  }

  /** One combination after the other, all invocations at each. */
  private eachTogether({ loops, body }: ReturnType<typeof nestOf>, count: number): void {
    const { w } = this;
    this.barrier();
    const number = w.name('n');
    w.block(`for (var ${number} = 0u; ${number} < ${count}u; ${number}++) {`, () => {
      decode(loops, number, w, 'continue;');
      this.run(body);
      this.barrier();
    });
  }

  /** Its scratch stands in memory, like everything that the invocations share. */
  private serialLoop({ loop, body }: LoopStatement): void {
    const { w } = this;
    this.barrier();
    const i = loopName(loop.id);
    const [from, to] =
      this.range?.loop === loop.id
        ? [`i32(${parameterText(parameter.from)})`, `i32(${parameterText(parameter.to)})`]
        : ['0i', countText(loop.extent, w)];
    w.block(`for (var ${i} = ${from}; ${i} < ${to}; ${i}++) {`, () => {
      this.run(body);
      this.barrier();
    });
  }

  private reduce(reduce: StatementOf<'reduce'>): void {
    const { w, lanes } = this;
    this.before('reads');
    const count = productOf(reduce.loops.map((loop) => mostCount(loop.extent, w)));
    if (!this.costs.reducedTogether(reduce)) {
      this.reads = true;
      return serialReduce(reduce, w);
    }
    const each = Math.ceil(count / lanes);
    const accumulators = reduce.accumulators.map((accumulator) => running(accumulator, each, w));
    const number = w.name('n');
    w.block(`for (var ${number} = lane; ${number} < ${count}u; ${number} += ${lanes}u) {`, () => {
      decode(reduce.loops, number, w, 'continue;');
      takeOne(reduce, accumulators, w);
    });
    for (let first = 0; first < accumulators.length; first += mostInTree)
      this.tree(accumulators.slice(first, first + mostInTree));
    for (const { finish } of accumulators) finish();
  }

  /** Eight become one until one is left, always in the same order. */
  private tree(accumulators: readonly Running[]): void {
    const { w, lanes } = this;
    const parts = accumulators.flatMap(({ parts: types, kept }) => types.map((type, i) => ({ type, kept: kept[i]! })));
    const words = parts.map((_, i) => w.share(`tree${i}`, `array<u32, ${lanes}>`));
    const put = (): void => parts.forEach(({ kept }, i) => w.line(`${words[i]!}[lane] = bitcast<u32>(${kept});`));
    const read = (i: number, at: string): string => `bitcast<${parts[i]!.type === 'real' ? 'f32' : 'i32'}>(${words[i]!}[${at}])`; // prettier-ignore
    put();
    w.line('workgroupBarrier();');
    for (let width = lanes; width > 1;) {
      const next = Math.ceil(width / 8);
      const last = width;
      const k = w.name('t');
      w.block(`if (lane < ${next}u) {`, () => {
        w.block(`for (var ${k} = lane + ${next}u; ${k} < ${last}u; ${k} += ${next}u) {`, () => {
          let at = 0;
          for (const { parts: types, merge } of accumulators) {
            const others = types.map((type, i) => {
              const name = w.name('o');
              w.line(`let ${name}: ${type === 'real' ? 'f32' : 'i32'} = ${read(at + i, k)};`);
              return name;
            });
            merge(others);
            at += types.length;
          }
        });
        put();
      });
      w.line('workgroupBarrier();');
      width = next;
    }
    parts.forEach(({ kept }, i) => w.line(`${kept} = ${read(i, '0')};`));
    // Before the arrays are used again.
    w.line('workgroupBarrier();');
    this.reads = false;
  }

  /** A condition that all invocations see alike. */
  private agreed(condition: () => string, then: (uniform: string) => void): void {
    const { w } = this;
    w.share('agreed', 'u32');
    this.first(() => w.line(`agreed = select(0u, 1u, ${condition()});`));
    this.barrier();
    then('workgroupUniformLoad(&agreed)');
  }

  private branch(statement: StatementOf<'if'>): void {
    this.agreed(
      () => truthText(statement.test, this.w),
      (uniform) =>
        this.w.block(`if (${uniform} != 0u) {`, () => {
          this.run(statement.then);
          this.barrier();
        }),
    );
  }

  private routine(statement: StatementOf<'routine'>): void {
    const { w, lanes } = this;
    this.before('writes');
    const { batch, text } = routineCall(statement, w);
    const b = w.name('b');
    w.block(`for (var ${b} = i32(lane); ${b} < ${batch}i; ${b} += ${lanes}i) {`, () => w.line(text(b)));
    this.writes = 'any';
  }

  private whileLoop({ loop, every, flag, count, test, body }: StatementOf<'while'>): void {
    const { w } = this;
    const i = loopName(loop.id);
    const part = this.range?.loop === loop.id ? this.range : null;
    const [from, to] =
      part === null
        ? ['0i', countText(loop.extent, w)]
        : [`i32(${parameterText(parameter.from)})`, `i32(${parameterText(parameter.to)})`];
    const put = (value: string): void =>
      this.first(() => w.line(`${placeText(scalarAccess(count), w)} = bitcast<u32>(${value});`));
    if (part === null) put('0i');
    this.barrier();
    w.block(`for (var ${i} = ${from}; ${i} < ${to}; ${i}++) {`, () => {
      const check = (): void => {
        this.run(test);
        this.agreed(
          () => `${loadText(scalarAccess(flag), w)} == 0f || m[${w.facts.stop}] != 0u`,
          (uniform) =>
            w.block(`if (${uniform} != 0u) {`, () => {
              if (part?.alive != null) w.line(`if (lane == 0u) { m[${part.alive}] = 0u; }`);
              w.line('break;');
            }),
        );
      };
      if (every === 1) check();
      else w.block(`if (${i} % ${every}i == 0i) {`, check);
      this.run(body);
      put(`${i} + 1i`);
      this.barrier();
    });
    this.writes = 'any';
  }
}

const scalarAccess = (buffer: BufferId): Access => ({
  buffer,
  at: [{ constant: [], terms: [] }],
  strides: [constant(1)],
});

const readsMemory = (statement: Statement): boolean => {
  let found = false;
  const access = (): void => void (found = true);
  visitStatements([statement], { access });
  return found;
};
