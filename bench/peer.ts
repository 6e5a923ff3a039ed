// The other side of a comparison, as a process that waits for its turn. In: a workload's name and arrays. Out: the peer's name
// with its version, and a function that has it do one unit of work; null where Python or the library is missing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeNpy } from '../src/data/npy.ts';
import type { BenchArray } from './compiled.ts';

export interface Peer {
  readonly title: string;
  /** Milliseconds of one unit of work. */
  readonly once: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

export const startPeer = async (
  workload: string,
  arrays: Readonly<Record<string, BenchArray>>,
): Promise<Peer | string> => {
  const folder = await mkdtemp(join(tmpdir(), 'ebmc-bench-'));
  for (const [name, array] of Object.entries(arrays)) await writeFile(join(folder, `${name}.npy`), writeNpy(array));
  const child = spawn('python3', [join(import.meta.dirname, 'peers.py'), workload, folder]);
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const ended = new Promise<null>((resolve) => {
    child.on('error', () => resolve(null));
    child.on('close', () => resolve(null));
  });
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line = await Promise.race([lines.next(), ended]);
    if (line === null || line.done === true)
      throw new Error(errors.join('').trim().split('\n').at(-1) || 'python3 was not found');
    return line.value;
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.pid !== undefined) {
      child.stdin.end();
      await Promise.race([once(child, 'close'), ended]);
    }
    await rm(folder, { recursive: true });
  };
  try {
    const title = await next();
    const work = async (): Promise<number> => {
      child.stdin.write('\n');
      return Number(await next());
    };
    return { title, once: work, stop };
  } catch (error) {
    await stop();
    return (error as Error).message;
  }
};
