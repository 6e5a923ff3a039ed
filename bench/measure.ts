// Times a workload on our side and on the peer's in turn, and how our time grows. In: a workload. Out: plain figures.
import { availableParallelism } from 'node:os';
import type { Ceiling } from './ceiling.ts';
import { shareOf } from './ceiling.ts';
import { median } from './differences.ts';
import { watchMemory } from './memory.ts';
import type { Peer } from './peer.ts';
import { startPeer } from './peer.ts';
import type { Lengths, Workload } from './workload.ts';

export interface Comparison {
  readonly workload: string;
  /** Backend and peer in words. */
  readonly ours: string;
  readonly peer: string | null;
  /** The median of the rounds. */
  readonly oursMs: number;
  readonly peerMs: number | null;
  /** The median over the rounds of ours by theirs. */
  readonly ratio: number | null;
  /** Of the machine's measured ceiling, of arithmetic or of memory, whichever is nearer; null where it was not measured. */
  readonly shareOfCeiling: number | null;
}

export interface Slope {
  readonly length: string;
  readonly at: readonly number[];
  /** Of the processor. */
  readonly ms: readonly number[];
  /** Least squares through log time against log length: 1 is linear. */
  readonly exponent: number;
}

export interface Growth {
  readonly slopes: readonly Slope[];
  /** Of tensors of tfjs; 0 where there are none. */
  readonly peakBytes: number;
  /** On 1, 2, … threads, where the backend has any to count. */
  readonly threads: readonly { readonly count: number; readonly ms: number }[];
}

const rounds = 5;
/** Calls before anything is timed, while engines compile what runs often: this many, or as many as two seconds hold. */
const warmUps = 8;

const warm = async (side: { readonly once: () => Promise<unknown> }): Promise<void> => {
  const until = performance.now() + 2000;
  for (let call = 0; call < warmUps && (call === 0 || performance.now() < until); call++) await side.once();
};

/** Both sides in turn. `peerMissing` is called with the reason where the peer cannot run. */
export const compare = async (
  workload: Workload,
  backend: string,
  ceiling: Ceiling | null,
  peerMissing: (why: string) => void,
): Promise<Comparison> => {
  const arrays = workload.arrays(workload.lengths);
  const ours = await workload.prepare(arrays, backend);
  const found = await startPeer(workload.name, arrays);
  if (typeof found === 'string') peerMissing(found);
  const peer: Peer | null = typeof found === 'string' ? null : found;
  await warm(ours);
  if (peer !== null) await warm(peer);
  const times: { readonly ours: number; readonly peer: number | null }[] = [];
  for (let round = 0; round < rounds; round++)
    times.push({ ours: (await ours.once()).ms, peer: peer === null ? null : await peer.once() });
  await ours.dispose();
  await peer?.stop();
  const oursMs = median(times.map((t) => t.ours));
  return {
    workload: workload.name,
    ours: `ebmc on ${backend}`,
    peer: peer?.title ?? null,
    oursMs,
    peerMs: peer === null ? null : median(times.map((t) => t.peer!)),
    ratio: peer === null ? null : median(times.map((t) => t.ours / t.peer!)),
    shareOfCeiling: ceiling === null ? null : shareOf(ceiling, workload.work(workload.lengths), oursMs),
  };
};

const repeats = 3;

/** Wall time on 1, 2, 4, … threads up to as many as there are processors. */
const overThreads = async (workload: Workload, backend: string): Promise<Growth['threads']> => {
  const ours = await workload.prepare(workload.arrays(workload.lengths), backend);
  const found: { count: number; ms: number }[] = [];
  for (let count = 1; count <= availableParallelism(); count *= 2) {
    await warm({ once: () => ours.once({ threads: count }) });
    const times: number[] = [];
    for (let run = 0; run < repeats; run++) times.push((await ours.once({ threads: count })).ms);
    found.push({ count, ms: median(times) });
  }
  await ours.dispose();
  return found;
};

/** The median of three at each length; peak memory is that of the workload's own lengths. */
export const growth = async (workload: Workload, backend: string, threaded: boolean): Promise<Growth> => {
  const memory = watchMemory();
  const timeAt = async (lengths: Lengths): Promise<number> => {
    const ours = await workload.prepare(workload.arrays(lengths), backend);
    await warm(ours);
    const times: number[] = [];
    for (let run = 0; run < repeats; run++) times.push((await ours.once()).cpuMs);
    await ours.dispose();
    return median(times);
  };
  memory.reset();
  await timeAt(workload.lengths);
  const peakBytes = memory.peak();
  const slopes: Slope[] = [];
  for (const [length, at] of Object.entries(workload.grows)) {
    const ms: number[] = [];
    for (const value of at) ms.push(await timeAt({ ...workload.lengths, [length]: value }));
    slopes.push({ length, at, ms, exponent: exponentOf(at, ms) });
  }
  return { slopes, peakBytes, threads: threaded ? await overThreads(workload, backend) : [] };
};

const exponentOf = (at: readonly number[], ms: readonly number[]): number => {
  const [x, y] = [at.map(Math.log), ms.map(Math.log)];
  const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = x.reduce((sum, xi, i) => sum + (xi - mx) * (y[i]! - my), 0);
  return covariance / x.reduce((sum, xi) => sum + (xi - mx) ** 2, 0);
};
