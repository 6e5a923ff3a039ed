// `ebmc compile FILE`: the model as a tfjs module with its types, or one stage of the compiler printed.
import type { Stage } from '../../api.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { loadModel, stemOf } from '../load-model.ts';
import type { TaskOptions } from '../program.ts';
import { showDiagnostics } from '../show-diagnostics.ts';
import { readTask } from '../task-options.ts';
import { note } from '../terminal.ts';
import type { Context } from '../terminal.ts';
import { writeFiles } from '../write-files.ts';
import type { OutputFile } from '../write-files.ts';

interface Options extends TaskOptions {
  readonly output: string | null;
  readonly emit: Stage | null;
}

const declarationsOf = (path: string): string => path.replace(/\.(mjs|js)$/, (_, ending: string) => (ending === 'mjs' ? '.d.mts' : '.d.ts')); // prettier-ignore

export const compile = async (context: Context, file: string, options: Options): Promise<number> => {
  const analysis = await loadModel(context, file);
  if (typeof analysis === 'number') return analysis;
  const task = await readTask(context, options);
  showDiagnostics(context, task.diagnostics, analysis);
  if (task.value === null) return exitCodeOf(task.diagnostics);
  const compiler = await context.compiler();
  if (options.emit !== null) {
    const { value, diagnostics } = compiler.emit(options.emit, analysis, task.value);
    showDiagnostics(context, diagnostics, analysis);
    if (value === null) return exitCodeOf(diagnostics);
    return writeOut(context, options.output, [value.endsWith('\n') ? value : `${value}\n`]);
  }
  const { value: plan, diagnostics } = compiler.planTask(analysis, task.value);
  showDiagnostics(context, diagnostics, analysis);
  if (plan === null) return exitCodeOf(diagnostics);
  const { js, dts } = compiler.compileModule(plan);
  return writeOut(context, options.output ?? `${stemOf(file)}.js`, [js, dts]);
};

/** To standard output (the first content only), or to a file with its declarations beside it. */
const writeOut = async (
  context: Context,
  output: string | null,
  contents: readonly [string, string?],
): Promise<number> => {
  const [content, declarations] = contents;
  if (output === null || output === '-') {
    context.terminal.stdout(content);
    return 0;
  }
  const path = declarations === undefined || /\.m?js$/.test(output) ? output : `${output}.js`;
  const files: OutputFile[] = [{ path, content }];
  if (declarations !== undefined) files.push({ path: declarationsOf(path), content: declarations });
  const problems = await writeFiles(files);
  showDiagnostics(context, problems, null);
  if (problems.length > 0) return exitCodeOf(problems);
  note(context, `wrote ${files.map((written) => written.path).join(' and ')}`);
  return 0;
};
