// `ebmc explain FILE`: the plan and why. `ebmc explain EBM301`: the long form of a message.
import { explainCode } from '../../diagnostics/explain-code.ts';
import { messages } from '../../diagnostics/messages.ts';
import { nearestName } from '../../diagnostics/nearest-name.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { loadModel } from '../load-model.ts';
import type { TaskOptions } from '../program.ts';
import { showDiagnostics } from '../show-diagnostics.ts';
import { readTask } from '../task-options.ts';
import { UsageError } from '../terminal.ts';
import type { Context } from '../terminal.ts';

const explainMessage = (context: Context, code: string): number => {
  const text = explainCode(code);
  if (text === null) {
    const nearest = nearestName(code, Object.keys(messages));
    throw new UsageError(`there is no message ${code}${nearest === null ? '' : `; did you mean ${nearest}?`}`);
  }
  context.terminal.stdout(text);
  return 0;
};

export const explain = async (context: Context, subject: string, options: TaskOptions): Promise<number> => {
  if (/^EBM\d+$/i.test(subject)) return explainMessage(context, subject.toUpperCase());
  const analysis = await loadModel(context, subject);
  if (typeof analysis === 'number') return analysis;
  const task = await readTask(context, options);
  showDiagnostics(context, task.diagnostics, analysis);
  if (task.value === null) return exitCodeOf(task.diagnostics);
  const compiler = await context.compiler();
  const { value: plan, diagnostics } = compiler.planTask(analysis, task.value);
  showDiagnostics(context, diagnostics, analysis);
  if (plan === null) return exitCodeOf(diagnostics);
  const text = await compiler.explain(plan);
  showDiagnostics(context, text.diagnostics, analysis);
  if (text.value === null) return exitCodeOf(text.diagnostics);
  context.terminal.stdout(`${text.value.trimEnd()}\n`);
  return 0;
};
