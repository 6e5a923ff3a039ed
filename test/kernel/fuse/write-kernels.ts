// Kernels written by hand, as lowering makes them: one nest for each stored value. A writer collects buffers and statements;
// loops, locals and strides are its business.
import { constant, size, type Dim } from '../../../src/tensor/dims.ts';
import type { Elementwise } from '../../../src/tensor/elementwise.ts';
import { extentOf } from '../../../src/kernel/extents.ts';
import { addIndex, constantIndex, ofAtom, ofLoop, stridesOfShape } from '../../../src/kernel/index-arithmetic.ts';
import type { Access, Buffer, BufferId, Expr, Index, KernelProgram, KernelTarget, Loop, ReduceOp, Statement } from '../../../src/kernel/kernel.ts'; // prettier-ignore

export type Size = string | number;
const dimOf = (s: Size): Dim => (typeof s === 'string' ? size(s) : constant(s));

export const num = (value: number): Expr => ({ kind: 'number', value, scalar: 'real' });
export const map = (fn: Elementwise, ...args: readonly Expr[]): Expr => ({ kind: 'map', fn, args });
export const plus = (index: Index, by: number): Index => addIndex(index, constantIndex(constant(by)));
/** 0 or 1 in turns: where a carried buffer is read in step `loop` (0 later) or written (1 later). */
export const parity = (loop: Index, later: 0 | 1): Index =>
  ofAtom({ kind: 'mod', of: plus(loop, later), by: constant(2) });
export const computed = (of: Expr): Index => ofAtom({ kind: 'value', of });

export class KernelWriter {
  readonly buffers: Buffer[] = [];
  readonly inputs: { name: string; buffer: BufferId }[] = [];
  readonly outputs: { name: string; buffer: BufferId }[] = [];
  private lists: Statement[][] = [[]];
  private loops = 0;
  private locals = 0;

  private buffer(name: string, shape: readonly Size[], storage: Buffer['storage'], scalar: Buffer['scalar']): BufferId {
    return this.buffers.push({ name, scalar, shape: shape.map(dimOf), storage }) - 1;
  }

  input(name: string, shape: readonly Size[], scalar: Buffer['scalar'] = 'real'): BufferId {
    const buffer = this.buffer(name, shape, 'input', scalar);
    this.inputs.push({ name, buffer });
    return buffer;
  }

  output(name: string, shape: readonly Size[], scalar: Buffer['scalar'] = 'real'): BufferId {
    const buffer = this.buffer(name, shape, 'output', scalar);
    this.outputs.push({ name, buffer });
    return buffer;
  }

  arena(name: string, shape: readonly Size[], scalar: Buffer['scalar'] = 'real'): BufferId {
    return this.buffer(name, shape, 'arena', scalar);
  }

  at(buffer: BufferId, at: readonly Index[]): Access {
    return { buffer, at, strides: stridesOfShape(this.buffers[buffer]!.shape) };
  }

  load(buffer: BufferId, at: readonly Index[]): Expr {
    return { kind: 'load', from: this.at(buffer, at) };
  }

  private newLoop(extent: Size): Loop {
    return { id: this.loops++, extent: extentOf(dimOf(extent)) };
  }

  private push(statement: Statement): void {
    this.lists.at(-1)!.push(statement);
  }

  private listOf(write: () => void): readonly Statement[] {
    this.lists.push([]);
    write();
    return this.lists.pop()!;
  }

  /** Nested loops over the extents, the first outermost. */
  loop(role: 'serial' | 'parallel', extents: readonly Size[], write: (...at: readonly Index[]) => void): void {
    const loops = extents.map((extent) => this.newLoop(extent));
    const body = this.listOf(() => write(...loops.map((loop) => ofLoop(loop.id))));
    const nest = loops.reduceRight<readonly Statement[]>(
      (inside, loop) => [{ kind: 'loop', loop, role, scratch: [], privates: [], body: inside }],
      body,
    );
    for (const statement of nest) this.push(statement);
  }

  nest(extents: readonly Size[], write: (...at: readonly Index[]) => void): void {
    this.loop('parallel', extents, write);
  }

  store(buffer: BufferId, at: readonly Index[], value: Expr, mode: 'set' | 'sum' | 'min' | 'max' = 'set'): void {
    this.push({ kind: 'store', to: this.at(buffer, at), value, mode });
  }

  reduce(op: ReduceOp, extents: readonly Size[], value: (...at: readonly Index[]) => Expr, beta?: Expr): Expr {
    const loops = extents.map((extent) => this.newLoop(extent));
    const local = this.locals++;
    const accumulator = { local, op, value: value(...loops.map((loop) => ofLoop(loop.id))), ...(beta === undefined ? {} : { beta }) }; // prettier-ignore
    this.push({ kind: 'reduce', loops, lets: [], accumulators: [accumulator] });
    return { kind: 'local', local, scalar: op === 'argmin' ? 'int' : 'real' };
  }

  /** out[rows, columns] = Σ inner left · right, each given its two loops. */
  product(
    [rows, columns, inner]: readonly [Size, Size, Size],
    out: (row: Index, column: Index) => Access,
    left: (row: Index, inner: Index) => Access,
    right: (inner: Index, column: Index) => Access,
    accumulate = false,
  ): void {
    const [i, j, k] = [this.newLoop(rows), this.newLoop(columns), this.newLoop(inner)];
    const [row, column, term] = [ofLoop(i!.id), ofLoop(j!.id), ofLoop(k!.id)];
    this.push({ kind: 'product', rows: i!, columns: j!, inner: k!, out: out(row, column), left: left(row, term), right: right(term, column), accumulate }); // prettier-ignore
  }

  while(most: Size, flag: BufferId, count: BufferId, test: (step: Index) => void, body: (step: Index) => void): void {
    const loop = this.newLoop(most);
    const step = ofLoop(loop.id);
    const written = { test: this.listOf(() => test(step)), body: this.listOf(() => body(step)) };
    this.push({ kind: 'while', loop, every: 1, flag, count, ...written });
  }

  finish(): KernelProgram {
    return { inputs: this.inputs, outputs: this.outputs, buffers: this.buffers, body: this.lists[0]! };
  }
}

export const targetOf = (sizes: Readonly<Record<string, number>>, more: Partial<KernelTarget> = {}): KernelTarget => ({
  sizes,
  blockBytes: 1 << 18,
  rowBlocks: true,
  bytesOfReal: 4,
  ...more,
});
