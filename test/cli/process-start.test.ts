// What is known of processes: of this one, of one that was killed and not yet looked after, of one that never was.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startOf } from '../../src/cli/process-start.ts';

describe('the start of a process', () => {
  it('is the same whenever it is asked, and null where there is none', () => {
    expect(startOf(process.pid)).not.toBeNull();
    expect(startOf(process.pid)).toBe(startOf(process.pid));
    expect(startOf(2 ** 22 + 1)).toBeNull();
  });

  it.runIf(process.platform === 'linux')(
    'is null for a killed process whose parent has not asked for its end',
    async () => {
      // A shell that becomes `sleep` never waits for the child that it had before.
      const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
      try {
        const id = await new Promise<number>((found) => parent.stdout.once('data', (text) => found(Number(text))));
        while (!readFileSync(`/proc/${parent.pid}/cmdline`, 'latin1').startsWith('sleep')) await sleep(5);
        expect(startOf(id)).not.toBeNull();
        process.kill(id, 'SIGKILL');
        while (!/\) Z /.test(readFileSync(`/proc/${id}/stat`, 'latin1'))) await sleep(5);
        expect(startOf(id)).toBeNull();
      } finally {
        parent.kill();
      }
    },
  );
});
