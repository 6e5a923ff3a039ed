// C to a shared library. In: the text of a program, a toolchain, a cache. Out: the path of the library, compiled unless it was
// before. Throws DiagnosticError (EBM517) where the compiler fails.
import { stat } from 'node:fs/promises';
import { runCommand, saidBy, type RunCommand } from './compiler-process.ts';
import { hashOf, type LibraryCache, type Stored } from './library-cache.ts';
import { processorFeatures } from './processor.ts';
import { compilerFailed } from './refusals.ts';
import { linked, type Toolchain } from './trial.ts';

/** Large programs take seconds; what takes minutes hangs. */
const compileMilliseconds = 300_000;

export const libraryKey = (source: string, { command, version, flags }: Toolchain): string =>
  hashOf(source, JSON.stringify([command, version, flags, linked]), processorFeatures());

export const buildLibrary = (
  source: string,
  toolchain: Toolchain,
  cache: LibraryCache,
  run: RunCommand = runCommand,
): Promise<Stored> =>
  cache.library(libraryKey(source, toolchain), async (path) => {
    const { command, flags, version } = toolchain;
    const args = [...command.slice(1), ...flags, '-w', '-x', 'c', '-', '-o', path, ...linked];
    const ending = await run({ file: command[0]!, args, input: source, milliseconds: compileMilliseconds });
    const made = await stat(path).catch(() => null);
    if (ending.kind === 'exited' && ending.exitCode === 0 && made !== null) return;
    throw compilerFailed(version, ending.kind === 'late' ? 'late' : 'failed', saidBy(ending));
  });
