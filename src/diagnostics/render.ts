// Diagnostics for reading: `human` with code frames, `short` one line each, `json` one object a line.
// In: diagnostics and the text they speak of. Out: text, each diagnostic ending with a newline. Nothing is printed here.
import pc from 'picocolors';
import type { Diagnostic, Span } from './diagnostic.ts';
import { codeFrame } from './code-frame.ts';
import { sourceMap } from './source-map.ts';
import type { Position, SourceMap } from './source-map.ts';

export type DiagnosticFormat = 'human' | 'short' | 'json';

export interface RenderOptions {
  /** As the user named the model's file. */
  readonly file: string;
  /** The text of the model; null when it could not be read. */
  readonly source: string | null;
  readonly format: DiagnosticFormat;
  readonly color: boolean;
}

export const renderDiagnostics = (diagnostics: readonly Diagnostic[], options: RenderOptions): string => {
  const source = options.source === null ? null : sourceMap(options.source);
  const render = renderers[options.format];
  return diagnostics.map((d) => render(d, { ...options, source })).join(options.format === 'human' ? '\n' : '');
};

interface Context {
  readonly file: string;
  readonly source: SourceMap | null;
  readonly color: boolean;
}

/** The file and the place in it: in a data file, or in the model, or nowhere in particular. */
const locate = (
  d: Diagnostic,
  { file, source }: Context,
): { readonly file: string | null; readonly at: Position | null } => {
  if (d.place !== undefined) {
    const { line, column } = d.place;
    return { file: d.place.file, at: line === undefined ? null : { line, column: column ?? 1 } };
  }
  if (d.span === null) return { file: null, at: null };
  return { file, at: source?.position(d.span.start) ?? null };
};

const address = (file: string, at: Position | null): string => (at === null ? file : `${file}:${at.line}:${at.column}`);

const human = (d: Diagnostic, context: Context): string => {
  const c = pc.createColors(context.color);
  const paint = { error: c.red, warning: c.yellow, information: c.cyan }[d.severity];
  const frame = (span: Span, carets: (text: string) => string): readonly string[] =>
    context.source === null ? [] : codeFrame(context.source, span, { gutter: c.blue, carets });
  const { file, at } = locate(d, context);
  const lines = [`${c.bold(paint(`${d.severity} ${d.code}`))}${c.bold(`: ${d.message}`)}`];
  if (file !== null) lines.push(`  ${c.blue('-->')} ${address(file, at)}`);
  if (d.place === undefined && d.span !== null) lines.push(...frame(d.span, paint));
  lines.push(...d.hints.map((hint) => `   ${c.blue('=')} ${c.bold('hint')}: ${hint}`));
  for (const { span, message } of d.related) {
    lines.push(`  ${c.blue(':::')} ${address(context.file, context.source?.position(span.start) ?? null)}: ${message}`);
    lines.push(...frame(span, c.blue));
  }
  return `${lines.join('\n')}\n`;
};

const short = (d: Diagnostic, context: Context): string => {
  const { file, at } = locate(d, context);
  return `${file === null ? '' : `${address(file, at)}: `}${d.severity} ${d.code}: ${d.message}\n`;
};

const json = (d: Diagnostic, context: Context): string => {
  const { source } = context;
  const { file, at } = locate(d, context);
  const range = (span: Span | null) =>
    span === null || source === null ? null : { start: source.position(span.start), end: source.position(span.end) };
  const span = d.place === undefined ? range(d.span) : at === null ? null : { start: at, end: at };
  return `${JSON.stringify({
    schema_version: 1,
    file: file ?? context.file,
    code: d.code,
    severity: d.severity,
    span,
    message: d.message,
    hints: d.hints,
    related: d.related.map((r) => ({ file: context.file, span: range(r.span), message: r.message })),
  })}\n`;
};

const renderers: Readonly<Record<DiagnosticFormat, (d: Diagnostic, context: Context) => string>> = {
  human,
  short,
  json,
};
