// Builds tensor programs. In: calls, one operation each. Out: Values and, from finish(), a Program.
// Arguments may be Values of this builder or of any enclosing one (captured by itself), or plain numbers.
// A shape mismatch throws InternalError naming both shapes: user mistakes were found before lowering.
import { InternalError } from '../diagnostics/diagnostic.ts';
import { constant as constantDim, printShape, product, type Dim } from './dims.ts';
import { elementwiseTable } from './elementwise-table.ts';
import type { Elementwise } from './elementwise.ts';
import type { DType, Semiring, View } from './program.ts';
import type { RoutineName } from './routines.ts';
import { broadcastShape } from './shape-rules.ts';
import { type Argument, type Value } from './builder/core.ts';
import { ElementwiseBuilder } from './builder/elementwise-sugar.ts';
import { simplifyContraction } from './builder/contract-peephole.ts';
import {
  buildScan,
  buildWhile,
  type ScanBody,
  type ScanOptions,
  type ScanResult,
  type WhileOptions,
  type WhileResult,
} from './builder/loops.ts';
import { constantOf, simplifyMap, simplifyView } from './builder/peephole.ts';

export type { Argument, Value } from './builder/core.ts';

export type SemiringArgument = 'sum-product' | 'min-plus' | { readonly kind: 'soft-min'; readonly beta: Argument };

/** An operand of `contract`: one label per axis. */
export interface Operand {
  readonly value: Argument;
  readonly axes: readonly number[];
}

export class Builder extends ElementwiseBuilder {
  protected self(): Builder {
    return this;
  }

  /** A builder for a nested program, which may use this one's values. */
  nested(): Builder {
    return new Builder(this);
  }

  isAncestorOf(other: Builder): boolean {
    for (let b = other.parent; b !== null; b = b.parent) if (b === this) return true;
    return false;
  }

  // ------------------------------------------------------------ constants

  constant(value: number, dtype: DType = 'float'): Value {
    return this.emit({ op: 'constant', value }, [{ shape: [], dtype }])[0]!;
  }

  /** Row-major numbers of a shape of constant dims (numbers or Dims). */
  literal(values: readonly number[], shape: readonly (Dim | number)[], dtype: DType = 'float'): Value {
    const dims = shape.map((d) => (typeof d === 'number' ? constantDim(d) : d));
    return this.emit({ op: 'constant', value: [...values] }, [{ shape: dims, dtype }])[0]!;
  }

  /** A size, or a polynomial of sizes, as a float scalar. */
  dim(dim: Dim): Value {
    return this.emit({ op: 'dim', dim })[0]!;
  }

  /** One number everywhere. */
  full(shape: readonly Dim[], value: Argument): Value {
    return this.broadcast(this.use(value), shape);
  }

  zeros(shape: readonly Dim[]): Value {
    return this.full(shape, 0);
  }

  /** 0, 1, 2, … along `axis`. */
  iota(shape: readonly Dim[], axis = 0, dtype: DType = 'float'): Value {
    return this.emit({ op: 'iota', axis: axisOf(shape, axis) }, [{ shape, dtype }])[0]!;
  }

  /** The identity matrix [n, n]. */
  eye(n: Dim): Value {
    return this.eq(this.iota([n, n], 0, 'int'), this.iota([n, n], 1, 'int'));
  }

  /** int […] → float […, n] with a 1 at the index. */
  oneHot(indices: Argument, n: Dim): Value {
    const value = this.use(indices);
    const wide = this.reshape(value, [...value.shape, constantDim(1)]);
    const shape = [...value.shape.map(() => constantDim(1)), n];
    return this.eq(wide, this.iota(shape, shape.length - 1, 'int'));
  }

  // ------------------------------------------------------------ elementwise

  /** Arguments of equal rank (constant 1 broadcasts) or of rank 0. A float constant among ints becomes an int. */
  override map(fn: Elementwise, ...args: readonly Argument[]): Value {
    const values = this.unifyDTypes(
      fn,
      args.map((a) => this.use(a)),
    );
    const known = simplifyMap(this, fn, values);
    if (known !== null) return known;
    const ids = values.map((v) => v.id);
    if (elementwiseTable[fn].commutes === true) ids.sort((a, b) => a - b);
    return this.emit({ op: 'map', fn, args: ids })[0]!;
  }

  private unifyDTypes(fn: Elementwise, values: readonly Value[]): readonly Value[] {
    const judged = fn === 'select' ? values.slice(1) : values;
    if (elementwiseTable[fn].dtype === 'float' || !judged.some((v) => v.dtype === 'int')) return values;
    return values.map((value, i) => {
      if (value.dtype === 'int' || (fn === 'select' && i === 0)) return value;
      const number = constantOf(this, value);
      return number !== null && Number.isInteger(number)
        ? this.broadcast(this.constant(number, 'int'), value.shape)
        : value;
    });
  }

  cast(value: Argument, to: DType): Value {
    const arg = this.use(value);
    return arg.dtype === to ? arg : this.emit({ op: 'cast', arg: arg.id })[0]!;
  }

  // ------------------------------------------------------------ contractions

  /** ⊕ over the labels not in `keep` of ⊗ over the operands; the result's axes are `keep`. */
  contract(semiring: SemiringArgument, operands: readonly Operand[], keep: readonly number[]): Value {
    const kind = typeof semiring === 'string' ? semiring : semiring.kind;
    const form = simplifyContraction(this, kind, {
      operands: operands.map(({ value, axes }) => ({ value: this.use(value), axes })),
      keep,
    });
    const first = form.operands[0];
    if (form.operands.length === 1 && first!.axes.length === keep.length) {
      return this.transpose(
        first!.value,
        keep.map((label) => first!.axes.indexOf(label)),
      );
    }
    const full: Semiring =
      typeof semiring === 'string' ? { kind: semiring } : { kind: 'soft-min', beta: this.use(semiring.beta).id };
    const labelled = form.operands.map(({ value, axes }) => ({ value: value.id, axes }));
    return this.emit({ op: 'contract', semiring: full, operands: labelled, keep })[0]!;
  }

  private reduce(semiring: SemiringArgument, value: Argument, axes: readonly number[] | undefined): Value {
    const arg = this.use(value);
    const labels = arg.shape.map((_, i) => i);
    const gone = new Set(axes === undefined ? labels : axes.map((a) => axisOf(arg.shape, a)));
    return this.contract(
      semiring,
      [{ value: arg, axes: labels }],
      labels.filter((i) => !gone.has(i)),
    );
  }

  /** Reductions: over `axes` (negative from the end), by default all; the reduced axes vanish. */
  sum(value: Argument, axes?: readonly number[]): Value {
    return this.reduce('sum-product', value, axes);
  }
  /** 1e30 over an empty axis. */
  min(value: Argument, axes?: readonly number[]): Value {
    return this.reduce('min-plus', value, axes);
  }
  /** -1e30 over an empty axis. */
  max(value: Argument, axes?: readonly number[]): Value {
    return this.neg(this.min(this.neg(value), axes));
  }
  mean(value: Argument, axes?: readonly number[]): Value {
    const arg = this.use(value);
    const gone = (axes ?? arg.shape.map((_, i) => i)).map((a) => arg.shape[axisOf(arg.shape, a)]!);
    return this.div(this.sum(arg, axes), this.dim(product(gone)));
  }
  /** The free energy -1/β log Σ exp(-β x). */
  softMin(beta: Argument, value: Argument, axes?: readonly number[]): Value {
    return this.reduce({ kind: 'soft-min', beta }, value, axes);
  }
  logSumExp(value: Argument, axes?: readonly number[]): Value {
    return this.neg(this.softMin(1, this.neg(value), axes));
  }
  /** int: the first index of the smallest entry. */
  argmin(value: Argument, axis: number): Value {
    const arg = this.use(value);
    return this.emit({ op: 'argmin', arg: arg.id, axis: axisOf(arg.shape, axis) })[0]!;
  }
  argmax(value: Argument, axis: number): Value {
    return this.argmin(this.neg(value), axis);
  }

  /** a[…, n, k] b[…, k, m]: equal batch axes, or one side without any. */
  matmul(a: Argument, b: Argument): Value {
    const [left, right] = [this.use(a), this.use(b)];
    if (
      left.shape.length < 2 ||
      right.shape.length < 2 ||
      (batchAxes(left).length > 0 && batchAxes(right).length > 0 && left.shape.length !== right.shape.length)
    )
      throw new InternalError(`matmul: ${printShape(left.shape)} and ${printShape(right.shape)}`);
    const [n, k, m] = [-1, -2, -3];
    const kept = batchAxes(left).length >= batchAxes(right).length ? batchAxes(left) : batchAxes(right);
    return this.contract(
      'sum-product',
      [
        { value: left, axes: [...batchAxes(left), n, k] },
        { value: right, axes: [...batchAxes(right), k, m] },
      ],
      [...kept, n, m],
    );
  }

  // ------------------------------------------------------------ views

  view(value: Argument, view: View): Value {
    const arg = this.use(value);
    return simplifyView(this, arg, view) ?? this.emit({ op: 'view', arg: arg.id, view })[0]!;
  }
  reshape(value: Argument, shape: readonly Dim[]): Value {
    return this.view(value, { kind: 'reshape', shape });
  }
  /** Axis i of the result is axis permutation[i] of the argument. */
  transpose(value: Argument, permutation: readonly number[]): Value {
    return this.view(value, { kind: 'transpose', permutation });
  }
  slice(value: Argument, start: readonly Dim[], length: readonly Dim[]): Value {
    return this.view(value, { kind: 'slice', start, length });
  }
  /** The entries start..start+length of one axis. */
  sliceAxis(value: Argument, axis: number, start: Dim, length: Dim): Value {
    const arg = this.use(value);
    const at = axisOf(arg.shape, axis);
    return this.slice(
      arg,
      arg.shape.map((_, i) => (i === at ? start : [])),
      arg.shape.map((d, i) => (i === at ? length : d)),
    );
  }
  expand(value: Argument, shape: readonly Dim[]): Value {
    return this.view(value, { kind: 'expand', shape });
  }
  reverse(value: Argument, axis: number): Value {
    const arg = this.use(value);
    return this.view(arg, { kind: 'reverse', axis: axisOf(arg.shape, axis) });
  }
  pad(value: Argument, before: readonly Dim[], after: readonly Dim[], fill = 0): Value {
    return this.view(value, { kind: 'pad', before, after, value: fill });
  }
  /** New axes of length 1 at these positions of the result, ascending. */
  unsqueeze(value: Argument, axes: readonly number[]): Value {
    const arg = this.use(value);
    return this.reshape(
      arg,
      axes.reduce<readonly Dim[]>((shape, axis) => shape.toSpliced(axis, 0, constantDim(1)), arg.shape),
    );
  }
  /** To a shape it broadcasts to: rank 0, or equal rank with constant 1s. */
  broadcast(value: Argument, shape: readonly Dim[]): Value {
    const arg = this.use(value);
    const ranked =
      arg.shape.length === 0
        ? this.reshape(
            arg,
            shape.map(() => constantDim(1)),
          )
        : arg;
    broadcastShape([ranked.shape, shape], 'broadcast');
    return this.expand(ranked, shape);
  }
  concat(values: readonly Argument[], axis: number): Value {
    const args = values.map((v) => this.use(v));
    if (args.length === 1) return args[0]!;
    return this.emit({ op: 'concat', args: args.map((a) => a.id), axis: axisOf(args[0]!.shape, axis) })[0]!;
  }
  /** Joins equal shapes along a new axis of the result. */
  stack(values: readonly Argument[], axis = 0): Value {
    return this.concat(
      values.map((v) => this.unsqueeze(v, [axis])),
      axis,
    );
  }

  // ------------------------------------------------------------ indexing, random numbers, routines

  /** out[a…, i…, b…] = data[a…, indices[i…], b…]; int indices in range. */
  gather(data: Argument, indices: Argument, axis = 0): Value {
    const source = this.use(data);
    return this.emit({
      op: 'gather',
      data: source.id,
      indices: this.use(indices).id,
      axis: axisOf(source.shape, axis),
    })[0]!;
  }
  /** The transpose of gather: zeros with `length` along `axis`, updates[a…, i…, b…] added at indices[i…]. */
  scatterAdd(updates: Argument, indices: Argument, axis: number, length: Dim): Value {
    const [source, index] = [this.use(updates), this.use(indices)];
    const shape = source.shape.toSpliced(axis, index.shape.length, length);
    return this.emit({ op: 'scatter-add', updates: source.id, indices: index.id, axis }, [
      { shape, dtype: 'float' },
    ])[0]!;
  }
  random(distribution: 'uniform' | 'normal', shape: readonly Dim[], seed: Argument, step: Argument): Value {
    const [key, counter] = [this.use(seed).id, this.use(step).id];
    return this.emit({ op: 'random', id: this.nextRandom(), distribution, seed: key, step: counter }, [
      { shape, dtype: 'float' },
    ])[0]!;
  }
  routine(name: RoutineName, ...args: readonly Argument[]): readonly Value[] {
    return this.emit({ op: 'routine', name, args: args.map((a) => this.use(a).id) });
  }

  // ------------------------------------------------------------ loops

  /** Runs the body over the leading axis of `xs` (`length` steps; from the end when `reverse`), stacking its ys in place. */
  scan(options: ScanOptions, body: ScanBody): ScanResult {
    return buildScan(this, options, body);
  }
  /** Repeats the body until test gives 0 or `max` steps are done; test runs before step 0 and then every `every` steps. */
  while_(
    options: WhileOptions,
    test: (b: Builder, carry: readonly Value[]) => Argument,
    body: (b: Builder, carry: readonly Value[]) => readonly Argument[],
  ): WhileResult {
    return buildWhile(this, options, test, body);
  }
}

/** All axes but the last two. */
const batchAxes = (value: Value): readonly number[] => value.shape.slice(0, -2).map((_, i) => i);

/** A negative axis counts from the end. */
const axisOf = (shape: readonly Dim[], axis: number): number => {
  const found = axis < 0 ? axis + shape.length : axis;
  if (!Number.isInteger(found) || found < 0 || found >= shape.length)
    throw new InternalError(`no axis ${axis} in ${printShape(shape)}`);
  return found;
};
