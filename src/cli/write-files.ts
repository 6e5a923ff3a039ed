// Output files, written whole or not at all: all contents go to temporary files beside their targets, then all are renamed.
// Devices and pipes are written to as they are.
import { access, chmod, constants, mkdir, readdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';

export interface OutputFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such directory',
  ENOTDIR: 'there is no such directory',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EISDIR: 'it is a directory',
  ENOSPC: 'no space is left',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than the system allows',
  EEXIST: 'a file of that name is in the way',
};

/** EBM612; throws what is no error of the file system. */
export const cannotWrite = (path: string, error: unknown): Diagnostic => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  if (code === null || !/^E[A-Z]+$/.test(code)) throw error;
  return diagnoseData('EBM612', null, { file: path, problem: problems[code] ?? code });
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const isDirectory = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

const temporaryOf = (path: string, process_: number | string): string =>
  join(dirname(path), `.${basename(path)}.${process_}.tmp`);

/** Removes what processes that were killed while they wrote this file left beside it. No other may be writing it now. */
export const removeLeftovers = async (path: string): Promise<void> => {
  const names = await readdir(dirname(path)).catch(() => []);
  const [before, after] = basename(temporaryOf(path, ':')).split(':') as [string, string];
  const isLeft = (name: string): boolean =>
    name.startsWith(before) && name.endsWith(after) && /^\d+$/.test(name.slice(before.length, -after.length));
  await Promise.all(names.filter(isLeft).map((name) => rm(join(dirname(path), name), { force: true })));
};

interface Target {
  /** Links followed: what a link points to is replaced, not the link. */
  readonly path: string;
  /** A device or a pipe: it takes the bytes as they come and must never be replaced by a file. */
  readonly stream: boolean;
  /** Permissions of the file that is replaced. */
  readonly mode: number | null;
}

const targetOf = async (path: string): Promise<Target> => {
  const found = await stat(path).catch(() => null);
  if (found === null) return { path, stream: false, mode: null };
  if (found.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
  await access(path, constants.W_OK);
  if (!found.isFile()) return { path, stream: true, mode: null };
  return { path: await realpath(path), stream: false, mode: found.mode & 0o777 };
};

/** Empty when everything was written; else why not, and then nothing was. */
export const writeFiles = async (files: readonly OutputFile[]): Promise<readonly Diagnostic[]> => {
  const steps: { readonly given: string; readonly target: Target; readonly temporary: string }[] = [];
  let current = '';
  try {
    for (const { path, content } of files) {
      current = path;
      const target = await targetOf(path);
      const temporary = target.stream ? path : temporaryOf(target.path, process.pid);
      steps.push({ given: path, target, temporary });
      await writeFile(temporary, content);
      if (target.mode !== null) await chmod(temporary, target.mode);
    }
    for (const { given, target, temporary } of steps) {
      current = given;
      if (!target.stream) await rename(temporary, target.path);
    }
    return [];
  } catch (error) {
    const left = steps.filter(({ target }) => !target.stream).map(({ temporary }) => temporary);
    await Promise.all(left.map((path) => rm(path, { force: true }).catch(() => undefined)));
    return [cannotWrite(current, error)];
  }
};

/** Whether `makeDirectory` will succeed, as far as can be told without making it: asked before a long computation. */
export const canMakeDirectory = async (path: string): Promise<readonly Diagnostic[]> => {
  let nearest = resolve(path);
  while (!(await exists(nearest)) && dirname(nearest) !== nearest) nearest = dirname(nearest);
  try {
    if (!(await isDirectory(nearest))) throw Object.assign(new Error(), { code: 'EEXIST' });
    await access(nearest, constants.W_OK);
    return [];
  } catch (error) {
    return [cannotWrite(path, error)];
  }
};

/** Makes a directory for results, with its parents, one by one: Node's recursive mkdir never returns where a parent exists
 *  and yet nothing can be made in it (/proc). */
export const makeDirectory = async (path: string): Promise<readonly Diagnostic[]> => {
  try {
    const missing: string[] = [];
    for (let at = resolve(path); !(await isDirectory(at)) && dirname(at) !== at; at = dirname(at)) missing.unshift(at);
    for (const directory of missing) await mkdir(directory);
    return [];
  } catch (error) {
    return [cannotWrite(path, error)];
  }
};
