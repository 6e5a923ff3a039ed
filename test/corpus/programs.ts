// The programs of the corpus and what the compiler says of them. In: a folder. Out: texts, and diagnostics in one form,
// whether a text was only checked or a command was carried out.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { analyse } from '../../src/compile.ts';
import { sourceMap } from '../../src/diagnostics/source-map.ts';
import { describeFound } from './annotations.ts';
import type { Found } from './annotations.ts';
import { carryOut, inFolder } from './carry-out.ts';
import type { PrintedDiagnostic } from './carry-out.ts';

export interface Program {
  /** From test/corpus. */
  readonly path: string;
  readonly source: string;
}

const root = import.meta.dirname;

export const programs = (folder: string): readonly Program[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ebm'))
    .toSorted()
    .map((path) => ({ path: join(folder, path), source: readFileSync(join(root, folder, path), 'utf8') }));

/** The first line of a program that is right until it is planned or run: `// $ ebmc run --query marginals`. */
const COMMAND = /^\/\/ \$ ebmc (\S+)(.*)/;

const dataFiles = (): Readonly<Record<string, Uint8Array>> =>
  Object.fromEntries(readdirSync(join(root, 'data')).map((name) => [name, readFileSync(join(root, 'data', name))]));

/** A span in lines and columns, 1-based, its end behind the last character. */
const describePrinted = (source: string, { code, message, span }: PrintedDiagnostic): Found => {
  if (span === null) return { described: `nowhere ${code}`, code, message };
  const { start, end } = span;
  const lineEnd = sourceMap(source).lineText(start.line).length;
  const last = Math.max(start.column, end.line === start.line ? end.column - 1 : lineEnd);
  return { described: `${start.line}:${start.column}-${last} ${code}`, code, message };
};

/** All that the compiler says of a program: of its text, or, where the first line is a command, when that is carried out. */
export const diagnose = async ({ path, source }: Program): Promise<readonly Found[]> => {
  const command = COMMAND.exec(source);
  const name = basename(path);
  if (command === null)
    return analyse(source, name).diagnostics.map((d) => ({
      described: describeFound(source, d),
      code: d.code,
      message: d.message,
    }));
  const [, verb, flags] = command;
  const { diagnostics } = await inFolder({ ...dataFiles(), [name]: source }, () =>
    carryOut(`ebmc ${verb} ${name}${flags}`),
  );
  return diagnostics.map((d) => describePrinted(source, d));
};
