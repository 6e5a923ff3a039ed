// What this machine does on the native backend, program by program, under any tuning. In: a tuning. Out: milliseconds, shares of what
// the machine was seen to do. Throws DiagnosticError (EBM513) where nothing can be compiled here.
import type { Runner } from '../../backend.ts';
import type { Tuning } from '../../../kernel/tuning.ts';
import { compilerWith, nativeBackendsOn, thisMachine, tuningHere } from '../run.ts';
import { cacheFolderOf } from '../cache-folder.ts';
import { processorFeatures } from '../processor.ts';
import { rememberTuning } from './remembered.ts';
import { search, type Found, type Measured } from './search.ts';
import { standardPrograms, type StandardProgram } from './standard-programs.ts';

/** Runs of which the fastest counts: whatever else the machine does only takes time. */
const runs = 7;

const moduleOf = ({ name, program }: StandardProgram) => ({
  name,
  source: name,
  description: [],
  sizes: [],
  variables: {},
  entries: { infer: program },
});

const timeOf = async (runner: Runner, { inputs }: StandardProgram): Promise<number> => {
  const call = (): Promise<unknown> => runner.call('infer', inputs, { keep: Object.keys(inputs) });
  await call();
  let least = Infinity;
  for (let i = 0; i < runs; i++) {
    const started = performance.now();
    await call();
    least = Math.min(least, performance.now() - started);
  }
  return least;
};

/** Milliseconds of one call of each, the fastest of several; its numbers come and go between threads, and that counts too. */
export const measure = async (programs: readonly StandardProgram[], tuning: Tuning): Promise<Measured> => {
  const { native } = nativeBackendsOn(
    thisMachine,
    compilerWith(() => tuning),
  );
  const times: Record<string, number> = {};
  for (const program of programs) {
    const runner = await native.load(moduleOf(program));
    times[program.name] = await timeOf(runner, program);
    await runner.dispose();
  }
  return times;
};

export interface BenchLine {
  readonly workload: string;
  readonly what: string;
  readonly ms: number;
  /** Thousand millions of operations a second. */
  readonly gflops: number;
  /** Thousand millions of bytes a second. */
  readonly gigabytes: number;
}

export interface BenchReport {
  readonly tuning: Tuning;
  readonly lines: readonly BenchLine[];
  /** Of a search: how it compares and where it is remembered. */
  readonly tuned: { readonly ratio: number; readonly tries: number; readonly path: string } | null;
}

const linesOf = (programs: readonly StandardProgram[], measured: Measured): readonly BenchLine[] =>
  programs.map(({ name, what, flops, bytes }) => {
    const ms = measured[name]!;
    return { workload: name, what, ms, gflops: flops / ms / 1e6, gigabytes: bytes / ms / 1e6 };
  });

export type Told = (choice: string, value: number, ratio: number) => void;

/** `tune`: searches, and remembers what it found for this processor. */
export const benchNative = async (tune: boolean, told: Told): Promise<BenchReport> => {
  const programs = standardPrograms();
  if (!tune) {
    const tuning = tuningHere();
    return { tuning, lines: linesOf(programs, await measure(programs, tuning)), tuned: null };
  }
  const found: Found = await search((tuning) => measure(programs, tuning), tuningHere(), told);
  const path = await rememberTuning(cacheFolderOf(), processorFeatures(), found.tuning);
  const { ratio, tries } = found;
  return { tuning: found.tuning, lines: linesOf(programs, found.measured), tuned: { ratio, tries, path } };
};
