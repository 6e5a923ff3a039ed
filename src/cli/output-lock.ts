// One process at a time writes a file again and again. In: the file's path. Out: a lock to release, or who holds it. The lock is a
// file beside it with the process, the machine and since when it runs; what a killed process left behind is recognised and
// replaced.
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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

const holderIn = (text: string): Holder | null => {
  const [id, host, start] = text.split('\n') as [string, ...(string | undefined)[]];
  return /^\d+$/.test(id) && host !== undefined ? { process: Number(id), host, start: start || 'unknown' } : null;
};

/** null: it is gone. */
const textOf = (lock: string): string | null => {
  try {
    return readFileSync(lock, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  }
};

const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));

/** Of another machine nothing is known. */
const isGone = (holder: Holder): boolean => {
  if (holder.host !== hostname()) return false;
  const start = startOf(holder.process);
  return start === null || (start !== 'unknown' && holder.start !== 'unknown' && start !== holder.start);
};

/** Never seen half written, when it would look like what a dead process left. False: it exists. */
const created = (file: string, text: string): boolean => {
  const draft = `${file}.${process.pid}`;
  const orTaken = (create: () => void): boolean => {
    try {
      create();
      return true;
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return false;
      throw error;
    }
  };
  try {
    writeFileSync(draft, text);
    return orTaken(() => linkSync(draft, file));
  } catch (error) {
    // What file systems without hard links answer.
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
    return orTaken(() => writeFileSync(file, text, { flag: 'wx' }));
  } finally {
    rmSync(draft, { force: true });
  }
};

/** Removes a lock that has this text. Another process may have done so just before and have its own lock there now: it is put
 *  aside first, looked at, and put back. */
const remove = (lock: string, text: string): void => {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (textOf(aside) !== text) linkSync(aside, lock);
  } catch (error) {
    if (!hasCode(error, 'ENOENT', 'EEXIST')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
};

/** A lock may come and go under the eyes of one who wants it; but not for ever, as a link that leads nowhere seems to. */
const mostAttempts = 1000;

export const lockOutput = (file: string): OutputLock | Diagnostic => {
  const lock = join(dirname(file), `.${basename(file)}.lock`);
  try {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      if (created(lock, [process.pid, hostname(), startOf(process.pid)].join('\n')))
        return { release: () => rmSync(lock, { force: true }) };
      const text = textOf(lock);
      if (text === null) continue;
      const holder = holderIn(text);
      if (holder !== null && !isGone(holder)) {
        const host = holder.host === hostname() ? null : holder.host;
        return diagnoseLearning('EBM654', null, { file, process: holder.process, host, lock });
      }
      remove(lock, text);
    }
    return cannotWrite(lock, Object.assign(new Error(), { code: 'EEXIST' }));
  } catch (error) {
    return cannotWrite(file, error);
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
