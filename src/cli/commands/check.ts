// `ebmc check FILE…`: all diagnostics of every file; one `FILE: ok` line for each file without errors.
import { hasErrors } from '../../diagnostics/diagnostic.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { readModel } from '../load-model.ts';
import { showDiagnostics } from '../show-diagnostics.ts';
import type { Context } from '../terminal.ts';

export const check = async (
  context: Context,
  files: readonly string[],
  options: { readonly denyWarnings: boolean },
): Promise<number> => {
  const compiler = await context.compiler();
  let worst = 0;
  for (const file of files) {
    const text = await readModel(context, file, 'stdout');
    if (typeof text === 'number') {
      worst = Math.max(worst, text);
      continue;
    }
    const { diagnostics } = compiler.analyse(text.source, text.file);
    showDiagnostics(context, diagnostics, text, 'stdout');
    worst = Math.max(worst, exitCodeOf(diagnostics, options.denyWarnings));
    const summary = !context.quiet && context.diagnosticFormat !== 'json' && !hasErrors(diagnostics);
    if (summary) context.terminal.stdout(`${text.file}: ok\n`);
  }
  return worst;
};
