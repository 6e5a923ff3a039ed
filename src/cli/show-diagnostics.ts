// Prints diagnostics in the format that was asked for: on stderr, or as JSON lines on stdout for `check`.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { renderDiagnostics } from '../diagnostics/render.ts';
import type { Context } from './terminal.ts';

export interface ModelText {
  readonly file: string;
  /** null when it could not be read. */
  readonly source: string | null;
}

/** `text` is null where no model is concerned; then diagnostics have a place of their own or none. */
export const showDiagnostics = (
  context: Context,
  diagnostics: readonly Diagnostic[],
  text: ModelText | null,
  jsonTo: 'stdout' | 'stderr' = 'stderr',
): void => {
  const { terminal, diagnosticFormat: format, colored: color, quiet } = context;
  const shown = quiet ? diagnostics.filter((d) => d.severity !== 'information') : diagnostics;
  if (shown.length === 0) return;
  const { file, source } = text ?? { file: '', source: null };
  const write = format === 'json' && jsonTo === 'stdout' ? terminal.stdout : terminal.stderr;
  write(renderDiagnostics(shown, { file, source, format, color }));
};
