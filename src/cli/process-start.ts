// Whether a process runs, and since when: its number alone does not say, for numbers are given again, after `docker restart` even
// the same one to the same command. In: a process number. Out: what tells it from an earlier one with that number.
import { readFileSync } from 'node:fs';

/** When it started, in words that only serve to be compared; 'unknown' where the system does not tell; null: it has ended. */
export const startOf = (id: number): string | null => {
  if (!answers(id)) return null;
  try {
    // proc(5): the command in parentheses may hold anything; fields from the state (3) on follow, the start is number 22.
    const text = readFileSync(`/proc/${id}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, start] = [fields[0]!, fields[22 - 3]!];
    // Killed, and its parent has not looked yet.
    return state === 'Z' || state === 'X' ? null : `${bootOf()} ${start}`;
  } catch {
    return 'unknown';
  }
};

const bootOf = (): string => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();

const answers = (id: number): boolean => {
  try {
    process.kill(id, 0);
    return true;
  } catch (error) {
    // It is there, and belongs to someone else.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
};
