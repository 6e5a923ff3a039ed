// `ebmc graph FILE`: the factor graph as .svg, .dot or .json.
import { extname } from 'node:path';
import { graphFormats } from '../../api.ts';
import type { GraphFormat } from '../../api.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { loadModel, stemOf } from '../load-model.ts';
import type { TaskOptions } from '../program.ts';
import { showDiagnostics } from '../show-diagnostics.ts';
import { readTask } from '../task-options.ts';
import { UsageError, note } from '../terminal.ts';
import type { Context } from '../terminal.ts';
import { writeFiles } from '../write-files.ts';

interface Options extends TaskOptions {
  readonly output: string | null;
  readonly format: GraphFormat | null;
}

const formatOf = ({ output, format }: Options): GraphFormat => {
  if (format !== null) return format;
  if (output === null || output === '-') return 'svg';
  const ending = extname(output).slice(1).toLowerCase();
  const known = graphFormats.find((name) => name === ending);
  if (known === undefined) throw new UsageError(`${output}: the ending of a drawing is .svg, .dot or .json`);
  return known;
};

export const graph = async (context: Context, file: string, options: Options): Promise<number> => {
  const format = formatOf(options);
  const analysis = await loadModel(context, file);
  if (typeof analysis === 'number') return analysis;
  const task = await readTask(context, options);
  showDiagnostics(context, task.diagnostics, analysis);
  if (task.value === null) return exitCodeOf(task.diagnostics);
  const compiler = await context.compiler();
  const { value: drawing, diagnostics } = await compiler.draw(analysis, format, task.value);
  showDiagnostics(context, diagnostics, analysis);
  if (drawing === null) return exitCodeOf(diagnostics);
  const path = options.output ?? `${stemOf(file)}.${format}`;
  if (path === '-') {
    context.terminal.stdout(drawing);
    return 0;
  }
  const problems = await writeFiles([{ path, content: drawing }]);
  showDiagnostics(context, problems, null);
  if (problems.length > 0) return exitCodeOf(problems);
  note(context, `wrote ${path}`);
  return 0;
};
