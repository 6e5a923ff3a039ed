// What every backend offers: it takes a module (named tensor programs) and runs its entries on plain arrays.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Dim } from '../tensor/dims.ts';
import type { DType, Program } from '../tensor/program.ts';

export interface TensorData {
  readonly shape: readonly number[];
  /** Row-major. Backends return Float64Array (reference), Float32Array, or Int32Array for 'int' values. */
  readonly data: Float32Array | Float64Array | Int32Array;
}

/** One compiled model: what `ebmc compile` writes as a file and what `ebmc run` executes. */
export interface ModuleSpec {
  readonly name: string;
  /** One line for the header comment of the artifact: the file it came from. */
  readonly source: string;
  /** The plan in words; becomes a comment of the artifact. */
  readonly description: readonly string[];
  readonly sizes: readonly { readonly name: string; readonly default: number | null }[];
  /** Sizes that follow from others: floor(numerator / denominator). */
  readonly derivedSizes?: readonly { readonly name: string; readonly numerator: Dim; readonly denominator: number }[];
  /** Documentation of inputs and outputs by name, for the signature and the .d.ts. Program inputs not listed are internal. */
  readonly variables: Readonly<
    Record<
      string,
      { readonly role: string; readonly domain: string; readonly shape: readonly Dim[]; readonly dtype: DType }
    >
  >;
  /** `infer`, `energy`, and for training `init`, `step`, `evaluate`. A scalar input named `seed` seeds random numbers. */
  readonly entries: Readonly<Record<string, Program>>;
  /** What `infer` was made for: sizes on which the number of its instructions depends, and data that choose nodes. The module
   *  refuses other values. */
  readonly madeFor?: {
    readonly sizes: Readonly<Record<string, number>>;
    readonly data: Readonly<Record<string, readonly number[]>>;
  };
}

export interface CallOptions {
  /** Values of symbolic sizes; those that inputs determine may be left out, and are checked against the inputs. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Polled between steps of a `while`; true stops it there, keeping what it has. */
  readonly cancelled?: () => boolean;
  /** Called between steps of an outermost `while`. */
  readonly onStep?: (step: number) => void;
  /** Bytes that one tensor may take, 1 GiB unless given; the reference backend does not look. */
  readonly budget?: number;
  /** Inputs that stay on the device while the runner lives: sent again only when their numbers are another array. */
  readonly keep?: readonly string[];
  /** Results of earlier calls that nobody reads any more: their memory may hold results of this one, and they are empty then. */
  readonly recycle?: readonly TensorData[];
  /** How many threads may compute at once, where the backend has any; as many as the machine has unless given. */
  readonly threads?: number;
}

export interface Runner {
  /** What the user should know of where it computes (a GPU was asked for and none found), or null. */
  readonly caution: string | null;
  /** What else there is to say so far, once calls were made: compiled programs that cannot be kept, another backend in place
   *  of this one. */
  readonly warnings?: () => readonly Diagnostic[];
  readonly call: (
    entry: string,
    inputs: Readonly<Record<string, TensorData>>,
    options?: CallOptions,
  ) => Promise<Readonly<Record<string, TensorData>>>;
  readonly dispose: () => Promise<void>;
}

export interface BackendStatus {
  readonly name: string;
  readonly available: boolean;
  /** One line: the device found, or what is missing. */
  readonly detail: string;
  /** The command that gets what is missing, or null: nothing is, or no command would. */
  readonly remedy: string | null;
  /** It is there and computes on a GPU, not on the processor in its place. */
  readonly gpu?: boolean;
}

export interface Backend {
  readonly name: string;
  /** What its numbers are. */
  readonly precision: 'float32' | 'float64';
  readonly describe: string;
  readonly detect: () => Promise<BackendStatus>;
  /** Throws DiagnosticError (EBM513) where the backend cannot run here. */
  readonly load: (module: ModuleSpec) => Promise<Runner>;
}
