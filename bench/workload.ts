// What a workload is: data that both sides read, our model or program of it, and how one unit of work is timed on our side. The
// peer's side stands under the same name in peers.py.
import type { BenchArray } from './arrays.ts';

/** How large: the lengths that grow, by name. */
export type Lengths = Readonly<Record<string, number>>;

/** What a piece of work took: by the clock, and of the processor, which other programs do not stretch. */
export interface Taken {
  readonly ms: number;
  readonly cpuMs: number;
}

/** How calls are made: on so many threads, where the backend has any; on all of them unless given. */
export interface Setting {
  readonly threads?: number;
}

export interface Prepared {
  /** One unit of work (a step, a pass), measured once. */
  readonly once: (setting?: Setting) => Promise<Taken>;
  readonly dispose: () => Promise<void>;
}

/** What one unit of work cannot do without. */
export interface Work {
  /** Additions and multiplications; a function of the elementwise table counts as often as that table says. */
  readonly flops: number;
  /** Of float32 arrays that do not fit a cache, each read or written once. */
  readonly bytes: number;
}

export interface Workload {
  readonly name: string;
  /** What one unit of work is. */
  readonly unit: string;
  readonly lengths: Lengths;
  /** Lengths along which time has to grow linearly, each with the larger values that show it. */
  readonly grows: Readonly<Record<string, readonly number[]>>;
  /** The largest ratio to the peer that is accepted, by backend; nothing is asked of others. */
  readonly limits: Readonly<Record<string, number>>;
  readonly work: (lengths: Lengths) => Work;
  /** Arrays for both sides, random with a fixed seed. */
  readonly arrays: (lengths: Lengths) => Readonly<Record<string, BenchArray>>;
  readonly prepare: (arrays: Readonly<Record<string, BenchArray>>, backend: string) => Promise<Prepared>;
}

/** The same work on a share of its points and steps, for a quick look. */
export const scaled = (workload: Workload, share: number): Workload => {
  const scale = (name: string, length: number): number =>
    name === 'N' || name === 'T' ? Math.max(2, Math.round(share * length)) : length;
  const grows = Object.entries(workload.grows).map(([name, at]) => [name, at.map((n) => scale(name, n))] as const);
  const lengths = Object.entries(workload.lengths).map(([name, n]) => [name, scale(name, n)] as const);
  return { ...workload, lengths: Object.fromEntries(lengths), grows: Object.fromEntries(grows) };
};
