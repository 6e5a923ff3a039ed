// The C compiler of this machine: found, tried out, remembered. In: the environment and a way to run commands. Out: a toolchain
// (command, version, flags that it takes), or in words what is missing or wrong. A compiler is believed when a library that it
// made has been loaded and called in a process of its own.
import { createHash } from 'node:crypto';
import { mkdtemp, realpath, rm, stat, access, constants } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import { runCommand, saidBy, type Ending, type RunCommand } from './compiler-process.ts';
import { processorFeatures } from './processor.ts';

export interface Toolchain {
  /** The command and arguments that CC gave with it. */
  readonly command: readonly string[];
  /** The first line that `--version` prints. */
  readonly version: string;
  readonly flags: readonly string[];
  /** Whether loops run on several threads. */
  readonly threads: boolean;
}

/** What stands between a machine and native programs, and the command that gets it (null: there is none). */
export interface Lack {
  readonly detail: string;
  readonly remedy: string | null;
}

/** What the search looks at; tests put another machine here. */
export interface Machine {
  readonly platform: string;
  readonly architecture: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly run: RunCommand;
  readonly node: string;
  /** Where koffi is, or null: not installed. */
  readonly koffi: () => string | null;
}

export const machineWith = (koffi: () => string | null): Machine => ({
  platform: process.platform,
  architecture: process.arch,
  environment: process.env,
  run: runCommand,
  node: process.execPath,
  koffi,
});

const trialMilliseconds = 20_000;

const ordinaryCompilers = ['cc', 'gcc', 'clang'] as const;

const required = ['-std=gnu11', '-O3', '-fPIC', '-shared'] as const;

/** Flags that a compiler may lack, each of them. Never -ffast-math: its start-up code sets flush-to-zero on Node's own thread,
 *  and comparisons with NaN lose their meaning. nodelete: a thread of OpenMP may stand in code that the end of a process unloads. */
const optional = ({ platform, architecture }: Machine): readonly string[] => [
  // clang for Apple's processors has no -march=native.
  platform === 'darwin' && architecture === 'arm64' ? '-mcpu=native' : '-march=native',
  '-fno-math-errno',
  '-fno-trapping-math',
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

/** `gcc -m64 "with spaces"`: words as a shell would see them, without expansions. */
export const wordsOf = (text: string): readonly string[] =>
  [...text.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replaceAll(/["']/g, ''));

/** The file that a command names, or null. */
const fileOf = async (command: string, { environment }: Machine): Promise<string | null> => {
  const folders = command.includes('/') || isAbsolute(command) ? [''] : (environment['PATH'] ?? '').split(delimiter);
  for (const folder of folders) {
    const path = folder === '' ? command : join(folder, command);
    const runs = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (runs && (await stat(path)).isFile()) return path;
  }
  return null;
};

/** The compiler that CC names, or else every ordinary one there is. */
const candidates = async (machine: Machine): Promise<readonly { command: readonly string[]; path: string }[]> => {
  const named = wordsOf(machine.environment['CC'] ?? '');
  const commands = named.length > 0 ? [named] : ordinaryCompilers.map((name) => [name]);
  const found: { command: readonly string[]; path: string }[] = [];
  for (const command of commands) {
    const path = await fileOf(command[0]!, machine);
    if (path !== null) found.push({ command, path });
  }
  return found;
};

const remedies: Readonly<Record<string, string>> = { linux: 'apt-get install gcc', darwin: 'xcode-select --install' };

const noCompiler = ({ environment, platform }: Machine): Lack => {
  const named = environment['CC'] ?? '';
  return named.trim() === ''
    ? { detail: `no C compiler was found (${ordinaryCompilers.join(', ')})`, remedy: remedies[platform] ?? null }
    : { detail: `CC names ${wordsOf(named)[0] ?? named}, and there is no such command`, remedy: null };
};

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
  const failed = (ending: Ending, what: string, hopeless = false): Trial => ({ fails: wrongness(command, ending, what), hopeless }); // prettier-ignore
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
    return { fails: null, hopeless: false };
  return failed(called, 'makes a library that does not run here');
};

/** The flags of `optional` that it takes: mostly all of them, found out at once. */
const takenFlags = async (
  machine: Machine,
  command: readonly string[],
  folder: string,
): Promise<readonly string[] | Lack> => {
  const all = optional(machine);
  const first = await tried(machine, command, all, folder);
  if (first.fails === null) return all;
  if (first.hopeless) return { detail: first.fails, remedy: null };
  const bare = await tried(machine, command, [], folder);
  if (bare.fails !== null) return { detail: bare.fails, remedy: null };
  const taken: string[] = [];
  for (const flag of all)
    if ((await tried(machine, command, taken.concat(flag), folder)).fails === null) taken.push(flag);
  return taken;
};

const inspected = async (machine: Machine, command: readonly string[]): Promise<Toolchain | Lack> => {
  const folder = await mkdtemp(join(tmpdir(), 'ebmc-trial-'));
  try {
    const flags = await takenFlags(machine, command, folder);
    if ('detail' in flags) return flags;
    const told = await machine.run({ file: command[0]!, args: [...command.slice(1), '--version'], milliseconds: trialMilliseconds }); // prettier-ignore
    const version = told.stdout.split('\n')[0]!.trim();
    return { command, version: version === '' ? command[0]! : version, flags: [...required, ...flags], threads: flags.includes('-fopenmp') }; // prettier-ignore
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Where findings are kept between processes. */
export interface Memory {
  readonly recall: (key: string) => Promise<unknown>;
  readonly remember: (key: string, value: unknown) => Promise<void>;
}

/** Changes whenever what was found out might no longer hold: another compiler in its place, other arguments, another processor. */
const keyOf = async (machine: Machine, command: readonly string[], path: string): Promise<string> => {
  const real = await realpath(path);
  const { mtimeMs, size } = await stat(real);
  const facts = [command, real, mtimeMs, size, processorFeatures(), required, optional(machine), trialSource];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
};

const isToolchain = (value: unknown): value is Toolchain => {
  const { command, version, flags, threads } = (value ?? {}) as Partial<Toolchain>;
  const areTexts = (list: unknown): boolean => Array.isArray(list) && list.every((word) => typeof word === 'string');
  return areTexts(command) && areTexts(flags) && typeof version === 'string' && typeof threads === 'boolean';
};

export const isLack = (found: Toolchain | Lack): found is Lack => 'detail' in found;

/** The first compiler that works; of those that do not, the first says why. A toolchain that was remembered costs no process. */
export const findToolchain = async (machine: Machine, memory: Memory): Promise<Toolchain | Lack> => {
  let lack: Lack | null = null;
  for (const { command, path } of await candidates(machine)) {
    const key = await keyOf(machine, command, path);
    const remembered = await memory.recall(key);
    if (isToolchain(remembered)) return remembered;
    const found = await inspected(machine, command);
    if (isLack(found)) {
      lack ??= found;
      continue;
    }
    await memory.remember(key, found);
    return found;
  }
  return lack ?? noCompiler(machine);
};
