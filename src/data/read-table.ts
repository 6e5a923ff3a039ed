// A data argument of the command line (`points.csv`, `table.csv:a,b`, `-`) to a Table. The ending chooses the reader;
// standard input is recognised by its first bytes. Every way a file can fail to be there becomes one diagnostic.
import { createReadStream } from 'node:fs';
import { open, readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, extname } from 'node:path';
import { Readable } from 'node:stream';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { readCsv } from './csv.ts';
import { readJson } from './json.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import { isNpy, readNpy } from './npy.ts';
import { failed } from './table.ts';
import type { ReadResult } from './table.ts';
import type { Checked } from '../diagnostics/diagnostic.ts';

type Format = 'csv' | 'tsv' | 'npy' | 'json';

const formats: Readonly<Record<string, Format>> = { csv: 'csv', tsv: 'tsv', txt: 'csv', npy: 'npy', json: 'json' };
/** One delimiter a file: the first of these that its first line with text has outside of quotes. With a semicolon there, a
 *  comma would be a decimal comma, and no number is written so. */
const delimiters: Readonly<Record<'csv' | 'tsv', readonly string[]>> = { csv: ['\t', ';', ','], tsv: ['\t'] };

const delimiterIn = (start: Uint8Array, format: 'csv' | 'tsv'): readonly string[] => {
  const lines = Buffer.from(start)
    .toString('latin1')
    .split(/[\r\n]+/);
  const line = (lines.find((l) => l.trim() !== '') ?? '').replaceAll(/"[^"]*"/g, '');
  return [delimiters[format].find((d) => line.includes(d)) ?? delimiters[format].at(-1)!];
};

/** Large reads, because a chunk costs more than its bytes. */
const chunkBytes = 1 << 20;

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
};

const errorCode = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;

/** A failure of the file system as a diagnostic; anything else is thrown on. */
export const cannotRead = async (file: string, error: unknown): Promise<ReadResult> => {
  const code = errorCode(error);
  if (code === null || !/^E[A-Z]+$/.test(code)) throw error;
  const siblings = code === 'ENOENT' ? await readdir(dirname(file)).catch(() => []) : [];
  const nearest = nearestName(basename(file), siblings);
  const problem = problems[code] ?? code;
  return failed(diagnoseData('EBM601', null, { file, problem, nearest }));
};

export const isText = (bytes: Uint8Array): boolean => {
  if (bytes.includes(0)) return false;
  try {
    // `stream` lets the last character be cut in half at the end of the piece looked at.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
};

const notText = (file: string, data: boolean): ReadResult => failed(diagnoseData('EBM608', null, { file, data }));

const firstBytes = async (path: string): Promise<Uint8Array> => {
  const handle = await open(path);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(65536), 0, 65536, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** `table.csv:a,b` to its path and columns; a file of that very name comes first. */
const splitColumns = async (argument: string): Promise<{ path: string; columns: readonly string[] | null }> => {
  const colon = argument.lastIndexOf(':');
  const path = argument.slice(0, colon);
  const isTable = /\.(csv|tsv|txt)$/i.test(path) || path === '-';
  if (colon <= 0 || !isTable || (await exists(argument))) return { path: argument, columns: null };
  const columns = argument.slice(colon + 1).split(',');
  return { path, columns: columns.map((column) => column.trim()) };
};

const readBytes = (
  bytes: Buffer,
  file: string,
  format: Format,
  columns: readonly string[] | null,
): Promise<ReadResult> => {
  if (format === 'npy') return Promise.resolve(readNpy(bytes, file));
  if (!isText(bytes)) return Promise.resolve(notText(file, true));
  if (format === 'json') return Promise.resolve(readJson(bytes.toString('utf8').replace(/^\uFEFF/, ''), file));
  return readCsv(Readable.from([bytes]), {
    file,
    columns,
    delimiters: delimiterIn(bytes.subarray(0, chunkBytes), format),
  });
};

const sniff = (bytes: Buffer): Format =>
  isNpy(bytes) ? 'npy' : /^\s*\[/.test(bytes.toString('latin1', 0, 256)) ? 'json' : 'csv';

/** Reads one data argument. `stdin` is called at most once, for the argument `-`. */
export const readTable = async (argument: string, stdin: () => Promise<Buffer>): Promise<ReadResult> => {
  const { path, columns } = await splitColumns(argument);
  if (path === '-') {
    const bytes = await stdin();
    return readBytes(bytes, '<stdin>', columns === null ? sniff(bytes) : 'csv', columns);
  }
  const ending = extname(path).slice(1).toLowerCase();
  const format = formats[ending];
  try {
    if ((await stat(path)).isDirectory()) return await cannotRead(path, Object.assign(new Error(), { code: 'EISDIR' }));
    if (format === undefined) return failed(diagnoseData('EBM609', null, { file: path, ending }));
    if (format !== 'csv' && format !== 'tsv') return await readBytes(await readFile(path), path, format, columns);
    const start = await firstBytes(path);
    if (!isText(start)) return notText(path, true);
    const stream = createReadStream(path, { highWaterMark: chunkBytes });
    try {
      return await readCsv(stream, { file: path, columns, delimiters: delimiterIn(start, format) });
    } finally {
      stream.destroy();
    }
  } catch (error) {
    return await cannotRead(path, error);
  }
};

/** A model (or any UTF-8 text) from a path; `-` is standard input. */
export const readSource = async (path: string, stdin: () => Promise<Buffer>): Promise<Checked<string | null>> => {
  try {
    const bytes = path === '-' ? await stdin() : await readFile(path);
    const { value, diagnostics } = isText(bytes)
      ? { value: bytes.toString('utf8'), diagnostics: [] }
      : notText(path, false);
    return { value: typeof value === 'string' ? value : null, diagnostics };
  } catch (error) {
    return { value: null, diagnostics: (await cannotRead(path, error)).diagnostics };
  }
};
