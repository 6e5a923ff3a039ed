// `--watch` as a process of its own, beside an editor that saves in the ways that editors do.
import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const right = 'model m\nlatent x : real\nfactor f = x^2\n';
const wrong = 'model m\nlatent x : real\nfactor f = q^2\n';

let folder: string;
let cli: string;
let running: ChildProcessWithoutNullStreams | null = null;
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebmc-watch-'));
  execFileSync(process.execPath, [join(root, 'build.mjs'), join(folder, 'dist')], { cwd: root });
  cli = join(folder, 'dist', 'cli.js');
});
afterEach(() => void running?.kill('SIGKILL'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A watching process, and what it has said since it was last asked. */
const start = (...argv: readonly string[]) => {
  const child = spawn(process.execPath, [cli, ...argv], { cwd: folder, env: { ...process.env, NO_COLOR: '1' } });
  running = child;
  let text = '';
  let looked = 0;
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (more: string) => (text += more));
  const ended = new Promise<string | number | null>((resolve) =>
    child.once('exit', (code, signal) => resolve(signal ?? code)),
  );
  /** All that was said up to the end of the next run. */
  const run = async (): Promise<string> => {
    for (let waited = 0; waited < 10_000; waited += 20) {
      const end = text.indexOf('Ctrl-C ends\n', looked);
      if (end >= 0) {
        const said = text.slice(looked, end);
        looked = end + 'Ctrl-C ends\n'.length;
        return said;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`no run ended; it said: ${text.slice(looked)}`);
  };
  const quietFor = async (milliseconds: number): Promise<string> => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return text.slice(looked);
  };
  return { child, run, quietFor, ended };
};

describe('check --watch', () => {
  it('runs again on every way of saving, survives deletion, and ends by Ctrl-C', async () => {
    writeFileSync(at('m.ebm'), right);
    const { child, run, quietFor, ended } = start('check', 'm.ebm', '--watch');
    expect(await run()).toContain('m.ebm: ok\n');

    writeFileSync(at('m.ebm'), wrong);
    const second = await run();
    expect(second).toMatch(/\n\[\d\d:\d\d:\d\d\] m\.ebm changed\n/);
    expect(second).toContain('EBM201');

    // Saved as vim and others do it: a new file takes the place of the old.
    writeFileSync(at('m.ebm.new'), right);
    renameSync(at('m.ebm.new'), at('m.ebm'));
    expect(await run()).toContain('m.ebm: ok\n');
    writeFileSync(at('m.ebm'), wrong);
    expect(await run()).toContain('EBM201');

    rmSync(at('m.ebm'));
    expect(await run()).toContain('EBM601');
    writeFileSync(at('m.ebm'), right);
    expect(await run()).toContain('m.ebm: ok\n');

    // Several writes at once are one change, and other files none.
    for (let i = 0; i < 5; i++) writeFileSync(at('m.ebm'), right + '\n'.repeat(i));
    expect(await run()).toContain('m.ebm: ok\n');
    writeFileSync(at('other.ebm'), right);
    expect(await quietFor(400)).toBe('');

    child.kill('SIGINT');
    // A shell reports this as 130.
    expect(await ended).toBe('SIGINT');
  });

  it('never clears what is not a terminal', async () => {
    writeFileSync(at('n.ebm'), right);
    const { run } = start('check', 'n.ebm', '--watch');
    await run();
    writeFileSync(at('n.ebm'), wrong);
    expect(await run()).not.toContain('\u001b');
  });
});

describe('compile --watch and graph --watch', () => {
  it('write again when the data change', async () => {
    writeFileSync(at('c.ebm'), 'model c\nsize N\nplate n in N {\n  target y : real\n  factor f = y^2\n}\n');
    writeFileSync(at('y.csv'), '1\n2\n');
    const { run } = start('compile', 'c.ebm', '--watch', '--data', 'y=y.csv:1', '-o', 'c.js');
    expect(await run()).toContain('wrote c.js');
    writeFileSync(at('y.csv'), '1\ntwo\n');
    expect(await run()).toMatch(/y\.csv changed[\s\S]*EBM604/);
    const before = statSync(at('c.js')).mtimeMs;
    writeFileSync(at('y.csv'), '1\n2\n3\n');
    expect(await run()).toContain('wrote c.js');
    expect(statSync(at('c.js')).mtimeMs).toBeGreaterThan(before);
  });

  it('a drawing follows its model', async () => {
    writeFileSync(at('g.ebm'), right);
    const { run } = start('graph', 'g.ebm', '--watch', '-o', 'g.dot');
    expect(await run()).toContain('wrote g.dot');
    writeFileSync(at('g.ebm'), right.replace('factor f', 'factor other'));
    await run();
    expect(readFileSync(at('g.dot'), 'utf8')).toContain('other');
  });
});
