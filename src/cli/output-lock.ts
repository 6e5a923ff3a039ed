// One process at a time writes a file again and again. In: the file's path. Out: a lock to release, or who holds it. The lock is a
// file beside it with the process, the machine and since when it runs; what a killed process left behind is recognised and
// replaced.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseLearning } from '../diagnostics/messages/learning.ts';
import { startOf } from './process-start.ts';
import { cannotWrite } from './write-files.ts';

export interface OutputLock {
  /** May be called twice. */
  readonly release: () => void;
}

interface Holder {
  readonly process: number;
  readonly host: string;
  readonly start: string;
}

const holderOf = (lock: string): Holder | null => {
  try {
    const [id, host, start] = readFileSync(lock, 'utf8').split('\n') as [string, ...(string | undefined)[]];
    return /^\d+$/.test(id) && host !== undefined ? { process: Number(id), host, start: start || 'unknown' } : null;
  } catch {
    return null;
  }
};

/** Of another machine nothing is known. */
const isGone = (holder: Holder): boolean => {
  if (holder.host !== hostname()) return false;
  const start = startOf(holder.process);
  return start === null || (start !== 'unknown' && holder.start !== 'unknown' && start !== holder.start);
};

export const lockOutput = (file: string): OutputLock | Diagnostic => {
  const lock = join(dirname(file), `.${basename(file)}.lock`);
  const release = (): void => rmSync(lock, { force: true });
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(lock, [process.pid, hostname(), startOf(process.pid)].join('\n'), { flag: 'wx' });
      return { release };
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
      if (!taken || attempt > 0) return cannotWrite(file, error);
    }
    const holder = holderOf(lock);
    if (holder !== null && !isGone(holder)) {
      const host = holder.host === hostname() ? null : holder.host;
      return diagnoseLearning('EBM654', null, { file, process: holder.process, host, lock });
    }
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
