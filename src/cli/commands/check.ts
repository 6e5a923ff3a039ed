// `ebmc check FILE…`: all diagnostics of every file; one `FILE: ok` line for each file that passes.
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
    const code = exitCodeOf(diagnostics, options.denyWarnings);
    worst = Math.max(worst, code);
    const summary = !context.quiet && context.diagnosticFormat !== 'json' && code === 0;
    if (summary) context.terminal.stdout(`${text.file}: ok\n`);
  }
  return worst;
};
