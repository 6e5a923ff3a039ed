// The command line as a function: arguments in, exit code out. Nothing here knows about models; each command stands in
// its own file under commands/ and is loaded when it runs.
import { CommanderError } from 'commander';
import type { Compiler } from '../api.ts';
import { DiagnosticError, InternalError } from '../diagnostics/diagnostic.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { makeProgram } from './program.ts';
import type { Actions, TaskOptions, WatchOptions } from './program.ts';
import { UsageError, makeContext } from './terminal.ts';
import type { CommonOptions, Context, Terminal } from './terminal.ts';

/** Commands that the design has and this version has not. */
const planned: Readonly<Record<string, string>> = {
  import: 'reading .uai and .bif networks comes with a later version',
  lsp: 'the language server comes with a later version',
};

export interface MainOptions {
  readonly version: string;
  readonly compiler: () => Promise<Compiler>;
}

/** Runs one command. Never throws. */
export const main = async (argv: readonly string[], terminal: Terminal, options: MainOptions): Promise<number> => {
  let exitCode: number = exitCodes.done;
  let verbose = argv.includes('-v') || argv.includes('--verbose');
  const context = (common: CommonOptions): Context => {
    verbose = common.verbose;
    return makeContext(terminal, common, options.compiler);
  };
  const actions: Actions = {
    check: async (files, o) => {
      const { check } = await import('./commands/check.ts');
      return repeated(context(o), o, files, (c) => check(c, files, o));
    },
    compile: async (file, o) => {
      const { compile } = await import('./commands/compile.ts');
      return repeated(context(o), o, [file], (c) => compile(c, file, o));
    },
    explain: async (subject, o) => (await import('./commands/explain.ts')).explain(context(o), subject, o),
    graph: async (file, o) => {
      const { graph } = await import('./commands/graph.ts');
      return repeated(context(o), o, [file], (c) => graph(c, file, o));
    },
    run: async (file, o) => (await import('./commands/run.ts')).run(context(o), file, o),
    train: async (file, o) => (await import('./commands/train.ts')).train(context(o), file, o),
    energy: async (file, o) => (await import('./commands/energy.ts')).energy(context(o), file, o),
    fmt: async (files, o) => (await import('./commands/fmt.ts')).fmt(context(o), files, o),
    bench: async (o) => (await import('./commands/bench.ts')).bench(context(o), o),
    backends: async (o) => (await import('./commands/backends.ts')).backends(context(o), o),
    completions: async (shell, whole, o) =>
      (await import('./commands/completions.ts')).completions(context(o), shell, whole),
  };
  const program = makeProgram(options.version, actions, (code) => (exitCode = code));
  for (const command of [program, ...program.commands]) {
    command.exitOverride();
    command.configureOutput({ writeOut: (text) => terminal.stdout(text), writeErr: (text) => terminal.stderr(text) });
  }
  const later = planned[argv[0] ?? ''];
  if (later !== undefined) {
    terminal.stderr(`error: ebmc ${argv[0]} is not there yet: ${later}\n`);
    return exitCodes.wrongUsage;
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    return failure(error, terminal, verbose);
  }
};

/** Once; or, with --watch, again and again. */
const repeated = async (
  context: Context,
  options: WatchOptions & Partial<TaskOptions>,
  models: readonly string[],
  run: (context: Context) => Promise<number>,
): Promise<number> => {
  if (!options.watch) return run(context);
  const [{ watch }, { inputFiles }] = await Promise.all([import('./watch.ts'), import('./input-files.ts')]);
  return watch(context, [...models, ...inputFiles(options)], run);
};

const failure = async (error: unknown, terminal: Terminal, verbose: boolean): Promise<number> => {
  // Commander has printed its message; --help and --version end this way too, with 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUsage;
  if (error instanceof UsageError) {
    terminal.stderr(`error: ${error.message}\n`);
    return exitCodes.wrongUsage;
  }
  if (error instanceof DiagnosticError) {
    for (const { code, message } of error.diagnostics) terminal.stderr(`error[${code}]: ${message}\n`);
    return exitCodeOf(error.diagnostics);
  }
  const what = error instanceof Error ? error.message : String(error);
  const kind = error instanceof InternalError ? '' : `${error instanceof Error ? error.name : 'error'}: `;
  terminal.stderr(`ebmc: this is a bug of ours, please report it with the command and the model: ${kind}${what}\n`);
  if (verbose && error instanceof Error) terminal.stderr(`${error.stack ?? ''}\n`);
  return exitCodes.bug;
};
