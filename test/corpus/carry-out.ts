// Commands of the command line, carried out in this process by the real compiler in a folder of their own: for examples of
// messages, and for programs that go wrong only when they are planned or run. In: commands and files. Out: what was
// diagnosed, as `--diagnostic-format json` prints it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from '../../src/cli/main.ts';
import * as compiler from '../../src/compile.ts';
import type { Compiler } from '../../src/api.ts';

export interface PrintedDiagnostic {
  readonly code: string;
  readonly message: string;
  readonly span: {
    readonly start: { readonly line: number; readonly column: number };
    readonly end: { readonly line: number; readonly column: number };
  } | null;
}

export interface Outcome {
  readonly diagnostics: readonly PrintedDiagnostic[];
  readonly exitCode: number;
  readonly stdout: string;
}

/** `ebmc run m.ebm …`, in the directory that this process is in. */
export const carryOut = async (command: string): Promise<Outcome> => {
  const [program, ...argv] = command.trim().split(/\s+/);
  if (program !== 'ebmc') throw new Error(`${command} is no command of ebmc`);
  let [stdout, stderr] = ['', ''];
  const terminal = {
    stdout: (more: string | Uint8Array) => void (stdout += typeof more === 'string' ? more : ''),
    stderr: (more: string) => void (stderr += more),
    stdin: () => Promise.resolve(Buffer.from('')),
    onInterrupt: () => () => undefined,
    stderrIsTerminal: false,
    environment: {},
  };
  const whole: Compiler = compiler;
  const options = { version: '1.2.3', compiler: () => Promise.resolve(whole) };
  const exitCode = await main([...argv, '--diagnostic-format', 'json'], terminal, options);
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.startsWith('{"schema_version"'));
  return { diagnostics: lines.map((line) => JSON.parse(line) as PrintedDiagnostic), exitCode, stdout };
};

/** Does something in a new folder that holds these files and is the directory of this process meanwhile. */
export const inFolder = async <T>(
  files: Readonly<Record<string, string | Uint8Array>>,
  work: () => Promise<T>,
): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), 'ebmc-example-'));
  const before = process.cwd();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  process.chdir(folder);
  try {
    return await work();
  } finally {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  }
};
