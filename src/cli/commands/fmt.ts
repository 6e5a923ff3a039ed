// `ebmc fmt FILE…`: formats in place; `--check` only says which files would change.
import { hasErrors } from '../../diagnostics/diagnostic.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { readModel } from '../load-model.ts';
import { showDiagnostics } from '../show-diagnostics.ts';
import { note } from '../terminal.ts';
import type { Context } from '../terminal.ts';
import { writeFiles } from '../write-files.ts';

const formatOne = async (context: Context, file: string, onlyCheck: boolean): Promise<number> => {
  const text = await readModel(context, file);
  if (typeof text === 'number') return text;
  const { value: formatted, diagnostics } = (await context.compiler()).format(text.source, text.file);
  showDiagnostics(context, diagnostics, text);
  if (formatted === null || hasErrors(diagnostics)) return exitCodeOf(diagnostics);
  const changed = formatted !== text.source;
  if (onlyCheck) {
    if (changed) context.terminal.stdout(`${text.file}\n`);
    return changed ? exitCodes.wrongInput : exitCodes.done;
  }
  if (file === '-') context.terminal.stdout(formatted);
  else if (changed) {
    const problems = await writeFiles([{ path: file, content: formatted }]);
    showDiagnostics(context, problems, null);
    if (problems.length > 0) return exitCodeOf(problems);
    note(context, `formatted ${file}`);
  }
  return exitCodes.done;
};

export const fmt = async (
  context: Context,
  files: readonly string[],
  options: { readonly check: boolean },
): Promise<number> => {
  let worst: number = exitCodes.done;
  for (const file of files) worst = Math.max(worst, await formatOne(context, file, options.check));
  return worst;
};
