// Types of kmeans, compiled from kmeans.ebm by ebmc.
import type * as tf from '@tensorflow/tfjs-core';

export type Size = 'N' | 'D' | 'K';

/** Numbers in row-major order. */
export interface PlainTensor<Data = Float32Array | Int32Array> {
  readonly shape: readonly number[];
  readonly data: Data;
}
export type Nested = number | boolean | readonly Nested[];
/** A tensor, numbers with their shape, or nested arrays of numbers. */
export type Input = tf.Tensor | PlainTensor<ArrayLike<number>> | Nested;

export interface Options {
  /** Sizes that the inputs do not determine; those that they do are checked. */
  readonly sizes?: Readonly<Partial<Record<Size, number>>>;
  /** Asked between the steps of a loop: true stops it there, and what it has is returned. */
  readonly cancelled?: () => boolean;
  /** Told the number of steps done, after each step of an outermost loop. */
  readonly onStep?: (step: number) => void;
  /** Bytes that one tensor may take; 1 GiB unless given. */
  readonly budget?: number;
}

export interface VariableSignature {
  readonly role: string;
  readonly domain: string;
  readonly dtype: 'float32' | 'int32';
  /** Polynomials of sizes, such as N or 2*K + 1. */
  readonly shape: readonly string[];
}

export declare const signature: {
  readonly name: 'kmeans';
  readonly sizes: Readonly<Record<Size, number | null>>;
  readonly entries: {
    readonly infer: {
      readonly inputs: Readonly<Record<'y' | 'start', VariableSignature>>;
      readonly outputs: Readonly<Record<'w' | 'z' | 'energy' | 'steps', VariableSignature>>;
    };
  };
};

export interface InferInputs {
  /** target : real[D], shape [N, D] */
  readonly y: Input;
  /** internal : real, shape [K, D] */
  readonly start: Input;
}
export interface InferOutputs {
  /** param : real[K, D], shape [K, D] */
  readonly w: PlainTensor<Float32Array>;
  /** latent : onehot[K], shape [N] */
  readonly z: PlainTensor<Int32Array>;
  /** internal : real, shape [] */
  readonly energy: PlainTensor<Float32Array>;
  /** internal : real, shape [] */
  readonly steps: PlainTensor<Float32Array>;
}
export declare function infer(inputs: InferInputs, options?: Options): Promise<InferOutputs>;
