// Short ways to write kernels by hand for tests. Ids are given by the one who writes.
import { constant, size, type Dim } from '../../src/tensor/dims.ts';
import type { Elementwise } from '../../src/tensor/elementwise.ts';
import type { Access, Accumulator, Buffer, Expr, Index, KernelProgram, Loop, Private, Statement } from '../../src/kernel/kernel.ts'; // prettier-ignore
import { constantIndex, ofLoop, stridesOfShape } from '../../src/kernel/index-arithmetic.ts';

/** A size by name, or a number. */
export const dim = (of: number | string): Dim => (typeof of === 'number' ? constant(of) : size(of));

export const buffer = (
  name: string,
  storage: Buffer['storage'],
  shape: readonly (number | string)[],
  scalar: Buffer['scalar'] = 'real',
): Buffer => ({ name, scalar, storage, shape: shape.map(dim) });

export const loop = (id: number, extent: number | string): Loop => ({
  id,
  extent: { kind: 'dim', dim: dim(extent) },
});

/** A loop by its id, or an index. */
export type At = number | Index;
const indexOf = (at: At): Index => (typeof at === 'number' ? ofLoop(at) : at);
export const at = (entry: number): Index => constantIndex(constant(entry));

/** Accesses to the buffers of a program being written. */
export const accessTo =
  (buffers: readonly Buffer[]) =>
  (id: number, ...indices: readonly At[]): Access => ({
    buffer: id,
    at: indices.map(indexOf),
    strides: stridesOfShape(buffers[id]!.shape),
  });

export const load = (from: Access): Expr => ({ kind: 'load', from });
export const number = (value: number): Expr => ({ kind: 'number', value, scalar: 'real' });
export const int = (value: number): Expr => ({ kind: 'number', value, scalar: 'int' });
export const local = (id: number, scalar: 'real' | 'int' = 'real'): Expr => ({ kind: 'local', local: id, scalar });
export const map = (fn: Elementwise, ...args: readonly Expr[]): Expr => ({ kind: 'map', fn, args });

export const store = (
  to: Access,
  value: Expr,
  mode: Extract<Statement, { kind: 'store' }>['mode'] = 'set',
): Statement => ({ kind: 'store', to, value, mode });

export const nest = (
  role: 'serial' | 'parallel',
  over: Loop,
  body: readonly Statement[],
  { scratch = [], privates = [] }: { scratch?: readonly number[]; privates?: readonly Private[] } = {},
): Statement => ({ kind: 'loop', loop: over, role, scratch, privates, body });

export const reduce = (loops: readonly Loop[], accumulators: readonly Accumulator[]): Statement => ({
  kind: 'reduce',
  loops,
  lets: [],
  accumulators,
});

/** Every input and output buffer by its name. */
export const kernelsOf = (buffers: readonly Buffer[], body: readonly Statement[]): KernelProgram => {
  const named = (storage: Buffer['storage']) =>
    buffers.flatMap(({ name, storage: own }, id) => (own === storage ? [{ name, buffer: id }] : []));
  return { inputs: named('input'), outputs: named('output'), buffers, body };
};
