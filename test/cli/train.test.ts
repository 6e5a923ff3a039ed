// `ebmc train` as a command and as a process: what it writes, how it is interrupted, killed, resumed and refused. The processes
// compute in float64 on the host: then nothing but Node has to start.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as compiler from '../../src/compile.ts';
import { parseSafetensors } from '../../src/data/safetensors.ts';
import type { Outcome } from './double.ts';
import { ebmc } from './double.ts';

const root = join(import.meta.dirname, '..', '..');
let folder: string;
const at = (name: string): string => join(folder, name);
const bytesOf = (name: string): Buffer => readFileSync(at(name));

const softmax = `model softmax
size N, D, C
param W : real[C, D]
param b : real[C]
plate n in N {
  observed x : real[D]
  target y : category(C)
  factor score = -log_softmax(W @ x + b)[y]
}
regularizer decay = 1e-3 * ||W||_F^2
train { loss energy  learn by sgd(rate = 0.05, momentum = 0.9)  epochs 60  batch 16 }
`;
const line = `model line
size N
param w : real
plate n in N { observed x : real  target y : real  factor fit = (y - w * x)^2 }
`;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ebmc-train-'));
  execFileSync(process.execPath, [join(root, 'build.mjs'), at('dist')], { cwd: root });
  // Three classes: which of the first three numbers is the largest. The numbers are those of a Weyl sequence.
  const x = Array.from({ length: 150 }, (_, n) =>
    Array.from({ length: 12 }, (_, d) => ((n * 12 + d + 1) * 0.618034) % 1),
  );
  writeFileSync(at('x.json'), JSON.stringify(x));
  writeFileSync(at('y.json'), JSON.stringify(x.map((row) => row.indexOf(Math.max(...row.slice(0, 3))))));
  writeFileSync(at('softmax.ebm'), softmax);
  writeFileSync(at('line.ebm'), line);
  writeFileSync(at('a.csv'), '1\n2\n3\n');
  writeFileSync(at('b.csv'), '2\n4\n7\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const data = (): readonly string[] => ['--data', `x=${at('x.json')}`, '--data', `y=${at('y.json')}`];
const argumentsFor = (output: string, ...more: readonly string[]): readonly string[] => [
  ...['train', at('softmax.ebm'), ...data(), '-o', at(output), '--backend', 'reference'],
  ...more,
];
const train = (output: string, ...more: readonly string[]): Promise<Outcome> =>
  ebmc(argumentsFor(output, ...more), compiler);
const start = (output: string, ...more: readonly string[]) =>
  spawn(process.execPath, [at('dist/cli.js'), ...argumentsFor(output, ...more)], { stdio: 'ignore' });
const ended = (
  child: ReturnType<typeof start>,
): Promise<{ readonly code: number | null; readonly signal: string | null }> =>
  new Promise((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })));
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await sleep(5);
};
const leftovers = (): readonly string[] => readdirSync(folder).filter((name) => name.startsWith('.'));

describe('training to a file', () => {
  it('says what was learned, and keeps the rest in the file', async () => {
    writeFileSync(
      at('kept.ebm'),
      line.replace('param w : real', 'param w : real\nparam c : real = 1').replace('w * x', 'w * x - c') +
        'train { learn w by sgd(rate = 0.1)  epochs 2 }',
    );
    const { stdout } = await ebmc(
      [
        ...['train', at('kept.ebm'), '--data', `x=${at('a.csv')}`, '--data', `y=${at('b.csv')}`],
        ...['-o', at('kept.safetensors'), '--backend', 'reference'],
      ],
      compiler,
    );
    expect(stdout).toMatch(/^learned w: 2 of 2 epochs/);
    const { tensors } = parseSafetensors(bytesOf('kept.safetensors'), '').value!;
    expect([...tensors.keys()].sort()).toEqual(['c', 'w']);
  });

  it('writes params that a run takes, and the same bytes again', async () => {
    const { exitCode, stdout, stderr } = await train('whole.safetensors');
    expect([exitCode, stderr]).toEqual([0, `wrote ${at('whole.safetensors')}\n`]);
    expect(stdout).toMatch(/^learned W, b: 60 of 60 epochs, objective 0\.\d+\n$/);
    const { tensors, metadata } = parseSafetensors(bytesOf('whole.safetensors'), '').value!;
    expect([...tensors.keys()].sort()).toEqual(['W', 'b']);
    expect(metadata.get('complete')).toBe('true');
    const run = await ebmc(
      [
        'run',
        at('softmax.ebm'),
        '--data',
        `x=${at('x.json')}`,
        '--params',
        at('whole.safetensors'),
        '--json',
        '--backend',
        'reference',
      ],
      compiler,
    );
    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    const found = (JSON.parse(run.stdout) as { variables: { y: number[] } }).variables.y;
    const right = JSON.parse(readFileSync(at('y.json'), 'utf8')) as number[];
    expect(found.filter((v, i) => v === right[i]).length / right.length).toBeGreaterThan(0.9);
    await train('again.safetensors');
    expect(bytesOf('again.safetensors').equals(bytesOf('whole.safetensors'))).toBe(true);
    expect(leftovers()).toEqual([]);
  });

  it('leaves alone what is complete', async () => {
    const before = bytesOf('whole.safetensors');
    const { exitCode, stdout } = await train('whole.safetensors', '--resume');
    expect([exitCode, stdout.slice(0, 32)]).toEqual([0, 'learned W, b: 60 of 60 epochs, o']);
    expect(bytesOf('whole.safetensors').equals(before)).toBe(true);
  });

  it('serves fits by a closed form too', async () => {
    const argv = [
      'train',
      at('line.ebm'),
      '--data',
      `x=${at('a.csv')}`,
      '--data',
      `y=${at('b.csv')}`,
      '-o',
      at('line.safetensors'),
    ];
    const { exitCode, stdout } = await ebmc([...argv, '--backend', 'reference'], compiler);
    expect([exitCode, stdout]).toEqual([0, 'learned w\n']);
    const { bytes } = parseSafetensors(bytesOf('line.safetensors'), '').value!.tensors.get('w')!;
    // Σ x y / Σ x².
    expect(new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true)).toBeCloseTo(31 / 14, 12);
  });

  it('tries again what had not converged', async () => {
    const quartic = line.replace('(y - w * x)^2', '(y - w * x)^2 + 10 * w^4');
    writeFileSync(at('short.ebm'), `${quartic}train { loss energy  learn w by lbfgs(iterations = 1) }`);
    const data = ['--data', `x=${at('a.csv')}`, '--data', `y=${at('b.csv')}`];
    const argv = ['train', at('short.ebm'), ...data, '-o', at('short.safetensors'), '--backend', 'reference'];
    for (const more of [[], ['--resume']]) {
      const { exitCode, stdout } = await ebmc([...argv, ...more], compiler);
      expect([exitCode, stdout]).toEqual([3, expect.stringMatching(/^learned w, .* \(did not converge\)\n$/)]);
    }
  });

  it.each([
    [['train', 'm.ebm'], /-o names the file/],
    [['train', 'm.ebm', '-o', '-'], /cannot go to standard output/],
    [['train', 'm.ebm', '-o', 'P.json'], /ends in \.safetensors/],
    [['train', 'm.ebm', '-o', 'P.safetensors', '--query', 'marginals'], /--query belongs to ebmc run/],
  ])('%j is wrong and ends with 2', async (argv, text) => {
    const { exitCode, stderr } = await ebmc(argv, compiler);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(text);
  });
});

describe('a training that is interrupted', () => {
  it('is killed at random moments and goes on to the same bytes', async () => {
    let [state, killed] = [20_240_607, 0];
    for (let round = 0; round < 8; round++) {
      writeFileSync(at('.killed.safetensors.999999999.tmp'), 'half a checkpoint');
      const child = start('killed.safetensors', '--resume');
      const over = ended(child);
      state = (state * 16_807) % 2_147_483_647;
      // Once the process has come so far that it has something to lose, sometimes a little before.
      const lock = at('.killed.safetensors.lock');
      await Promise.race([over, until(() => existsSync(lock))]);
      await Promise.race([over, sleep(30 + (state / 2_147_483_647) * 200)]);
      child.kill('SIGKILL');
      const { signal } = await over;
      if (signal === null) break;
      killed++;
    }
    expect(killed).toBeGreaterThan(0);
    expect((await train('killed.safetensors', '--resume')).exitCode).toBe(0);
    expect(bytesOf('killed.safetensors').equals(bytesOf('whole.safetensors'))).toBe(true);
    expect(leftovers()).toEqual([]);
  }, 30_000);

  it('ends with 130 on Ctrl-C and keeps a checkpoint of that very step', async () => {
    const child = start('asked.safetensors');
    const over = ended(child);
    await until(() => existsSync(at('asked.safetensors')));
    child.kill('SIGINT');
    expect(await over).toEqual({ code: 130, signal: null });
    const { tensors, metadata } = parseSafetensors(bytesOf('asked.safetensors'), '').value!;
    expect(metadata.get('complete')).toBe('false');
    expect([...tensors.keys()]).toContain('optimizer/W/velocity');
    // What the optimizer remembers is no param.
    const argv = ['run', at('softmax.ebm'), '--data', `x=${at('x.json')}`, '--params', at('asked.safetensors')];
    expect((await ebmc([...argv, '--backend', 'reference'], compiler)).exitCode).toBe(0);
    expect((await train('asked.safetensors', '--resume')).exitCode).toBe(0);
    expect(bytesOf('asked.safetensors').equals(bytesOf('whole.safetensors'))).toBe(true);
  }, 20_000);

  it('begins where there is nothing to go on from', async () => {
    const { exitCode, stderr } = await train('fresh.safetensors', '--resume');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('is not there yet: learning begins');
    expect(bytesOf('fresh.safetensors').equals(bytesOf('whole.safetensors'))).toBe(true);
  });
});

describe('a training that cannot go on', () => {
  it('is refused with other settings, and the checkpoint stays', async () => {
    const before = bytesOf('whole.safetensors');
    const { exitCode, stderr } = await train('whole.safetensors', '--resume', '--seed', '4');
    expect(exitCode).toBe(1);
    expect(stderr).toContain('EBM652');
    expect(stderr).toContain('was begun with seed 0, and this run has seed 4');
    expect(bytesOf('whole.safetensors').equals(before)).toBe(true);
    writeFileSync(at('cut.safetensors'), before.subarray(0, before.length - 10));
    expect((await train('cut.safetensors', '--resume')).stderr).toMatch(/EBM614.*cut off/);
    expect(leftovers().filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('keeps the last checkpoint when the disk takes no more', async () => {
    const whole = bytesOf('whole.safetensors');
    const child = start('full.safetensors');
    const over = ended(child);
    await until(() => existsSync(at('full.safetensors')));
    child.kill('SIGINT');
    await over;
    const before = bytesOf('full.safetensors');
    // A limit on the size of files stands for a full disk: one block, and the checkpoint is larger.
    const limited = spawnSync(
      'sh',
      [
        '-c',
        'ulimit -f 1; "$0" "$@"',
        process.execPath,
        at('dist/cli.js'),
        ...argumentsFor('full.safetensors', '--resume'),
      ],
      { encoding: 'utf8' },
    );
    expect(limited.stderr).toMatch(/EBM612.*cannot write .*full\.safetensors/);
    expect(limited.stderr.match(/EBM\d+/g)).toHaveLength(1);
    expect(limited.stderr).toContain('holds the last good params');
    expect(limited.status).toBe(1);
    expect(bytesOf('full.safetensors').equals(before)).toBe(true);
    expect(leftovers().filter((name) => name.includes('full'))).toEqual([]);
    await train('full.safetensors', '--resume');
    expect(bytesOf('full.safetensors').equals(whole)).toBe(true);
  }, 20_000);

  it('stops when its numbers leave the finite ones, with 3, and keeps the last good checkpoint', async () => {
    // From w = 1 on |w| is 3 times as large after every step.
    writeFileSync(
      at('away.ebm'),
      `${line.replace('w : real', 'w : real = 1')}train { loss energy  learn w by sgd(rate = 2)  epochs 99  batch 1 }\n`,
    );
    writeFileSync(at('ones.csv'), '1\n1\n1\n');
    writeFileSync(at('zeros.csv'), '0\n0\n0\n');
    const argv = [
      'train',
      at('away.ebm'),
      '--data',
      `x=${at('ones.csv')}`,
      '--data',
      `y=${at('zeros.csv')}`,
      '-o',
      at('away.safetensors'),
    ];
    const { exitCode, stderr } = await ebmc([...argv, '--backend', 'reference'], compiler);
    expect(exitCode).toBe(3);
    // 9^k passes 1e29 with k = 31, which is the energy of step 32.
    expect(stderr).toMatch(/EBM653.*epoch 11, step 32: the energy of factor fit is infinite/);
    expect(stderr).toContain('away.safetensors holds the last good params');
    const { tensors, metadata } = parseSafetensors(bytesOf('away.safetensors'), '').value!;
    expect(metadata.get('epoch')).toBe('10');
    const { bytes } = tensors.get('w')!;
    expect(new DataView(bytes.buffer, bytes.byteOffset).getFloat64(0, true)).toBe(3 ** 30);
  });

  it('does not begin while another process writes the file; what a dead one left is no obstacle', async () => {
    const child = start('shared.safetensors');
    const over = ended(child);
    await until(() => existsSync(at('.shared.safetensors.lock')));
    const { exitCode, stderr } = await train('shared.safetensors');
    expect(exitCode).toBe(1);
    expect(stderr).toContain(`is being written by process ${child.pid}`);
    child.kill('SIGKILL');
    await over;
    expect((await train('shared.safetensors')).exitCode).toBe(0);
    expect(bytesOf('shared.safetensors').equals(bytesOf('whole.safetensors'))).toBe(true);
    // A number that another process has now, as after the restart of a container.
    if (process.platform === 'linux') {
      writeFileSync(at('.shared.safetensors.lock'), `${process.pid}\n${hostname()}\nanother boot 17`);
      expect((await train('shared.safetensors')).exitCode).toBe(0);
    }
    writeFileSync(at('.shared.safetensors.lock'), `${process.pid}\n${hostname()}\n`);
    expect((await train('shared.safetensors')).stderr).toContain(`is being written by process ${process.pid}`);
    rmSync(at('.shared.safetensors.lock'));
    writeFileSync(at('.far.safetensors.lock'), `1\n${hostname()}-not\n`);
    expect((await train('far.safetensors')).stderr).toMatch(/process 1 on .*-not/);
    rmSync(at('.far.safetensors.lock'));
  }, 20_000);
});
