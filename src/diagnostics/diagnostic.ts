// The value every user mistake becomes. Phases return diagnostics, they never throw or print them;
// rendering (human, short, json) happens at the very end, in render.ts.

/** Half-open range of UTF-16 offsets into the source text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Severity = 'error' | 'warning' | 'information';

export interface RelatedPlace {
  readonly span: Span;
  readonly message: string;
}

export interface Diagnostic {
  /** EBM1xx syntax, 2xx names, 3xx shapes and domains, 4xx graph and bounds, 5xx planning, 6xx data and runtime. */
  readonly code: string;
  readonly severity: Severity;
  /** Where in the source text (of `file` where given, else of the model). `null` when there is no place, e.g. a wrong flag. */
  readonly span: Span | null;
  /** For data diagnostics: the data file and a 1-based line (and column) inside it, instead of a span. */
  readonly place?: { readonly file: string; readonly line?: number; readonly column?: number };
  readonly message: string;
  readonly hints: readonly string[];
  readonly related: readonly RelatedPlace[];
}

/** A result that may carry diagnostics beside (or instead of) its value. */
export interface Checked<T> {
  readonly value: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** A bug of ours: the only thing that is ever thrown on purpose. The command line exits 70 on it. */
export class InternalError extends Error {
  override name = 'InternalError';
}

/** User mistakes found while running (data, numerics), where a return value cannot carry them. Caught in compile.ts. */
export class DiagnosticError extends Error {
  override name = 'DiagnosticError';
  constructor(readonly diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((d) => `${d.code}: ${d.message}`).join('\n'));
  }
}

export const hasErrors = (diagnostics: readonly Diagnostic[]): boolean =>
  diagnostics.some((d) => d.severity === 'error');
