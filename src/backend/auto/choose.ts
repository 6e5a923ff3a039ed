// Where a program runs under `--backend auto`. In: its work, the backends of a machine. Out: backends, the fastest first, of which
// the first is here; why; and which faster one is not. Only what could be the fastest is looked for: small jobs open no device and
// try no compiler.
import type { Backend, BackendStatus } from '../backend.ts';
import { secondsOn, type Choosable } from './times.ts';
import type { Work } from './work.ts';

/** What the choice looks at; tests put another machine here. */
export interface Surroundings {
  readonly find: (name: Choosable) => Backend;
  readonly threads: () => number;
  /** Whether the system has any GPU at all: a look at files, which opens no device. */
  readonly mayHaveGpu: () => boolean;
}

export interface Lacking {
  readonly name: string;
  readonly status: BackendStatus;
}

export interface Choice {
  readonly backend: Backend;
  /** Those that take its place should it fail, in order. */
  readonly then: readonly Backend[];
  /** Faster ones that are not here, other than GPUs: a machine without one lacks nothing. */
  readonly lacking: readonly Lacking[];
  /** `about 0.3 s, against 2 s on wasm` */
  readonly why: string;
}

const everywhere: readonly Choosable[] = ['reference', 'native', 'wasm'];
const onGpus: readonly Choosable[] = ['webgpu', 'cuda'];

/** A device is worth opening only for what keeps the processor busy for longer. */
const worthGpu = 5;

const seconds = (s: number): string => (s < 0.01 ? 'under 0.01 s' : `about ${Number(s.toPrecision(1))} s`);

export const choose = async (work: Work, surroundings: Surroundings): Promise<Choice> => {
  const threads = surroundings.threads();
  const estimated = (names: readonly Choosable[]) =>
    names.map((name) => ({ name, time: secondsOn(name, work, threads) })).sort((a, b) => a.time - b.time);
  const onProcessor = estimated(everywhere);
  const withGpus = onProcessor[0]!.time > worthGpu && surroundings.mayHaveGpu();
  const ranked = withGpus ? estimated([...everywhere, ...onGpus]) : onProcessor;
  const lacking: Lacking[] = [];
  for (const [i, { name, time }] of ranked.entries()) {
    const backend = surroundings.find(name);
    const status = await backend.detect();
    const isGpu = onGpus.includes(name);
    if (!status.available || (isGpu && status.gpu !== true)) {
      if (!isGpu) lacking.push({ name, status });
      continue;
    }
    const others = onProcessor.filter((other) => other.name !== name).map((o) => `${seconds(o.time)} on ${o.name}`);
    const why = `${seconds(time)}, against ${others.join(' and ')}`;
    const then = ranked.slice(i + 1).filter((other) => !onGpus.includes(other.name));
    return { backend, then: then.map((other) => surroundings.find(other.name)), lacking, why };
  }
  // The interpreter is everywhere.
  return { backend: surroundings.find('reference'), then: [], lacking, why: 'nothing else is here' };
};
