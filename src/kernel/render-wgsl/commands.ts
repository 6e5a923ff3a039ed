// A kernel program for WebGPU: shaders, and what the host encodes. Everything stands in one memory of 32-bit words. Plain data.
import type { RoutineName } from '../../tensor/routines.ts';
import type { Scalar } from '../kernel.ts';

export interface Placed {
  readonly name: string;
  /** First word. */
  readonly base: number;
  readonly shape: readonly number[];
  readonly scalar: Scalar;
}

/** Loops around a command are the `repeat`s and `while`s that it stands in, the outermost first: their values are parameters. */
export type Command =
  | {
      readonly kind: 'dispatch';
      readonly shader: number;
      /** Workgroups; more than a dimension takes are laid out along the second. */
      readonly groups: number;
      /** Rough time, in operations of one invocation. */
      readonly time: number;
      /** Of a loop inside that is too long for one dispatch: iterations, and how many each dispatch runs. A while stops when its
       *  word `alive` is 0, or the caller wants it; `count` is the word with the steps taken. */
      readonly range: {
        readonly count: number;
        readonly step: number;
        readonly stops: { readonly alive: number; readonly count: number } | null;
      } | null;
    }
  | { readonly kind: 'repeat'; readonly count: number; readonly body: readonly Command[] }
  /** `begin` with step 0; then for each step its test, every `every` steps, and its body, until the word `alive` is found to be 0;
   *  `end` with the number of steps encoded. What is encoded too much does nothing. */
  | {
      readonly kind: 'while';
      readonly most: number;
      readonly every: number;
      readonly alive: number;
      readonly count: number;
      readonly begin: readonly Command[];
      readonly test: readonly Command[];
      readonly body: readonly Command[];
      readonly end: readonly Command[];
    }
  /** A routine too large for one invocation: arguments read back, results written. Not run where the word `alive` is 0. */
  | {
      readonly kind: 'host';
      readonly name: RoutineName;
      readonly args: readonly Placed[];
      readonly outs: readonly Placed[];
      readonly alive: number | null;
    };

export interface Shader {
  readonly label: string;
  readonly text: string;
}

export interface WgslProgram {
  readonly words: number;
  /** The word that is 0 until the caller wants whiles to stop: those within a dispatch look there. */
  readonly stop: number;
  readonly inputs: readonly (Placed & {
    /** Where a scalar stands once more as an int: as a seed. */
    readonly seed: number | null;
  })[];
  readonly outputs: readonly Placed[];
  readonly constants: readonly (Placed & { readonly values: readonly number[] })[];
  readonly shaders: readonly Shader[];
  readonly commands: readonly Command[];
}
