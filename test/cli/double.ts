// A terminal that remembers, and a compiler of which a test gives only the parts that it watches.
import type { Analysis, Compiler, RunReport, RunResult } from '../../src/api.ts';
import { main } from '../../src/cli/main.ts';
import { InternalError } from '../../src/diagnostics/diagnostic.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly stdin?: string;
  readonly stderrIsTerminal?: boolean;
  /** Receives what Ctrl-C would ask. */
  readonly onInterrupt?: (handle: () => 'wait' | 'quit') => void;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs the command line in this process. */
export const ebmc = async (
  argv: readonly string[],
  compiler: Partial<Compiler> = {},
  surroundings: Surroundings = {},
): Promise<Outcome> => {
  let [stdout, stderr] = ['', ''];
  const terminal = {
    stdout: (text: string | Uint8Array) =>
      void (stdout += typeof text === 'string' ? text : Buffer.from(text).toString()),
    stderr: (text: string) => void (stderr += text),
    stdin: () => Promise.resolve(Buffer.from(surroundings.stdin ?? '')),
    stderrIsTerminal: surroundings.stderrIsTerminal ?? false,
    onInterrupt: (handle: () => 'wait' | 'quit') => {
      surroundings.onInterrupt?.(handle);
      return () => undefined;
    },
    environment: surroundings.environment ?? {},
  };
  const whole = new Proxy(compiler, {
    get: (parts, name) => {
      if (name === 'then') return undefined; // it is awaited
      const part = parts[name as keyof Compiler];
      if (part === undefined) throw new InternalError(`this test does not expect ${String(name)}`);
      return part;
    },
  }) as Compiler;
  const options = { version: '1.2.3', compiler: () => Promise.resolve(whole) };
  const exitCode = await main(argv, terminal, options);
  return { exitCode, stdout, stderr };
};

export const diagnostic = (
  code: string,
  severity: Diagnostic['severity'] = 'error',
  parts: Partial<Diagnostic> = {},
): Diagnostic => ({
  code,
  severity,
  span: { start: 0, end: 5 },
  message: `message of ${code}`,
  hints: [],
  related: [],
  ...parts,
});

export const analysisWith =
  (...diagnostics: readonly Diagnostic[]) =>
  (source: string, file: string): Analysis => ({
    source,
    file,
    tree: { kind: 'file', statements: [], span: { start: 0, end: source.length } },
    model: null,
    graph: null,
    diagnostics,
  });

export const report = (parts: Partial<RunReport> = {}): RunReport => ({
  model: 'm',
  backend: 'reference',
  task: 'map',
  plan: [
    {
      unknowns: ['z'],
      operation: 'minimize',
      beta: null,
      method: 'enumerate',
      certificate: 'exact',
      reason: 'beta is inf',
    },
  ],
  energy: { total: 3.5, factors: { distance: 3, decay: 0.5 } },
  freeEnergy: null,
  objective: null,
  logPartition: null,
  variables: {},
  marginals: {},
  params: {},
  converged: true,
  iterations: 4,
  gap: null,
  seconds: { compile: 0.1, run: 0.2 },
  ...parts,
});

export const result = (parts: Partial<RunResult> = {}): RunResult => ({
  json: report(),
  exitCode: 0,
  trace: null,
  traceStep: 1,
  surface: null,
  pointFreeEnergies: null,
  ...parts,
});
