// `ebmc compile FILE`: the model as a tfjs module with its types or as a library in C with its header, or one stage of the compiler
// printed.
import { basename } from 'node:path';
import type { Compiler, CompileTarget, Stage } from '../../api.ts';
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
  readonly target: CompileTarget;
}

/** How the two files of a target are called. */
interface Naming {
  readonly ending: string;
  /** Endings that a given path may have already. */
  readonly known: RegExp;
  readonly second: (path: string) => string;
}
const namings: Readonly<Record<CompileTarget, Naming>> = {
  tfjs: {
    ending: '.js',
    known: /\.m?js$/,
    second: (path) => path.replace(/\.(mjs|js)$/, (_, ending: string) => (ending === 'mjs' ? '.d.mts' : '.d.ts')),
  },
  c: { ending: '.c', known: /\.c$/, second: (path) => path.replace(/\.c$/, '.h') },
};

const isStandardOutput = (output: string | null): boolean => output === null || output === '-';

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
    const content = value.endsWith('\n') ? value : `${value}\n`;
    return isStandardOutput(options.output)
      ? print(context, content)
      : write(context, [{ path: options.output!, content }]);
  }
  const { value: plan, diagnostics } = compiler.planTask(analysis, task.value);
  showDiagnostics(context, diagnostics, analysis);
  if (plan === null) return exitCodeOf(diagnostics);
  const { ending, known, second } = namings[options.target];
  const given = options.output === null || options.output === '-' ? `${stemOf(file)}${ending}` : options.output;
  const path = known.test(given) ? given : `${given}${ending}`;
  const [content, beside] = textsOf(options.target, compiler, plan, basename(second(path)));
  if (options.output === '-') return print(context, content);
  return write(context, [{ path, content }, { path: second(path), content: beside }]); // prettier-ignore
};

const textsOf = (
  target: CompileTarget,
  compiler: Compiler,
  plan: object,
  beside: string,
): readonly [string, string] => {
  // prettier-ignore
  if (target === 'tfjs') {
    const { js, dts } = compiler.compileModule(plan);
    return [js, dts];
  }
  const { c, h } = compiler.compileLibrary(plan, beside);
  return [c, h];
};

const print = (context: Context, content: string): number => {
  context.terminal.stdout(content);
  return 0;
};

/** All files or none. */
const write = async (context: Context, files: readonly OutputFile[]): Promise<number> => {
  const problems = await writeFiles(files);
  showDiagnostics(context, problems, null);
  if (problems.length > 0) return exitCodeOf(problems);
  note(context, `wrote ${files.map((written) => written.path).join(' and ')}`);
  return 0;
};
