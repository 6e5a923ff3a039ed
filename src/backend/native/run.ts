// The backend `native`: programs as C, through the compiler of the machine, on all its processors. In: a module. Out: a runner on
// plain arrays. Nothing is compiled before a call, and neither koffi nor the kernel compiler is loaded before.
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import type { Backend } from '../backend.ts';
import { installing } from '../tfjs/packages.ts';
import { cacheFolderOf } from './cache-folder.ts';
import { LibraryCache } from './library-cache.ts';
import { NativeWorker } from './native-worker.ts';
import { usualTuning, type Tuning } from '../../kernel/tuning.ts';
import { blockBytes, processorFeatures, threadCount } from './processor.ts';
import { lacking } from './refusals.ts';
import { NativeRunner } from './runner.ts';
import { rememberedTuning } from './tuning/remembered.ts';
import { findToolchain, isLack, machineWith, type Lack } from './toolchain.ts';
import type { Machine, Toolchain } from './trial.ts';
import type { Real, Translator } from './translation.ts';

const require = createRequire(import.meta.url);

const koffiPath = (): string | null => {
  try {
    return require.resolve('koffi');
  } catch {
    return null;
  }
};

/** Systems whose compilers and loaders are known here. */
const served: ReadonlySet<string> = new Set(['linux', 'darwin', 'freebsd', 'openbsd']);

/** The thread of this process on which every compiled program runs. */
const worker = new NativeWorker(() => koffiPath()!);

/** What every module on a machine shares: the compiler, once it is found, and the cache. */
class NativePlatform {
  private found: Promise<Toolchain | Lack> | null = null;
  readonly cache: LibraryCache;

  constructor(private readonly machine: Machine) {
    this.cache = new LibraryCache(cacheFolderOf({ ...machine, home: homedir }));
  }

  toolchain(): Promise<Toolchain | Lack> {
    this.found ??= this.look();
    return this.found;
  }

  private async look(): Promise<Toolchain | Lack> {
    const { platform } = this.machine;
    if (!served.has(platform)) return { detail: `native programs are not served on ${platform}`, remedy: null };
    if (this.machine.koffi() === null)
      return { detail: 'koffi, which calls compiled programs, is not installed', remedy: installing(['koffi']) };
    return findToolchain(this.machine, this.cache);
  }
}

/** `cc (Debian 12.2.0-14) 12.2.0, -O3 -march=native …; 2 threads`. */
const detailOf = ({ version, flags, threads }: Toolchain): string => {
  const count = threads ? threadCount() : 1;
  return `${version}, ${flags.join(' ')}; ${count} ${count === 1 ? 'thread' : 'threads'}`;
};

const describes: Readonly<Record<Real, string>> = {
  float: 'C through the compiler of this machine, float32, on all its processors',
  double: 'C through the compiler of this machine, float64, on all its processors',
};

/** What translates programs. */
export interface ProgramCompiler {
  /** Differs between any two that make different texts of a program; null: unknown. */
  readonly identity: () => string | null;
  /** Loads it; not before it is needed. */
  readonly load: (real: Real) => Promise<Translator>;
}

const backendOn = (platform: NativePlatform, name: string, real: Real, compiler: ProgramCompiler): Backend => ({
  name,
  precision: real === 'float' ? 'float32' : 'float64',
  describe: describes[real],
  detect: async () => {
    const found = await platform.toolchain();
    return isLack(found)
      ? { name, available: false, ...found }
      : { name, available: true, detail: detailOf(found), remedy: null };
  },
  load: async (module) => {
    const toolchain = await platform.toolchain();
    if (isLack(toolchain)) throw lacking(name, toolchain);
    const { cache } = platform;
    const identity = compiler.identity();
    // Its thread starts while the program is translated.
    worker.start();
    const site = {
      name,
      toolchain,
      cache,
      worker,
      identity: identity === null ? null : `${identity} ${real}`,
      translate: () => compiler.load(real),
      threads: () => (toolchain.threads ? threadCount() : 1),
      freeMemory: () => process.availableMemory(),
    };
    return new NativeRunner(module, site);
  },
});

/** Both with one cache. Tests put another machine here. */
export const nativeBackendsOn = (
  machine: Machine,
  compiler: ProgramCompiler,
): Readonly<Record<'native' | 'native64', Backend>> => {
  const platform = new NativePlatform(machine);
  return {
    native: backendOn(platform, 'native', 'float', compiler),
    native64: backendOn(platform, 'native64', 'double', compiler),
  };
};

export const thisMachine: Machine = machineWith(koffiPath);

/** The hash of the bundle, which build.mjs puts in; sources that are run as they are have none. */
declare const EBMC_BUILD: string | undefined;

/** With what `ebmc bench --tune` found on this processor, else with what is usual. */
export const tuningHere = (): Tuning =>
  rememberedTuning(cacheFolderOf(), processorFeatures(), { ...usualTuning, blockBytes: blockBytes() });

/** `tuning` is asked for at every load: a search may have ended in between. */
export const compilerWith = (tuning: () => Tuning): ProgramCompiler => ({
  identity: () => (typeof EBMC_BUILD === 'string' ? `${EBMC_BUILD} ${JSON.stringify(tuning())}` : null),
  load: async (real) => (await import('./translate.ts')).translator(real, tuning()),
});

export const nativeBackends = nativeBackendsOn(thisMachine, compilerWith(tuningHere));
