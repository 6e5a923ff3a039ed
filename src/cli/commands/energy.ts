// `ebmc energy FILE --data …`: the energy of a full assignment, term by term.
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { loadModel } from '../load-model.ts';
import type { TaskOptions } from '../program.ts';
import { energyLines } from '../report.ts';
import { showDiagnostics } from '../show-diagnostics.ts';
import { readTask } from '../task-options.ts';
import type { Context } from '../terminal.ts';

export const energy = async (
  context: Context,
  file: string,
  options: TaskOptions & { readonly json: boolean },
): Promise<number> => {
  const analysis = await loadModel(context, file);
  if (typeof analysis === 'number') return analysis;
  const task = await readTask(context, options);
  showDiagnostics(context, task.diagnostics, analysis);
  if (task.value === null) return exitCodeOf(task.diagnostics);
  const { value, diagnostics } = await (await context.compiler()).energy(analysis, task.value);
  showDiagnostics(context, diagnostics, analysis);
  if (value === null) return exitCodeOf(diagnostics);
  context.terminal.stdout(
    options.json ? `${JSON.stringify(value, null, 2)}\n` : `${energyLines(value.energy).join('\n')}\n`,
  );
  return exitCodes.done;
};
