// How a process ends that has run compiled programs with threads: by itself, by process.exit, in the midst of a call, by Ctrl-C.
// Skipped where there is no compiler.
import { spawn } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { hasCompiler } from './compiler.ts';
import { endless, folder, source, twice } from './hand-written.ts';

/** A program that has loaded `runner` of this C, and goes on so. */
const script = (text: string, cache: string, rest: string): string => `
  import { Builder } from './src/tensor/builder.ts';
  import { size } from './src/tensor/dims.ts';
  import { nativeBackendsOn, thisMachine } from './src/backend/native/run.ts';
  const N = [size('N')];
  const b = new Builder();
  const x = b.input('x', N);
  const entries = { infer: b.finish({ y: b.add(x, x) }) };
  const module = { name: 'test', source: '', description: [], sizes: [], variables: {}, entries };
  const on = { ...thisMachine, environment: { ...process.env, EBMC_CACHE: ${JSON.stringify(cache)} } };
  const { native } = nativeBackendsOn(on, { identity: () => null, load: async () => () => ({
    source: ${JSON.stringify(text)}, symbol: 'ebmc_infer', sizes: ['N'], stored: [],
    inputs: [{ name: 'x', element: 'float32' }], outputs: [{ name: 'y', element: 'float32', shape: N }],
  }) });
  const runner = await native.load(module);
  const given = { x: { shape: [4096], data: new Float32Array(4096).fill(1) } };
  ${rest}
`;

interface Ended {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Since it printed its first word. */
  readonly milliseconds: number;
}

const ran = (code: string, onFirstWord: (child: { kill: (signal: NodeJS.Signals) => void }) => void = () => {}) =>
  new Promise<Ended>((resolve) => {
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code]);
    let [stdout, stderr, began] = ['', '', 0];
    child.stdout.on('data', (chunk: Buffer) => {
      if (stdout === '') {
        began = performance.now();
        onFirstWord({ kill: (signal) => child.kill(signal) });
      }
      stdout += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.on('close', (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr, milliseconds: performance.now() - began })); // prettier-ignore
  });

describe.skipIf(!hasCompiler)('a process that has used native', () => {
  it('ends by itself, after a thousand runs that leave no memory behind', { timeout: 60_000 }, async () => {
    const { exitCode, stdout, stderr } = await ran(
      script(
        source(twice, '1 << 20'),
        folder(),
        `
        const run = async (times) => { for (let i = 0; i < times; i++) await runner.call('infer', given, { threads: 2 }); };
        await run(500);
        globalThis.gc?.();
        const before = process.memoryUsage().rss;
        await run(1000);
        globalThis.gc?.();
        console.log((process.memoryUsage().rss - before) / 2 ** 20);`,
      ),
    );
    expect([exitCode, stderr]).toEqual([0, '']);
    // A thousand runs move 32 MB.
    expect(Number(stdout)).toBeLessThan(16);
  });

  it.each([0, 3])('ends by process.exit(%i) with threads standing', async (code) => {
    const ended = await ran(
      script(source(twice), folder(), `await runner.call('infer', given, { threads: 4 }); console.log('done'); process.exit(${code});`), // prettier-ignore
    );
    expect(ended).toMatchObject({ exitCode: code, signal: null, stdout: 'done\n', stderr: '' });
  });

  it('ends by process.exit in the midst of a call', async () => {
    const ended = await ran(
      script(
        source(endless),
        folder(),
        `runner.call('infer', given, { onStep: () => { console.log('steps'); process.exit(5); } });`,
      ),
    );
    expect(ended).toMatchObject({ exitCode: 5, stdout: 'steps\n', stderr: '' });
    expect(ended.milliseconds).toBeLessThan(1000);
  });

  it('ends by an error in the midst of a call', async () => {
    const ended = await ran(
      script(source(endless), folder(), `runner.call('infer', given, { onStep: () => { console.log('steps'); throw new Error('mine'); } });`), // prettier-ignore
    );
    expect(ended).toMatchObject({ exitCode: 1, stdout: 'steps\n' });
    expect(ended.stderr).toContain('mine');
  });

  it('ends at once by Ctrl-C in the midst of a call', async () => {
    const ended = await ran(
      script(source(endless), folder(), `runner.call('infer', given, { onStep: () => console.log('steps') });`),
      (child) => child.kill('SIGINT'),
    );
    expect(ended).toMatchObject({ exitCode: null, signal: 'SIGINT' });
    expect(ended.milliseconds).toBeLessThan(1000);
  });

  it('stops within 0.2 s where Ctrl-C is a wish', async () => {
    const ended = await ran(
      script(
        source(endless),
        folder(),
        `
        let asked = null;
        process.on('SIGINT', () => (asked = performance.now()));
        const onStep = () => { if (asked === null) console.log('steps'); };
        await runner.call('infer', given, { onStep, cancelled: () => asked !== null });
        console.log(performance.now() - asked);`,
      ),
      (child) => child.kill('SIGINT'),
    );
    expect(ended.exitCode).toBe(0);
    expect(Number(ended.stdout.trim().split('\n').at(-1))).toBeLessThan(200);
  });

  it('is kept alive by a call, not by the thread', async () => {
    const ended = await ran(
      script(source(`for (volatile int64_t i = 0; i < 300000000; i++); ${twice}`), folder(), `runner.call('infer', given).then(({ y }) => console.log(y.data[0]));`), // prettier-ignore
    );
    expect(ended).toMatchObject({ exitCode: 0, stdout: '2\n', stderr: '' });
  });
});
