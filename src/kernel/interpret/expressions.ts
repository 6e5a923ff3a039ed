// Expressions, indices and extents as functions of the loop variables and locals. In: a part of a kernel and the machine it runs
// on. Out: a function that gives its number now. Arithmetic is that of float64, whatever the scalar.
import { evaluate, type Dim } from '../../tensor/dims.ts';
import { elementwiseTable } from '../../tensor/elementwise-table.ts';
import { threefry2x32 } from '../../tensor/threefry.ts';
import type { Access, Atom, Expr, Extent, Index } from '../kernel.ts';
import { printAccess } from '../print-expressions.ts';
import type { Memory } from './memory.ts';

/** What statements run on. The values of loops and locals stand at their ids. */
export interface Machine {
  readonly memory: Memory;
  readonly sizes: Readonly<Record<string, number>>;
  /** Of every buffer. */
  readonly shapes: readonly (readonly number[])[];
  readonly loops: number[];
  readonly locals: number[];
}

export type Compute = () => number;

const dimOf = (dim: Dim, { sizes }: Machine): number => evaluate(dim, sizes);

const atomOf = (atom: Atom, machine: Machine): Compute => {
  switch (atom.kind) {
    case 'loop':
      return () => machine.loops[atom.loop]!;
    case 'floor-div': {
      const [of, by] = [indexOf(atom.of, machine), dimOf(atom.by, machine)];
      return () => Math.floor(of() / by);
    }
    case 'mod': {
      const [of, by] = [indexOf(atom.of, machine), dimOf(atom.by, machine)];
      return () => {
        const value = of();
        return value - by * Math.floor(value / by);
      };
    }
    case 'value':
      return exprOf(atom.of, machine);
  }
};

export const indexOf = (index: Index, machine: Machine): Compute => {
  const constant = dimOf(index.constant, machine);
  const terms = index.terms.map(({ coef, atom }) => ({ coef: dimOf(coef, machine), atom: atomOf(atom, machine) }));
  return () => {
    let sum = constant;
    for (const { coef, atom } of terms) sum += coef * atom();
    return sum;
  };
};

/** The offset of an access in its buffer. */
export const offsetOf = (access: Access, machine: Machine): Compute => {
  const axes = access.at.map((index, axis) => ({
    at: indexOf(index, machine),
    stride: dimOf(access.strides[axis]!, machine),
  }));
  return () => {
    let offset = 0;
    for (const { at, stride } of axes) offset += at() * stride;
    return offset;
  };
};

export const loadOf = (access: Access, machine: Machine): Compute => {
  const offset = offsetOf(access, machine);
  const describe = (): string => `load of ${printAccess(access)}`;
  return () => machine.memory.read(access.buffer, offset(), describe);
};

/** How many iterations the loop makes now. */
export const extentOf = (extent: Extent, machine: Machine): Compute => {
  switch (extent.kind) {
    case 'dim': {
      const count = dimOf(extent.dim, machine);
      return () => count;
    }
    case 'tiles': {
      const count = Math.ceil(dimOf(extent.of, machine) / extent.size);
      return () => count;
    }
    case 'tile': {
      const of = dimOf(extent.of, machine);
      return () => Math.min(extent.size, of - machine.loops[extent.tile]! * extent.size);
    }
  }
};

/** (k + ½) / 2²³, k the top 23 bits of a word of the block; Box-Muller on its two words for a normal (tensor/threefry.ts). */
const randomNumber = (distribution: 'uniform' | 'normal', id: number, seed: number, step: number, element: number) => {
  const words = new Uint32Array(2);
  threefry2x32(seed | 0, id | 0, step | 0, element, words);
  const [u, v] = [((words[0]! >>> 9) + 0.5) / 8388608, ((words[1]! >>> 9) + 0.5) / 8388608];
  return distribution === 'uniform' ? u : Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
};

export const exprOf = (expr: Expr, machine: Machine): Compute => {
  switch (expr.kind) {
    case 'number':
      return () => expr.value;
    case 'index':
      return indexOf(expr.of, machine);
    case 'load':
      return loadOf(expr.from, machine);
    case 'local':
      return () => machine.locals[expr.local]!;
    case 'map': {
      const { value } = elementwiseTable[expr.fn];
      const [a, b = a, c = a] = expr.args.map((arg) => exprOf(arg, machine)) as [Compute, Compute?, Compute?];
      switch (expr.args.length) {
        case 1:
          return () => value(a(), 0, 0);
        case 2:
          return () => value(a(), b(), 0);
        default:
          return () => value(a(), b(), c());
      }
    }
    case 'cast': {
      const of = exprOf(expr.of, machine);
      return expr.to === 'int' ? () => of() | 0 : of;
    }
    case 'within': {
      const tests = expr.tests.map(({ index, from, to }) => ({
        index: indexOf(index, machine),
        from: dimOf(from, machine),
        to: dimOf(to, machine),
      }));
      const [then, otherwise] = [exprOf(expr.then, machine), exprOf(expr.otherwise, machine)];
      return () => {
        for (const { index, from, to } of tests) {
          const at = index();
          if (!(at >= from && at < to)) return otherwise();
        }
        return then();
      };
    }
    case 'random': {
      const [seed, step] = [exprOf(expr.seed, machine), exprOf(expr.step, machine)];
      const element = indexOf(expr.element, machine);
      return () => randomNumber(expr.distribution, expr.id, seed(), step(), element());
    }
  }
};
