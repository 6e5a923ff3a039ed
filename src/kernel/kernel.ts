// The kernel form: loop nests over strided buffers, what a tensor program becomes before it is rendered as C or WGSL. One tree
// of statements for everything: elementwise bodies, reductions, contractions, scatters, row blocks, whole scans and whiles. Sizes
// stay symbolic (Dim); those that were made constants are constant Dims. Plain data; verify.ts says what is well formed,
// print.ts prints it (`--emit kernels`), interpret.ts runs it slowly in float64.
import type { Dim } from '../tensor/dims.ts';
import type { Elementwise } from '../tensor/elementwise.ts';
import type { RoutineName } from '../tensor/routines.ts';
import type { Tuning } from './tuning.ts';

export type BufferId = number;
/** A loop variable, unique in a kernel program, counting 0, 1, … */
export type LoopId = number;
/** A scalar computed inside a loop body, unique in a kernel program; visible in the statements after the one that makes it, in
 *  the same list and in lists nested in those. */
export type LocalId = number;

/** `real` is float32 or float64, as the renderer is told; `int` is 32 bits, for indices. Booleans are 0/1 reals. */
export type Scalar = 'real' | 'int';

/** Row-major and contiguous. Where it lives:
 *    input, output  given by the caller; an output is written, and may be read back;
 *    constant       `values`, row-major, of a constant shape;
 *    arena          lives for (a part of) a call; memory.ts gives buffers of disjoint lives one place;
 *    scratch        lives for one iteration of the loop that lists it, or (a private accumulator) for one thread of it. */
export interface Buffer {
  readonly name: string;
  readonly scalar: Scalar;
  readonly shape: readonly Dim[];
  readonly storage: 'input' | 'output' | 'constant' | 'arena' | 'scratch';
  readonly values?: readonly number[];
}

// ---------------------------------------------------------------- integers: where in a buffer

/** constant + Σ coef · atom; canonical (terms sorted by their print, no zero coefficient), made by the functions of index-arithmetic.ts. */
export interface Index {
  readonly constant: Dim;
  readonly terms: readonly { readonly coef: Dim; readonly atom: Atom }[];
}
export type Atom =
  | { readonly kind: 'loop'; readonly loop: LoopId }
  /** ⌊of / by⌋ and of - by·⌊of / by⌋, of ≥ 0: reshapes that split what was not merged, and parities. */
  | { readonly kind: 'floor-div' | 'mod'; readonly of: Index; readonly by: Dim }
  /** A computed index: an int expression (a load from an index array, an int local, a cast). */
  | { readonly kind: 'value'; readonly of: Expr };

/** The entry with index at[p] along axis p, at offset Σ at[p] · strides[p]. As lowered, `strides` are those of the buffer's
 *  shape and at.length is its rank; merging loops may make an access of lower rank of it. */
export interface Access {
  readonly buffer: BufferId;
  readonly at: readonly Index[];
  readonly strides: readonly Dim[];
}

// ---------------------------------------------------------------- scalars

export type Expr =
  | { readonly kind: 'number'; readonly value: number; readonly scalar: Scalar }
  /** An index as an int scalar (a size, an iota); `cast` makes a real of it. */
  | { readonly kind: 'index'; readonly of: Index }
  | { readonly kind: 'load'; readonly from: Access }
  | { readonly kind: 'local'; readonly local: LocalId; readonly scalar: Scalar }
  /** Means what the elementwise table says, on reals or ints as its arguments are. Arguments have no effects: a renderer may
   *  evaluate both sides of a `select`. */
  | { readonly kind: 'map'; readonly fn: Elementwise; readonly args: readonly Expr[] }
  | { readonly kind: 'cast'; readonly to: Scalar; readonly of: Expr }
  /** `then` where every test from ≤ index < to holds, else `otherwise`. Only the chosen side may be evaluated: the other may
   *  read out of bounds. */
  | {
      readonly kind: 'within';
      readonly tests: readonly { readonly index: Index; readonly from: Dim; readonly to: Dim }[];
      readonly then: Expr;
      readonly otherwise: Expr;
    }
  /** Element `element` of the random instruction `id` (tensor/threefry.ts). */
  | {
      readonly kind: 'random';
      readonly distribution: 'uniform' | 'normal';
      readonly id: number;
      readonly seed: Expr;
      readonly step: Expr;
      readonly element: Index;
    };

// ---------------------------------------------------------------- statements

/** How often a loop runs: a size; or once for every tile of `size` entries of `of`: ⌈of / size⌉; or, within tile number `tile`, as
 *  often as there are entries in it: min(size, of - tile · size). */
export type Extent =
  | { readonly kind: 'dim'; readonly dim: Dim }
  | { readonly kind: 'tiles'; readonly of: Dim; readonly size: number }
  | { readonly kind: 'tile'; readonly of: Dim; readonly tile: LoopId; readonly size: number };

export interface Loop {
  readonly id: LoopId;
  readonly extent: Extent;
}

/** What one accumulator of a `reduce` does with the values of all iterations.
 *    sum       Σ value (0 over nothing)
 *    min, max  NaN if any value is; 1e30 and -1e30 over nothing; a pass that combines parts may cut what lies beyond (neutral.ts)
 *    argmin    an int local: the number of the iteration with the smallest value, the first of equals (one loop only);
 *              NaN is passed over, as in `value < best` from infinity on; 0 where nothing is less
 *    soft-min  -1/β log Σ exp(-β value), in one pass, stable at every β up to infinity; 1e30 over nothing; cut at 1e30 */
export type ReduceOp = 'sum' | 'min' | 'max' | 'argmin' | 'soft-min';
export interface Accumulator {
  readonly local: LocalId;
  readonly op: ReduceOp;
  readonly value: Expr;
  /** β of a soft-min, computed outside of the iterations: it sees neither their loops nor their lets. */
  readonly beta?: Expr;
}

/** A private accumulator of a parallel loop: each thread has `copy` (a scratch buffer), which is 0 (1e30, -1e30) when it starts;
 *  when all iterations are over, the copies are combined into `into`, in the order of threads. `into` was filled before. */
export interface Private {
  readonly copy: BufferId;
  readonly into: BufferId;
  readonly op: 'sum' | 'min' | 'max';
}

export type Statement =
  | {
      readonly kind: 'loop';
      readonly loop: Loop;
      /** parallel: iterations may run in any order and at once: they write different entries, or private accumulators. */
      readonly role: 'serial' | 'parallel';
      /** Set by the schedule on innermost loops: consecutive iterations as lanes of a vector. */
      readonly vector?: true;
      /** Rough operations of the whole loop, set by the schedule: below some thousands threads cost more than they bring. */
      readonly work?: Dim;
      readonly scratch: readonly BufferId[];
      readonly privates: readonly Private[];
      readonly body: readonly Statement[];
    }
  /** The accumulators over all iterations of the loops, outermost first; makes their locals. `lets` are evaluated in every
   *  iteration, before the values. */
  | {
      readonly kind: 'reduce';
      readonly loops: readonly Loop[];
      readonly vector?: true;
      readonly lets: readonly { readonly local: LocalId; readonly value: Expr }[];
      readonly accumulators: readonly Accumulator[];
    }
  | { readonly kind: 'let'; readonly local: LocalId; readonly value: Expr }
  /** set writes; sum, min and max combine with what stands there. */
  | {
      readonly kind: 'store';
      readonly to: Access;
      readonly value: Expr;
      readonly mode: 'set' | 'sum' | 'min' | 'max';
    }
  | { readonly kind: 'if'; readonly test: Expr; readonly then: readonly Statement[] }
  /** A matrix product by the packed microkernel: out[rows, columns] (+)= Σ inner left · right. All three accesses are affine in
   *  these loops (computed atoms and other loops only where they stand still); `left` does not mention columns, `right` not rows,
   *  `out` not inner. */
  | {
      readonly kind: 'product';
      readonly rows: Loop;
      readonly columns: Loop;
      readonly inner: Loop;
      readonly out: Access;
      readonly left: Access;
      readonly right: Access;
      readonly accumulate: boolean;
    }
  /** On whole buffers (tensor/routines.ts): leading axes are a batch. Float64 inside. */
  | {
      readonly kind: 'routine';
      readonly name: RoutineName;
      readonly args: readonly BufferId[];
      readonly outs: readonly BufferId[];
    }
  /** While steps are left (`loop` counts them, its extent is the most) and `flag`, a real scalar that `test` writes, is not 0;
   *  tested before step 0 and then every `every` steps. `count`, an int scalar, holds the steps taken so far. Stops also when
   *  the caller cancels. */
  | {
      readonly kind: 'while';
      readonly loop: Loop;
      readonly every: number;
      readonly flag: BufferId;
      readonly count: BufferId;
      readonly test: readonly Statement[];
      readonly body: readonly Statement[];
    };

/** The carries of scans and whiles need no copies: a carried buffer has a leading axis of 2, read at the parity of the step and
 *  written at the other; the last value stands at the parity of the number of steps. */
export interface KernelProgram {
  readonly inputs: readonly { readonly name: string; readonly buffer: BufferId }[];
  readonly outputs: readonly { readonly name: string; readonly buffer: BufferId }[];
  /** By BufferId. */
  readonly buffers: readonly Buffer[];
  readonly body: readonly Statement[];
}

/** What passes may know of where a kernel program will run. */
export interface KernelTarget {
  /** Values of all sizes: those of the data at hand, or nominal ones. Only for cost: a program stays right for other sizes. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Bytes of the cache that the intermediates of a row block should fit in (L2, workgroup memory). */
  readonly blockBytes: number;
  /** Whether row blocks with scratch and private accumulators can be rendered. */
  readonly rowBlocks: boolean;
  readonly bytesOfReal: 4 | 8;
  /** What the schedule chooses; the usual choices unless given. */
  readonly tuning?: Tuning;
}
