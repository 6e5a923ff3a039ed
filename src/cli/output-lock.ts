// One process at a time writes a file again and again. In: the file's path. Out: a lock to release, or who holds it. The lock is a
// file beside it with the process and the machine; what a killed process left behind is recognised and replaced.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseLearning } from '../diagnostics/messages/learning.ts';
import { cannotWrite } from './write-files.ts';

export interface OutputLock {
  /** May be called twice. */
  readonly release: () => void;
}

const isAlive = (process_: number): boolean => {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    // It is there, and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};

const holderOf = (lock: string): { readonly process: number; readonly host: string } | null => {
  try {
    const [id, host] = readFileSync(lock, 'utf8').split('\n') as [string, string | undefined];
    return /^\d+$/.test(id) && host !== undefined ? { process: Number(id), host } : null;
  } catch {
    return null;
  }
};

export const lockOutput = (file: string): OutputLock | Diagnostic => {
  const lock = join(dirname(file), `.${basename(file)}.lock`);
  const release = (): void => rmSync(lock, { force: true });
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(lock, `${process.pid}\n${hostname()}\n`, { flag: 'wx' });
      return { release };
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!taken || attempt > 0) return cannotWrite(file, error);
    }
    const holder = holderOf(lock);
    const here = holder !== null && holder.host === hostname();
    if (holder !== null && !(here && !isAlive(holder.process)))
      return diagnoseLearning('EBM654', null, { file, process: holder.process, host: here ? null : holder.host, lock });
    release();
  }
};

/** Writing results takes moments: who finds another at it waits so long, and no longer. */
const patienceMilliseconds = 10_000;

/** The same for a file that is written once: waits for its turn before it gives up. */
export const awaitOutput = async (file: string): Promise<OutputLock | Diagnostic> => {
  const end = performance.now() + patienceMilliseconds;
  for (;;) {
    const lock = lockOutput(file);
    if (!('code' in lock) || lock.code !== 'EBM654' || performance.now() > end) return lock;
    await new Promise((resume) => setTimeout(resume, 50));
  }
};
