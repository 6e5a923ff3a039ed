// What each tfjs backend can do with each operation: the highest rank at which it is right, and how it goes wrong or slow
// beyond or besides. In: an operation and a backend. Out: the facts. The legalising pass stays inside the least of them; a test
// probes every claim for cpu and wasm, at the claimed rank and just past it. WebGPU's are as observed on SwiftShader.
import { tfjsOperations, type TfjsOperation } from './operations.ts';

export type TfjsDevice = 'cpu' | 'wasm' | 'webgpu';

export interface Limit {
  /** Right up to this rank, Infinity where no limit was found, -1 where the backend lacks the operation. */
  readonly rank: number;
  /** Which realisation is wrong or slow, and what is done instead. */
  readonly caution?: string;
}

type Limits = Readonly<Record<TfjsDevice, Limit>>;

const any: Limit = { rank: Infinity };
const upTo = (rank: number, caution?: string): Limit => ({ rank, ...(caution === undefined ? {} : { caution }) });
const slow = (caution: string): Limit => ({ rank: Infinity, caution });

/** No axes to go wrong about: the kernel sees a flat array. */
const flat: Limits = { cpu: any, wasm: any, webgpu: upTo(6) };
const flatOnWasm = (caution: string): Limits => ({ ...flat, wasm: slow(caution) });
const vectorised: Limits = {
  cpu: any,
  wasm: upTo(6, 'broadcasting past rank 6 returns garbage without an error'),
  webgpu: upTo(6, 'throws at rank 7'),
};
const broadcastSlowly: Limits = {
  cpu: any,
  wasm: slow('broadcasting costs 60 ns an entry, equal shapes or a scalar 3 to 8: repeat the smaller argument first'),
  webgpu: upTo(6),
};
const emptyUndefined = 'of no entries it returns uninitialised memory';
const emptyTraps = 'of no entries it traps (integer division by zero)';

export const limits: Readonly<Record<TfjsOperation, Limits>> = {
  scalar: flat,
  tensor: flat,
  range: flat,
  zeros: flat,
  fill: flat,
  zerosLike: flat,
  clone: flat,
  cast: flatOnWasm('to bool it truncates, so that 0.5 becomes false: compare with 0 instead'),
  reshape: flat,
  neg: flat,
  abs: flat,
  sign: flat,
  square: flat,
  reciprocal: flat,
  sqrt: flat,
  exp: flat,
  expm1: { ...flat, webgpu: upTo(6, 'is exp(x) - 1, so that it loses small arguments') },
  log: flat,
  sin: flat,
  cos: flat,
  tan: flat,
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
  },
  matMul: {
    cpu: any,
    wasm: slow(
      `transposeA is six times slower than a transpose first; a batch runs at a tenth of one product's speed; over an empty sum ${emptyUndefined}`,
    ),
    webgpu: upTo(6),
  },
  sum: {
    cpu: any,
    wasm: slow(`a running float32 sum: 4 % off at 2²² entries; ${emptyUndefined}`),
    webgpu: upTo(6, 'throws at rank 7'),
  },
  min: {
    cpu: slow('of no entries it is NaN'),
    wasm: slow(`${emptyUndefined}; ${emptyTraps} unless along the last axis`),
    webgpu: upTo(6, 'throws at rank 7'),
  },
  argMin: { cpu: any, wasm: slow(`${emptyTraps} unless along the last axis`), webgpu: upTo(6) },
  transpose: {
    cpu: any,
    wasm: slow(`a hundred times slower past rank 4; ${emptyTraps}`),
    webgpu: upTo(6, 'throws at rank 7'),
  },
  slice: {
    cpu: any,
    wasm: slow('copies the whole tensor first: never in a loop'),
    webgpu: upTo(6, 'throws at rank 7'),
  },
  reverse: { cpu: any, wasm: any, webgpu: upTo(4, 'throws at rank 5') },
  pad: {
    cpu: any,
    wasm: upTo(6, 'past rank 6 it returns garbage without an error'),
    webgpu: upTo(4, 'wrong at rank 5 and 6'),
  },
  concat: flat,
  oneHot: flatOnWasm('as float32 it writes the bits of an integer 1: make it int32 and cast'),
  gather: {
    cpu: any,
    wasm: slow('30 ns an entry, and wrong in shape for empty slices: the host copies instead'),
    webgpu: upTo(6, 'reads 0 out of range'),
  },
};

/** The rank up to which every backend is right in every operation: what the legalising pass may use. */
export const commonRank = Math.min(
  ...tfjsOperations.flatMap((name) => Object.values(limits[name]).map((limit) => limit.rank)),
);
