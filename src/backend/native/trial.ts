// One C compiler, tried out. In: a command and a way to run it. Out: what it is good for (version, flags that it takes), or in words
// what is wrong with it. It is believed when a library that it made has been loaded and called in a process of its own.
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saidBy, type Ending, type RunCommand } from './compiler-process.ts';

export interface Toolchain {
  /** The command and arguments that CC gave with it. */
  readonly command: readonly string[];
  /** The first line that `--version` prints. */
  readonly version: string;
  readonly flags: readonly string[];
  /** Whether loops run on several threads. */
  readonly threads: boolean;
}

/** What is wrong with a compiler; `late`: it hung. */
export interface Failure {
  readonly fails: string;
  readonly late: boolean;
}

/** What search and trials look at; tests put another machine here. */
export interface Machine {
  readonly platform: string;
  readonly architecture: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly run: RunCommand;
  readonly node: string;
  /** Where koffi is, or null: not installed. */
  readonly koffi: () => string | null;
}

const trialMilliseconds = 20_000;

const required = ['-std=gnu11', '-O3', '-fPIC', '-shared'] as const;

/** Flags that a compiler may lack, each of them. Never -ffast-math: its start-up code sets flush-to-zero on Node's own thread,
 *  and comparisons with NaN lose their meaning. Loops that are split where a condition changes have lengths that are not known, and
 *  rows of 32 inside of them end in scalars. nodelete: a thread of OpenMP may stand in code that the end of a process unloads. */
const optional = ({ platform, architecture }: Machine): readonly string[] => [
  // clang for Apple's processors has no -march=native.
  platform === 'darwin' && architecture === 'arm64' ? '-mcpu=native' : '-march=native',
  '-fno-math-errno',
  '-fno-trapping-math',
  '-fno-split-loops',
  '-fopenmp',
  // The linker of macOS does not know it, nor needs it: the thread of the libraries is never ended.
  ...(platform === 'darwin' ? [] : ['-Wl,-z,nodelete']),
];

/** What goes behind the sources. */
export const linked = ['-lm'] as const;

const trialSource = `#include <math.h>
#include <stdint.h>
int32_t ebmc_trial(double x, int32_t n) {
  double sum = 0;
#pragma omp parallel for reduction(+ : sum) num_threads(2)
  for (int32_t i = 0; i < n; i++) sum += sqrt(x * i);
  return (int32_t)(sum + 0.5);
}
`;
/** Σ sqrt(4 i), i < 4. */
const trialResult = Math.round(2 * (1 + Math.SQRT2 + Math.sqrt(3)));

const trialCode = `
const library = require(process.argv[1]).load(process.argv[2]);
console.log('result ' + library.func('int32_t ebmc_trial(double x, int32_t n)')(4, 4));
`;

/** All that a trial depends on beside the compiler itself. */
export const trialFacts = (machine: Machine): readonly unknown[] => [required, optional(machine), linked, trialSource];

/** What a compiler that cannot be used did. */
const wrongness = (command: readonly string[], ending: Ending, what: string): string => {
  const name = command.join(' ');
  if (ending.kind === 'late') return `${name} did not answer within ${trialMilliseconds / 1000} s`;
  const [said] = saidBy(ending);
  const how = ending.signal === null ? '' : ` (${ending.signal})`;
  return `${name} ${what}${how}${said === undefined ? '' : `: ${said}`}`;
};

interface Trial {
  readonly fails: string | null;
  readonly late: boolean;
  /** No other flags would help: it is no compiler, or hangs. */
  readonly hopeless: boolean;
}

/** Compiles the trial source with these flags and calls what comes of it in another process. */
const tried = async (
  machine: Machine,
  command: readonly string[],
  flags: readonly string[],
  folder: string,
): Promise<Trial> => {
  const library = join(folder, 'trial.so');
  await rm(library, { force: true });
  const args = [...command.slice(1), ...required, ...flags, '-x', 'c', '-', '-o', library, ...linked];
  const compiled = await machine.run({ file: command[0]!, args, input: trialSource, directory: folder, milliseconds: trialMilliseconds }); // prettier-ignore
  const failed = (ending: Ending, what: string, hopeless = false): Trial => ({ fails: wrongness(command, ending, what), late: ending.kind === 'late', hopeless }); // prettier-ignore
  if (compiled.kind !== 'exited') return failed(compiled, 'does not start', true);
  if (compiled.exitCode !== 0) return failed(compiled, 'compiles no C');
  const made = await stat(library).catch(() => null);
  if (made === null || made.size === 0) return failed(compiled, 'makes no library: it is no C compiler', true);
  const called = await machine.run({
    file: machine.node,
    args: ['-e', trialCode, machine.koffi()!, library],
    directory: folder,
    milliseconds: trialMilliseconds,
  });
  if (called.kind === 'exited' && called.exitCode === 0 && called.stdout.trim() === `result ${trialResult}`)
    return { fails: null, late: false, hopeless: false };
  return failed(called, 'makes a library that does not run here');
};

/** The flags of `optional` that it takes: mostly all of them, found out at once. */
const takenFlags = async (
  machine: Machine,
  command: readonly string[],
  folder: string,
): Promise<readonly string[] | Failure> => {
  const all = optional(machine);
  const first = await tried(machine, command, all, folder);
  if (first.fails === null) return all;
  if (first.hopeless) return { fails: first.fails, late: first.late };
  const bare = await tried(machine, command, [], folder);
  if (bare.fails !== null) return { fails: bare.fails, late: bare.late };
  const taken: string[] = [];
  for (const flag of all)
    if ((await tried(machine, command, taken.concat(flag), folder)).fails === null) taken.push(flag);
  return taken;
};

/** What a compiler is good for, found out by a few runs of it: 0.2 s in most cases. */
export const tryCompiler = async (machine: Machine, command: readonly string[]): Promise<Toolchain | Failure> => {
  const folder = await mkdtemp(join(tmpdir(), 'ebmc-trial-'));
  try {
    const flags = await takenFlags(machine, command, folder);
    if ('fails' in flags) return flags;
    const told = await machine.run({ file: command[0]!, args: [...command.slice(1), '--version'], milliseconds: trialMilliseconds }); // prettier-ignore
    const version = told.stdout.split('\n')[0]!.trim();
    return { command, version: version === '' ? command[0]! : version, flags: [...required, ...flags], threads: flags.includes('-fopenmp') }; // prettier-ignore
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
