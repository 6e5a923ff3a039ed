// Every way in which a file can fail to be read becomes one diagnostic. In: an error of the file system. Out: EBM601.
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import { failed } from './table.ts';
import type { ReadResult } from './table.ts';

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a directory',
  ELOOP: 'its links go round in a circle',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB',
  ERR_STRING_TOO_LONG: 'it is a text of more than 512 MiB',
  ERR_INVALID_ARG_VALUE: 'its name holds a zero byte',
};

/** Of what an allocation throws when memory is short, or when an array would be longer than any can be. */
const isAllocation = (error: unknown): boolean =>
  error instanceof RangeError && /allocation failed|Invalid (typed )?array length|Invalid string length/.test(error.message); // prettier-ignore

const problemOf = (error: unknown): string | null => {
  if (isAllocation(error)) return 'it does not fit into memory';
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return null;
  return problems[error.code] ?? (/^E[A-Z]+$/.test(error.code) ? error.code : null);
};

/** Anything that says nothing about the file is thrown on. */
export const cannotRead = async (file: string, error: unknown): Promise<ReadResult> => {
  const problem = problemOf(error);
  if (problem === null) throw error;
  const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const siblings = absent ? await readdir(dirname(file)).catch(() => []) : [];
  const nearest = nearestName(basename(file), siblings);
  return failed(diagnoseData('EBM601', null, { file, problem, nearest }));
};

export const isDirectory = (file: string): Promise<ReadResult> =>
  cannotRead(file, Object.assign(new Error(), { code: 'EISDIR' }));

/** Whether the bytes (perhaps the beginning of more) are UTF-8 text without zero bytes. */
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

export const notText = (file: string, endings: readonly string[] | null): ReadResult =>
  failed(diagnoseData('EBM608', null, { file, endings }));
