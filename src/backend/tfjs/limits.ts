// What each tfjs backend can do with each operation: the highest rank at which it is right, and how it goes wrong or slow
// beyond or besides. In: an operation and a backend. Out: the facts. The legalising pass stays inside the least of them; a test
// probes every claim on every backend that is there, at the claimed rank and just past it.
import type { TfjsBackendName } from './devices/device.ts';
import { tfjsOperations, type TfjsOperation } from './operations.ts';

export interface Limit {
  /** Right up to this rank, Infinity where no limit was found, -1 where the backend lacks the operation. */
  readonly rank: number;
  /** Which realisation is wrong or slow, and what is done instead. */
  readonly caution?: string;
  /** On the safe side of what is known, where no such device was at hand: it may be right beyond. */
  readonly assumed?: true;
}

type Limits = Readonly<Record<TfjsBackendName, Limit>>;

const any: Limit = { rank: Infinity };
const upTo = (rank: number, caution?: string): Limit => ({ rank, ...(caution === undefined ? {} : { caution }) });
const slow = (caution: string): Limit => ({ rank: Infinity, caution });
/** CUDA's kernels of libtensorflow 2.9 have a case for each rank up to 6 or 8 (tensorflow/core/kernels/pad_op.cc and others). */
const onCuda: Limit = { rank: 6, assumed: true };

const throwsAt7 = upTo(6, 'throws at rank 7');
/** Nothing to compute: numbers are written or handed on. */
const free: Limits = { cpu: any, wasm: any, webgpu: any, cuda: any, tensorflow: any };
/** No axes to go wrong about: the kernel sees a flat array, except that WebGPU's throws. */
const flat: Limits = { cpu: any, wasm: any, webgpu: throwsAt7, cuda: any, tensorflow: any };
const flatOnWasm = (caution: string): Limits => ({ ...flat, wasm: slow(caution) });
const broadcastOnTensorflow = upTo(5, 'broadcasting along alternating axes throws at rank 6');
const vectorised: Limits = {
  cpu: any,
  wasm: upTo(6, 'broadcasting past rank 6 returns garbage without an error'),
  webgpu: upTo(6, 'throws at rank 7; integers are computed in float32'),
  cuda: { rank: 5, assumed: true },
  tensorflow: broadcastOnTensorflow,
};
const broadcastSlowly: Limits = {
  ...vectorised,
  wasm: slow('broadcasting costs 60 ns an entry, equal shapes or a scalar 3 to 8: repeat the smaller argument first'),
};
const emptyUndefined = 'of no entries it returns uninitialised memory';
const emptyTraps = 'of no entries it traps (integer division by zero)';
const emptyThrows = 'of no entries it throws, or reads what is no buffer';

export const limits: Readonly<Record<TfjsOperation, Limits>> = {
  scalar: free,
  tensor: free,
  range: free,
  zeros: free,
  fill: flat,
  zerosLike: flat,
  clone: free,
  cast: flatOnWasm('to bool it truncates, so that 0.5 becomes false: compare with 0 instead'),
  reshape: free,
  neg: flat,
  abs: flat,
  sign: flat,
  square: flat,
  reciprocal: flat,
  sqrt: flat,
  exp: flat,
  log: { ...flat, webgpu: upTo(6, 'throws at rank 7; -88 at 0 on SwiftShader: see runtime/precise.ts') },
  sinh: flat,
  cosh: flat,
  tanh: flat,
  sigmoid: flat,
  softplus: flat,
  relu: flat,
  floor: flat,
  round: flat,
  erf: flat,
  isNaN: flat,
  add: vectorised,
  sub: vectorised,
  mul: vectorised,
  div: vectorised,
  pow: broadcastSlowly,
  minimum: broadcastSlowly,
  maximum: broadcastSlowly,
  mod: broadcastSlowly,
  atan2: broadcastSlowly,
  less: broadcastSlowly,
  lessEqual: broadcastSlowly,
  greater: broadcastSlowly,
  greaterEqual: broadcastSlowly,
  equal: broadcastSlowly,
  notEqual: broadcastSlowly,
  where: {
    cpu: slow('takes arguments of one shape only'),
    wasm: slow('takes arguments of one shape only'),
    webgpu: upTo(4, 'throws at rank 5'),
    cuda: any,
    tensorflow: any,
  },
  matMul: {
    cpu: any,
    wasm: slow(
      `transposeA is six times slower than a transpose first; a batch runs at a tenth of one product's speed; over an empty sum ${emptyUndefined}`,
    ),
    webgpu: slow('over an empty sum it binds an empty buffer, which is an error'),
    cuda: any,
    tensorflow: any,
  },
  sum: {
    cpu: any,
    wasm: slow(`a running float32 sum: 4 % off at 2²² entries; ${emptyUndefined}`),
    webgpu: upTo(6, `throws at rank 7; ${emptyThrows}`),
    cuda: onCuda,
    tensorflow: any,
  },
  min: {
    cpu: slow('of no entries it is NaN'),
    wasm: slow(`${emptyUndefined}; ${emptyTraps} unless along the last axis`),
    webgpu: upTo(6, `throws at rank 7; ${emptyThrows}`),
    cuda: onCuda,
    tensorflow: any,
  },
  argMin: {
    cpu: any,
    wasm: slow(`${emptyTraps} unless along the last axis`),
    webgpu: upTo(6, `throws at rank 7; of a vector it has shape [1]; ${emptyThrows}`),
    cuda: { rank: 6, assumed: true },
    tensorflow: upTo(7, 'throws at rank 8'),
  },
  transpose: {
    cpu: any,
    wasm: slow(`a hundred times slower past rank 4; ${emptyTraps}`),
    webgpu: throwsAt7,
    cuda: onCuda,
    tensorflow: any,
  },
  slice: {
    cpu: any,
    wasm: slow('copies the whole tensor first: never in a loop'),
    webgpu: throwsAt7,
    cuda: onCuda,
    tensorflow: any,
  },
  reverse: { cpu: any, wasm: any, webgpu: upTo(4, 'throws at rank 5'), cuda: onCuda, tensorflow: any },
  pad: {
    cpu: any,
    wasm: upTo(6, 'past rank 6 it returns garbage without an error'),
    webgpu: upTo(4, 'its shader does not compile at rank 5 and 6: zeros without an exception'),
    cuda: onCuda,
    tensorflow: any,
  },
  concat: free,
  oneHot: { ...free, wasm: slow('as float32 it writes the bits of an integer 1: make it int32 and cast') },
  gather: {
    cpu: any,
    wasm: slow('30 ns an entry, and wrong in shape for empty slices: the host copies instead'),
    webgpu: slow('reads 0 out of range: indices are looked at first'),
    cuda: slow('reads 0 out of range'),
    tensorflow: any,
  },
};

/** The rank up to which every backend is right in every operation: what the legalising pass may use. */
export const commonRank = Math.min(
  ...tfjsOperations.flatMap((name) => Object.values(limits[name]).map((limit) => limit.rank)),
);
