// A model argument to an analysis: reads the file (or standard input), analyses it, prints what is wrong.
import { basename, extname } from 'node:path';
import type { Analysis } from '../api.ts';
import { readSource } from '../data/read-source.ts';
import { showDiagnostics } from './show-diagnostics.ts';
import type { Context } from './terminal.ts';
import { exitCodeOf } from './exit-codes.ts';

export const readModel = async (
  context: Context,
  path: string,
  jsonTo: 'stdout' | 'stderr' = 'stderr',
): Promise<{ readonly file: string; readonly source: string } | number> => {
  const { value, diagnostics } = await readSource(path, context.stdin);
  showDiagnostics(context, diagnostics, { file: path, source: null }, jsonTo);
  if (value === null) return exitCodeOf(diagnostics);
  return { file: path === '-' ? (context.stdinFilename ?? '<stdin>') : path, source: value };
};

/** The analysis of a model without errors; or, once they have been printed, the exit code. */
export const loadModel = async (context: Context, path: string): Promise<Analysis | number> => {
  const text = await readModel(context, path);
  if (typeof text === 'number') return text;
  const compiler = await context.compiler();
  const analysis = compiler.analyse(text.source, text.file);
  showDiagnostics(context, analysis.diagnostics, text);
  const exitCode = exitCodeOf(analysis.diagnostics);
  return exitCode === 0 ? analysis : exitCode;
};

/** `dir/kmeans.ebm` to `kmeans`: the stem of output files. */
export const stemOf = (file: string): string => {
  const stem = basename(file, extname(file));
  return stem === '<stdin>' || stem === '' ? 'model' : stem;
};
