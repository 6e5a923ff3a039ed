// How long a program would take, by backend. In: its work. Out: seconds. The figures were measured, on the examples and on two
// cores of an AMD EPYC (in-process, the second of two calls for what computing takes, the first for what starting takes); they
// stand for orders of magnitude, and choose between backends that differ by more.
import type { Work } from './work.ts';

export type Choosable = 'reference' | 'native' | 'wasm' | 'webgpu' | 'cuda';

interface Times {
  /** Until the first call begins: loading, opening a device. */
  readonly start: number;
  /** For each instruction of the text, translating and compiling it. */
  readonly instruction: number;
  /** For each instruction carried out, whatever its size. */
  readonly launch: number;
  /** For each operation, on one thread where `threaded`. */
  readonly operation: number;
  readonly threaded: boolean;
  readonly why: string;
}

/** Of what compiling takes so much is counted: most runs find the program compiled. Whether this one does must not matter, for the
 *  same command is to give the same numbers. */
const compiledBefore = 0.1;

export const times: Readonly<Record<Choosable, Times>> = {
  reference: {
    start: 0,
    instruction: 0,
    launch: 5e-8,
    operation: 1e-9,
    threaded: false,
    why: 'plain loops in the process that stands there anyway: nothing starts',
  },
  native: {
    start: 0.04,
    instruction: 0.005 * compiledBefore,
    launch: 2e-9,
    operation: 4e-11,
    threaded: true,
    why: 'a thread and a library are loaded; instructions are fused, so that few of them are calls',
  },
  wasm: {
    start: 0.2,
    instruction: 0.0005,
    launch: 6e-7,
    operation: 1.5e-10,
    threaded: false,
    why: 'tfjs is loaded, the module is written and read; each operation is a call and a pass over memory',
  },
  webgpu: {
    start: 0.8,
    instruction: 0.003,
    launch: 1e-5,
    operation: 2e-12,
    threaded: false,
    why: 'a device is opened and shaders are compiled; steps of loops are dispatches',
  },
  cuda: {
    start: 4,
    instruction: 0.0005,
    launch: 2e-5,
    operation: 1e-12,
    threaded: false,
    why: 'libtensorflow is loaded; each operation is a call',
  },
};

/** Seconds on one backend, with so many threads where it has any. */
export const secondsOn = (name: Choosable, { operations, launches, instructions }: Work, threads: number): number => {
  const { start, instruction, launch, operation, threaded } = times[name];
  return start + instruction * instructions + launch * launches + (operation * operations) / (threaded ? threads : 1);
};
