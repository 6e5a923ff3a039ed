// What this processor is: code made for it (-march=native) runs on no other, and how many threads it gives us. In: the files in
// which Linux says so, the environment. Out: words to compare, a number of threads.
import { readFileSync, openSync, readSync, closeSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';

const textOf = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** The beginning of a file: /proc/cpuinfo repeats itself for every processor. */
const beginningOf = (path: string, bytes: number): string | null => {
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(bytes);
      return buffer.toString('latin1', 0, readSync(file, buffer, 0, bytes, 0));
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
};

/** Model and features: two machines that answer alike run each other's code. */
export const processorFeatures = (): string => {
  const told = beginningOf('/proc/cpuinfo', 8192)?.split('\n\n')[0];
  const lines = (told ?? '').split('\n').filter((line) => /^(vendor_id|cpu family|model|stepping|flags|Features|CPU \w+|isa)\s*:/.test(line)); // prettier-ignore
  return [process.platform, process.arch, ...(lines.length > 0 ? lines : [cpus()[0]?.model ?? ''])].join('\n');
};

/** What control groups allow of processors, or null: no limit (cgroups(7); kernel documentation, cgroup-v2 "cpu.max", cgroup-v1
 *  "cpu.cfs_quota_us"). */
const groupLimit = (read: (path: string) => string | null): number | null => {
  const own = /^0::(\/.*)$/m.exec(read('/proc/self/cgroup') ?? '')?.[1] ?? '/';
  const limits = [join('/sys/fs/cgroup', own, 'cpu.max'), '/sys/fs/cgroup/cpu.max'].map(read);
  const [v1Quota, v1Period] = ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].map((name) =>
    read(`/sys/fs/cgroup/cpu/${name}`),
  );
  const found = [...limits, v1Quota === null ? null : `${v1Quota} ${v1Period}`].flatMap((text) => {
    const [quota, period] = (text ?? '').trim().split(/\s+/).map(Number);
    return quota! > 0 && period! > 0 ? [Math.max(1, Math.ceil(quota! / period!))] : [];
  });
  return found.length === 0 ? null : Math.min(...found);
};

export interface ThreadSources {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly available: () => number;
  readonly read: (path: string) => string | null;
}

const thisProcess: ThreadSources = { environment: process.env, available: availableParallelism, read: textOf };

const asked = (text: string | undefined): number | null => {
  // OMP_NUM_THREADS may be a list, a number for each level of nesting (OpenMP 5.2, 21.1.2).
  const first = Number((text ?? '').split(',')[0]);
  return Number.isInteger(first) && first > 0 ? first : null;
};

/** EBMC_THREADS, else OMP_NUM_THREADS, else as many as this process may use at once; at most 1024. */
export const threadCount = ({ environment, available, read }: ThreadSources = thisProcess): number => {
  const wanted = asked(environment['EBMC_THREADS']) ?? asked(environment['OMP_NUM_THREADS']);
  return Math.min(wanted ?? Math.min(available(), groupLimit(read) ?? Infinity), 1024);
};

/** Half of the second-level cache of a processor in bytes: what the intermediates of a row block should fit in. */
export const blockBytes = (read: (path: string) => string | null = textOf): number => {
  const told = /^(\d+)K/.exec(read('/sys/devices/system/cpu/cpu0/cache/index2/size') ?? '')?.[1];
  const kibibytes = told === undefined ? 512 : Math.min(Math.max(Number(told), 256), 4096);
  return kibibytes * 512;
};
