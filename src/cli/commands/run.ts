// `ebmc run FILE`: learns what is not given, infers the rest, prints the result and writes it where it was asked to.
import { join } from 'node:path';
import type { RunResult } from '../../api.ts';
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { loadModel, stemOf } from '../load-model.ts';
import { awaitOutput } from '../output-lock.ts';
import type { RunCommandOptions } from '../program.ts';
import { makeProgress } from '../progress.ts';
import { reportLines } from '../report.ts';
import { jsonReport, resultFiles } from '../result-files.ts';
import { showDiagnostics } from '../show-diagnostics.ts';
import { readTask } from '../task-options.ts';
import { UsageError, note } from '../terminal.ts';
import type { Context } from '../terminal.ts';
import { canMakeDirectory, makeDirectory, writeFiles } from '../write-files.ts';
import type { OutputFile } from '../write-files.ts';

/** A point alone is no curve. */
const hasTrace = ({ trace }: RunResult): boolean => trace !== null && trace.length > 1;

const whyNoTrace = ({ json }: RunResult): string =>
  json.iterations === null || json.iterations <= 1
    ? 'no convergence to draw: nothing was iterated'
    : 'no convergence to draw: several iterations ran, each for a part of the unknowns';

const plotFiles = async (result: RunResult, prefix: string): Promise<readonly OutputFile[]> => {
  const { plotConvergence, plotSurface } = await import('../../plot/plots.ts');
  const files: OutputFile[] = [];
  const { trace, traceStep, surface } = result;
  const model = result.json.model;
  if (trace !== null && hasTrace(result))
    files.push({
      path: `${prefix}convergence.svg`,
      content: plotConvergence({ trace, step: traceStep, title: `${model}: convergence` }),
    });
  if (surface !== null) {
    const title = `${model}: ${surface.quantity} of ${surface.variable}`;
    files.push({ path: `${prefix}surface.svg`, content: plotSurface({ ...surface, title }) });
  }
  return files;
};

/** Into a directory of results, one process at a time: the files of two runs are never mixed. */
const writeInto = async (directory: string, files: readonly OutputFile[]): Promise<readonly Diagnostic[]> => {
  const unmade = await makeDirectory(directory);
  if (unmade.length > 0) return unmade;
  const lock = await awaitOutput(join(directory, 'result.json'));
  if ('code' in lock) return [lock];
  try {
    return await writeFiles(files);
  } finally {
    lock.release();
  }
};

export const run = async (context: Context, file: string, options: RunCommandOptions): Promise<number> => {
  const { output, json, plot } = options;
  if (output === '-') throw new UsageError('-o names a directory; results on standard output are printed with --json');
  const unwritable = output === null ? [] : await canMakeDirectory(output);
  showDiagnostics(context, unwritable, null);
  if (unwritable.length > 0) return exitCodeOf(unwritable);
  const analysis = await loadModel(context, file);
  if (typeof analysis === 'number') return analysis;
  const task = await readTask(context, options);
  showDiagnostics(context, task.diagnostics, analysis);
  if (task.value === null) return exitCodeOf(task.diagnostics);
  const compiler = await context.compiler();
  const progress = makeProgress(context);
  const { value: result, diagnostics } = await compiler
    .run(analysis, { ...task.value, plot: plot || output !== null, onStep: progress.step })
    .finally(progress.end);
  showDiagnostics(context, diagnostics, analysis);
  if (result === null) return exitCodeOf(diagnostics);

  const files: OutputFile[] = output === null ? [] : [...resultFiles(result, output)];
  if (plot || output !== null)
    files.push(...(await plotFiles(result, output === null ? `${stemOf(file)}.` : join(output, '/'))));
  const problems = output === null ? await writeFiles(files) : await writeInto(output, files);
  // What was computed is printed even where it could not be written.
  showDiagnostics(context, problems, null);
  context.terminal.stdout(json ? `${jsonReport(result.json)}\n` : `${reportLines(result.json).join('\n')}\n`);
  if (problems.length > 0) return exitCodeOf(problems);
  if (plot && !hasTrace(result)) note(context, whyNoTrace(result));
  for (const { path } of files) note(context, `wrote ${path}`);
  return result.exitCode;
};
