// A program as a library on disk. In: an entry's program, the sizes that become numbers, a site. Out: the library and how its
// function is called. What was translated before, by this very compiler, is found by the program alone, without translating it
// again: that takes longer than many programs run.
import type { Program } from '../../tensor/program.ts';
import { buildLibrary, libraryKey } from './build.ts';
import type { Sizes } from './call-sizes.ts';
import { hashOf, type LibraryCache } from './library-cache.ts';
import type { Signature, Translator } from './translation.ts';
import type { Toolchain } from './trial.ts';

export interface CompilerSite {
  readonly toolchain: Toolchain;
  readonly cache: LibraryCache;
  /** Names what `translate` does with a program: the version of the compiler, its settings. Null: nothing tells versions apart,
   *  and nothing is found without translating. */
  readonly identity: string | null;
  readonly translate: () => Promise<Translator>;
}

export interface Demand {
  readonly entry: string;
  readonly program: Program;
  readonly constants: Sizes;
  readonly sizes: Sizes;
}

export interface CompiledProgram {
  readonly signature: Signature;
  readonly path: string;
  /** Why it is not kept for other processes, or null: it is. */
  readonly unkept: string | null;
}

/** Sizes for cost alone, as powers of two: programs for 1000 and for 1001 points are one. */
const roughly = (sizes: Sizes, constants: Sizes): Sizes =>
  Object.fromEntries(
    Object.entries(sizes)
      .map(([name, n]): [string, number] => [name, constants[name] ?? (n < 1 ? n : 2 ** Math.round(Math.log2(n)))])
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

const keyOf = (
  { toolchain, identity }: CompilerSite,
  { entry, program, constants }: Demand,
  rough: Sizes,
): string | null =>
  identity === null
    ? null
    : hashOf(identity, libraryKey('', toolchain), JSON.stringify([entry, constants, rough, program]));

interface Recalled {
  readonly signature: Signature;
  readonly library: string;
}
const isRecalled = (value: unknown): value is Recalled => {
  const { signature, library } = (value ?? {}) as Partial<Recalled>;
  return typeof library === 'string' && typeof signature?.symbol === 'string';
};

const recalled = async (site: CompilerSite, key: string | null): Promise<CompiledProgram | null> => {
  const found = key === null ? null : await site.cache.recall(key);
  if (!isRecalled(found)) return null;
  const path = await site.cache.kept(found.library);
  return path === null ? null : { signature: found.signature, path, unkept: null };
};

/** Whether compiling this would run no compiler. */
export const isCompiled = async (site: CompilerSite, demand: Demand): Promise<boolean> =>
  (await recalled(site, keyOf(site, demand, roughly(demand.sizes, demand.constants)))) !== null;

/** `refuse` may throw once it sees what the program stores, before the time that compiling takes. */
export const compiledProgram = async (
  site: CompilerSite,
  demand: Demand,
  refuse: (signature: Signature) => void,
): Promise<CompiledProgram> => {
  const { entry, program, constants, sizes } = demand;
  const rough = roughly(sizes, constants);
  const key = keyOf(site, demand, rough);
  const before = await recalled(site, key);
  if (before !== null) return before;
  const { source, ...signature } = (await site.translate())(entry, program, constants, rough);
  refuse(signature);
  const { path, unkept } = await buildLibrary(source, site.toolchain, site.cache);
  if (key !== null && unkept === null)
    await site.cache.remember(key, { signature, library: libraryKey(source, site.toolchain) } satisfies Recalled);
  return { signature, path, unkept };
};
