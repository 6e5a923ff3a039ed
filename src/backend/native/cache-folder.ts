// Where compiled programs are kept. In: the environment, the platform. Out: a folder that can be written, and in words what is
// wrong with the user's own where it cannot.
import { mkdtempSync, rmSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

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

const codeOf = (error: unknown): unknown => (error instanceof Error && 'code' in error ? error.code : null);

const problems: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a file is in its place',
  EEXIST: 'a file is in its place',
  ENOENT: 'there is no such folder, and none can be made',
};

/** What an error of the file system means; throws any other. */
export const problemOf = (error: unknown): string => {
  const code = codeOf(error);
  if (typeof code !== 'string' || !/^E[A-Z]+$/.test(code)) throw error;
  return problems[code] ?? code;
};

/** Makes a folder and those above it. (`mkdir` with `recursive` never returns where the system says of a new folder in an old one
 *  that there is no such file, as it does in /proc.) */
export const makeFolder = async (path: string): Promise<void> => {
  const make = (): Promise<void> =>
    mkdir(path, { mode: 0o700 }).catch(async (error: unknown) => {
      if (codeOf(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
    });
  try {
    await make();
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  }
};

/** A folder of this process, gone when it exits. */
export const privateFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'ebmc-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
};
