// The other side of a comparison, as a process that waits for its turn. In: a workload's name and arrays. Out: the peer's name
// with its version, and a function that has it do one unit of work; or why there is none: no Python, or none with its library.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { writeNpy } from '../src/data/npy.ts';
import type { BenchArray } from './arrays.ts';

export interface Peer {
  readonly title: string;
  /** Milliseconds of one unit of work. */
  readonly once: () => Promise<number>;
  readonly stop: () => Promise<void>;
}

/** Every python3 on the path: a later one may have packages that the first lacks. */
const interpreters = (): readonly string[] =>
  (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'python3'))
    .filter(existsSync);

const startWith = async (interpreter: string, workload: string, folder: string): Promise<Peer | string> => {
  const child = spawn(interpreter, [join(import.meta.dirname, 'peers.py'), workload, folder]);
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
      throw new Error(errors.join('').trim().split('\n').at(-1) || 'it ended without a word');
    return line.value;
  };
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.pid !== undefined) {
      child.stdin.end();
      await Promise.race([once(child, 'close'), ended]);
    }
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

export const startPeer = async (
  workload: string,
  arrays: Readonly<Record<string, BenchArray>>,
): Promise<Peer | string> => {
  const folder = await mkdtemp(join(tmpdir(), 'ebmc-bench-'));
  try {
    for (const [name, array] of Object.entries(arrays)) await writeFile(join(folder, `${name}.npy`), writeNpy(array));
    const refusals: string[] = [];
    for (const interpreter of interpreters()) {
      const peer = await startWith(interpreter, workload, folder);
      if (typeof peer !== 'string') return peer;
      refusals.push(peer);
    }
    return refusals[0] ?? 'python3 was not found';
  } finally {
    // A peer that started has read everything.
    await rm(folder, { recursive: true });
  }
};
