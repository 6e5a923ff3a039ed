// A data argument of the command line (`points.csv`, `table.csv:a,b`, `arrays.npz:y`, `-`) to a Table. The ending chooses
// the reader; standard input is recognised by its first bytes.
import { createReadStream } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { cannotRead, isDirectory, isText, notText } from './cannot-read.ts';
import { readCsv } from './csv.ts';
import { dataEndings, formatFacts, formatOf } from './data-formats.ts';
import type { DataFormat } from './data-formats.ts';
import { gunzip, isGzip } from './gzip.ts';
import { readIdx } from './idx.ts';
import { readJson } from './json.ts';
import { chooseArray } from './named-arrays.ts';
import { readNpy } from './npy.ts';
import { readNpz } from './npz.ts';
import { readSafetensors } from './safetensors-arrays.ts';
import { sniff } from './sniff.ts';
import { failed } from './table.ts';
import type { ReadResult } from './table.ts';

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

/** What is to be read: `variable` is the name left of `=`, `selection` what follows the colon. */
interface Wanted {
  readonly file: string;
  readonly selection: string | null;
  readonly variable: string | null;
}

/** `table.csv:a,b` to its path and selection; a file of that very name comes first. */
const splitSelection = async (argument: string): Promise<{ path: string; selection: string | null }> => {
  const colon = argument.lastIndexOf(':');
  const path = argument.slice(0, colon);
  const { format } = formatOf(path);
  const selects = path === '-' || (format !== null && formatFacts[format].selects !== null);
  if (colon <= 0 || !selects || (await exists(argument))) return { path: argument, selection: null };
  return { path, selection: argument.slice(colon + 1).trim() };
};

const columnsOf = (selection: string | null): readonly string[] | null =>
  selection?.split(',').map((column) => column.trim()) ?? null;

function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
}

const readText = (bytes: Buffer, format: 'csv' | 'tsv' | 'json', { file, selection }: Wanted): Promise<ReadResult> => {
  if (!isText(bytes)) return Promise.resolve(notText(file, dataEndings));
  if (format === 'json') return Promise.resolve(readJson(bytes.toString('utf8').replace(/^\uFEFF/, ''), file));
  const delimiter = delimiterIn(bytes.subarray(0, chunkBytes), format);
  return readCsv(Readable.from(pieces(bytes)), { file, columns: columnsOf(selection), delimiters: delimiter });
};

const readBytes = async (bytes: Buffer, format: DataFormat, wanted: Wanted): Promise<ReadResult> => {
  const { file, selection, variable } = wanted;
  switch (format) {
    case 'npy':
      return readNpy(bytes, file);
    case 'idx':
      return readIdx(bytes, file);
    case 'npz':
    case 'safetensors': {
      const { value, diagnostics } = format === 'npz' ? readNpz(bytes, file) : readSafetensors(bytes, file);
      return value === null ? failed(...diagnostics) : chooseArray(value, selection, variable);
    }
    case 'csv':
    case 'tsv':
    case 'json':
      return readText(bytes, format, wanted);
  }
};

const unpacked = (bytes: Buffer, gzipped: boolean, file: string): ReturnType<typeof gunzip> =>
  gzipped ? gunzip(bytes, file) : { value: bytes, diagnostics: [] };

const readStdin = async (bytes: Buffer, wanted: Wanted): Promise<ReadResult> => {
  const { value, diagnostics } = unpacked(bytes, isGzip(bytes), wanted.file);
  if (value === null) return failed(...diagnostics);
  return readBytes(value, sniff(value), wanted);
};

/** As a stream: memory grows with the numbers, not with the text. */
const streamCsv = async (path: string, format: 'csv' | 'tsv', wanted: Wanted): Promise<ReadResult> => {
  const start = await firstBytes(path);
  if (!isText(start)) return notText(path, dataEndings);
  const stream = createReadStream(path, { highWaterMark: chunkBytes });
  try {
    const options = { columns: columnsOf(wanted.selection), delimiters: delimiterIn(start, format) };
    return await readCsv(stream, { file: path, ...options });
  } finally {
    stream.destroy();
  }
};

/**
 * Reads one data argument. `stdin` is called at most once, for the argument `-`. `variable`, the name the data are for,
 * chooses among several arrays of one file.
 */
export const readTable = async (
  argument: string,
  stdin: () => Promise<Buffer>,
  variable: string | null = null,
): Promise<ReadResult> => {
  const { path, selection } = await splitSelection(argument);
  if (path === '-') return readStdin(await stdin(), { file: '<stdin>', selection, variable });
  const wanted = { file: path, selection, variable };
  const { format, gzipped, ending } = formatOf(path);
  try {
    if ((await stat(path)).isDirectory()) return await isDirectory(path);
    if (format === null) return failed(diagnoseData('EBM609', null, { file: path, ending, endings: dataEndings }));
    if ((format === 'csv' || format === 'tsv') && !gzipped) return await streamCsv(path, format, wanted);
    const { value, diagnostics } = unpacked(await readFile(path), gzipped, path);
    return value === null ? failed(...diagnostics) : await readBytes(value, format, wanted);
  } catch (error) {
    return await cannotRead(path, error);
  }
};
