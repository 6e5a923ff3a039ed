// The C compiler of this machine: found, tried out, remembered. In: the environment and a way to run commands. Out: a toolchain, or
// in words what is missing or wrong.
import { createHash } from 'node:crypto';
import { realpath, stat, access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { runCommand } from './compiler-process.ts';
import { processorFeatures } from './processor.ts';
import { trialFacts, tryCompiler, type Machine, type Toolchain } from './trial.ts';

/** What stands between a machine and native programs, and the command that gets it (null: there is none). */
export interface Lack {
  readonly detail: string;
  readonly remedy: string | null;
}

export const machineWith = (koffi: () => string | null): Machine => ({
  platform: process.platform,
  architecture: process.arch,
  environment: process.env,
  run: runCommand,
  node: process.execPath,
  koffi,
});

const ordinaryCompilers = ['cc', 'gcc', 'clang'] as const;

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

/** Where findings are kept between processes. */
export interface Memory {
  readonly recall: (key: string) => Promise<unknown>;
  readonly remember: (key: string, value: unknown) => Promise<void>;
}

/** Changes whenever what was found out might no longer hold: another compiler in its place, other arguments, another processor. */
const keyOf = async (machine: Machine, command: readonly string[], path: string): Promise<string> => {
  const real = await realpath(path);
  const { mtimeMs, size } = await stat(real);
  const facts = [command, real, mtimeMs, size, processorFeatures(), trialFacts(machine)];
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
};

const isToolchain = (value: unknown): value is Toolchain => {
  const { command, version, flags, threads } = (value ?? {}) as Partial<Toolchain>;
  const areTexts = (list: unknown): boolean => Array.isArray(list) && list.every((word) => typeof word === 'string');
  return areTexts(command) && areTexts(flags) && typeof version === 'string' && typeof threads === 'boolean';
};

/** A compiler that hung is not asked again for so long: every run would wait for it. */
const patienceMilliseconds = 600_000;

interface Hung {
  readonly hung: string;
  readonly until: number;
}
const isHung = (value: unknown, now: number): value is Hung => {
  const { hung, until } = (value ?? {}) as Partial<Hung>;
  return typeof hung === 'string' && typeof until === 'number' && now < until;
};

export const isLack = (found: Toolchain | Lack): found is Lack => 'detail' in found;

/** The first compiler that works; of those that do not, the first says why. A toolchain that was remembered costs no process. */
export const findToolchain = async (machine: Machine, memory: Memory): Promise<Toolchain | Lack> => {
  const failures: string[] = [];
  for (const { command, path } of await candidates(machine)) {
    const key = await keyOf(machine, command, path);
    const remembered = await memory.recall(key);
    if (isToolchain(remembered)) return remembered;
    if (isHung(remembered, Date.now())) {
      failures.push(remembered.hung);
      continue;
    }
    const found = await tryCompiler(machine, command);
    if (!('fails' in found)) {
      await memory.remember(key, found);
      return found;
    }
    failures.push(found.fails);
    if (found.late)
      await memory.remember(key, { hung: found.fails, until: Date.now() + patienceMilliseconds } satisfies Hung);
  }
  return failures.length === 0 ? noCompiler(machine) : { detail: failures[0]!, remedy: null };
};
