// What the main thread and the worker that calls compiled programs tell each other. Arrays travel by transfer: who sends one has
// it no longer.

/** Elements of inputs and outputs; the arrays of C are these. */
export type Element = 'float32' | 'float64' | 'int32';
export type Numbers = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Int32Array<ArrayBuffer>;

/** Numbers sent now, to be kept under a name where there is one, or those that were kept under it. */
export type SentInput =
  { readonly numbers: Numbers; readonly keep: string | null } | { readonly numbers: null; readonly keep: string };

export interface CallRequest {
  readonly kind: 'call';
  readonly id: number;
  /** The shared library and what of it is called: `ebmc_ENTRY` and `ebmc_ENTRY_bytes`. */
  readonly path: string;
  readonly symbol: string;
  readonly sizes: readonly number[];
  readonly inputs: readonly SentInput[];
  /** `room`: an array of this length that may hold the results. */
  readonly outputs: readonly { readonly element: Element; readonly length: number; readonly room: Numbers | null }[];
  readonly threads: number;
  /** Bytes that the arena may take. */
  readonly memory: number;
  /** [0]: what the caller wants (control.ts); [1]: how far the outermost loop is. Shared. */
  readonly control: Int32Array<SharedArrayBuffer>;
}

export type Request =
  | CallRequest
  /** Lets go of every input kept under a name that begins so, and of the arena. */
  | { readonly kind: 'forget'; readonly prefix: string };

export type Reply = { readonly id: number } & (
  | { readonly kind: 'done'; readonly stopped: 'no' | 'asked' | 'gave up'; readonly outputs: readonly Numbers[] }
  /** The arena or the outputs; null: more bytes than 63 bits count. */
  | { readonly kind: 'memory'; readonly bytes: number | null }
  /** The library does not load, or lacks a function. */
  | { readonly kind: 'unloadable'; readonly said: string }
);

/** What the caller writes into control[0]. */
export const wishes = { goOn: 0, stop: 1, giveUp: 2 } as const;
