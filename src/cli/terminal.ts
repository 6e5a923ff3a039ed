// What a command sees of the outside world: streams, colours, verbosity. The real one is made in cli.ts; tests make
// their own.
import type { Compiler } from '../api.ts';
import type { DiagnosticFormat } from '../diagnostics/render.ts';

export interface Terminal {
  readonly stdout: (text: string | Uint8Array) => void;
  readonly stderr: (text: string) => void;
  readonly stdin: () => Promise<Buffer>;
  readonly stderrIsTerminal: boolean;
  /** Ctrl-C asks `handle` from now on, which answers whether the process may end at once; until the returned function is
   *  called. Without a handler it ends at once. */
  readonly onInterrupt: (handle: () => 'wait' | 'quit') => () => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export const diagnosticFormats: readonly DiagnosticFormat[] = ['human', 'short', 'json'];
export const colorChoices = ['auto', 'always', 'never'] as const;
export type ColorChoice = (typeof colorChoices)[number];

/** Options that every command has. */
export interface CommonOptions {
  readonly diagnosticFormat: DiagnosticFormat;
  readonly color: ColorChoice;
  readonly quiet: boolean;
  readonly verbose: boolean;
  readonly stdinFilename: string | null;
}

export interface Context extends CommonOptions {
  readonly terminal: Terminal;
  /** Standard input, read once; a second reader is a wrong usage. */
  readonly stdin: () => Promise<Buffer>;
  readonly colored: boolean;
  /** Loaded when needed, so that a command pays only for what it uses. */
  readonly compiler: () => Promise<Compiler>;
}

/** Wrong usage found after the options were parsed: printed in one line, exit 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Diagnostics go to stderr, so its nature decides; https://no-color.org. */
const decideColor = (choice: ColorChoice, terminal: Terminal): boolean => {
  if (choice !== 'auto') return choice === 'always';
  const { NO_COLOR: noColor, TERM: term } = terminal.environment;
  return terminal.stderrIsTerminal && (noColor === undefined || noColor === '') && term !== 'dumb';
};

export const makeContext = (terminal: Terminal, options: CommonOptions, compiler: () => Promise<Compiler>): Context => {
  let used = false;
  const stdin = (): Promise<Buffer> => {
    if (used) throw new UsageError('standard input (-) can be read only once');
    used = true;
    return terminal.stdin();
  };
  return { ...options, terminal, stdin, colored: decideColor(options.color, terminal), compiler };
};

/** A line for people, on stderr: what was written, what goes on. Silent with -q. */
export const note = (context: Context, text: string): void => {
  if (!context.quiet) context.terminal.stderr(`${text}\n`);
};
