// Where compiled programs are kept. In: the environment, the platform. Out: a folder that can be written, and in words what is
// wrong with the user's own where it cannot.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

export interface Surroundings {
  readonly platform: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: () => string;
}

export const theseSurroundings: Surroundings = { platform: process.platform, environment: process.env, home: homedir };

/** EBMC_CACHE, else `ebmc` in the user's cache folder: XDG_CACHE_HOME, which counts only when absolute (XDG Base Directory
 *  Specification), ~/Library/Caches on macOS, else ~/.cache. */
export const cacheFolderOf = ({ platform, environment, home }: Surroundings = theseSurroundings): string => {
  const own = environment['EBMC_CACHE'];
  if (own !== undefined && own !== '') return own;
  const xdg = environment['XDG_CACHE_HOME'];
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, 'ebmc');
  return platform === 'darwin' ? join(home(), 'Library', 'Caches', 'ebmc') : join(home(), '.cache', 'ebmc');
};

const problems: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a file is in its place',
  EEXIST: 'a file is in its place',
};

/** What an error of the file system means; throws any other. */
export const problemOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? String(error.code) : null;
  if (code === null || !/^E[A-Z]+$/.test(code)) throw error;
  return problems[code] ?? code;
};

/** Null when files can be made there, else why not. Makes the folder. */
export const whyNotWritable = (folder: string): string | null => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const trial = join(folder, `.${process.pid}.trial.tmp`);
    // Some content: a full disk takes empty files.
    writeFileSync(trial, Buffer.alloc(4096));
    rmSync(trial);
    return null;
  } catch (error) {
    return problemOf(error);
  }
};

/** A folder of this process, gone when it exits. */
export const privateFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'ebmc-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
