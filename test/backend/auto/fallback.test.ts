// A backend with others behind it: what makes it go on to the next, what it says, and what it does not hide.
import { describe, expect, it } from 'vitest';
import { withFallback } from '../../../src/backend/auto/fallback.ts';
import type { Backend, ModuleSpec, TensorData } from '../../../src/backend/backend.ts';
import { DiagnosticError, InternalError } from '../../../src/diagnostics/diagnostic.ts';
import { diagnoseBackend } from '../../../src/diagnostics/messages/backends.ts';
import { diagnosePlanning } from '../../../src/diagnostics/messages/planning.ts';

const module: ModuleSpec = { name: 'm', source: '', description: [], sizes: [], variables: {}, entries: {} };
const one = (value: number): Readonly<Record<string, TensorData>> => ({
  y: { shape: [], data: Float32Array.of(value) },
});

const failures = {
  absent: (name: string) =>
    diagnosePlanning('EBM513', null, { name, known: [], lack: { detail: 'it is not there', remedy: 'get it' } }),
  compiler: () => diagnoseBackend('EBM517', null, { compiler: 'cc', problem: 'failed', said: ['x.c:1: no'] }),
  memory: (name: string) => diagnosePlanning('EBM516', null, { name, problem: 'memory', said: 'too much' }),
};

interface Plot {
  readonly load?: () => unknown;
  readonly call?: (times: number) => unknown;
}

/** A backend that answers with `value` and throws what its plot says. */
const backend = (name: string, value: number, plot: Plot = {}, log: string[] = []): Backend => ({
  name,
  precision: 'float32',
  describe: name,
  detect: async () => ({ name, available: true, detail: name, remedy: null }),
  load: async () => {
    log.push(`load ${name}`);
    const problem = plot.load?.();
    if (problem !== undefined) throw problem;
    let times = 0;
    return {
      caution: null,
      call: async () => {
        const wrong = plot.call?.(times++);
        if (wrong !== undefined) throw wrong;
        return one(value);
      },
      dispose: async () => void log.push(`dispose ${name}`),
    };
  },
});

const failing = (diagnostic: ReturnType<typeof failures.compiler>) => () => new DiagnosticError([diagnostic]);

describe('a backend with others behind it', () => {
  it('is the first while that works', async () => {
    const log: string[] = [];
    const both = withFallback([backend('native', 1, {}, log), backend('wasm', 2, {}, log)], []);
    const runner = await both.load(module);
    expect((await runner.call('infer', {}))['y']!.data[0]).toBe(1);
    expect([both.name, runner.warnings!()]).toEqual(['native', []]);
    await runner.dispose();
    expect(log).toEqual(['load native', 'dispose native']);
  });

  it.each([
    ['cannot be loaded', { load: failing(failures.absent('native')) }, 'it is not there'],
    ['fails to compile', { call: failing(failures.compiler()) }, 'cc does not translate the program: x.c:1: no'],
  ])('goes on to the next when it %s, with one warning, and stays there', async (_, plot, why) => {
    const both = withFallback([backend('native', 1, plot), backend('wasm', 2)], []);
    const runner = await both.load(module);
    for (let i = 0; i < 3; i++) expect((await runner.call('infer', {}))['y']!.data[0]).toBe(2);
    expect(both.name).toBe('wasm');
    expect(runner.warnings!().map(({ code, message }) => `${code} ${message}`)).toEqual([
      `EBM518 wasm computes, for native cannot: ${why}`,
    ]);
  });

  it('goes on in the midst of its calls, and lets go of what it had', async () => {
    const log: string[] = [];
    const lost = failures.memory('webgpu');
    const plot = { call: (times: number) => (times === 2 ? new DiagnosticError([lost]) : undefined) };
    const both = withFallback([backend('webgpu', 1, plot, log), backend('native', 2, {}, log)], []);
    const runner = await both.load(module);
    const answers: number[] = [];
    for (let i = 0; i < 4; i++) answers.push((await runner.call('infer', {}))['y']!.data[0]!);
    expect(answers).toEqual([1, 1, 2, 2]);
    expect(log).toEqual(['load webgpu', 'dispose webgpu', 'load native']);
  });

  it('goes past several', async () => {
    const gone = { load: failing(failures.absent('x')) };
    const all = withFallback([backend('cuda', 1, gone), backend('native', 2, gone), backend('wasm', 3)], []);
    const runner = await all.load(module);
    expect((await runner.call('infer', {}))['y']!.data[0]).toBe(3);
    expect(runner.warnings!()).toHaveLength(2);
  });

  it('tells the warnings of the choice first', async () => {
    const warning = diagnoseBackend('EBM518', null, { wanted: 'native', instead: 'wasm', why: 'w', remedy: null });
    const runner = await withFallback([backend('wasm', 1)], [warning]).load(module);
    expect(runner.warnings!()).toEqual([warning]);
  });
});

describe('what it does not hide', () => {
  const thrownBy = async (first: Backend, ...rest: readonly Backend[]): Promise<unknown> => {
    const runner = await withFallback([first, ...rest], []).load(module);
    return runner.call('infer', {}).catch((error: unknown) => error);
  };

  it('a program too large for the processor', async () => {
    const memory = failures.memory('native');
    const error = await thrownBy(backend('native', 1, { call: failing(memory) }), backend('wasm', 2));
    expect((error as DiagnosticError).diagnostics).toEqual([memory]);
  });

  it('a mistake of ours, or of the data', async () => {
    const bug = new InternalError('a bug');
    expect(await thrownBy(backend('native', 1, { call: () => bug }), backend('wasm', 2))).toBe(bug);
    const data = new DiagnosticError([diagnosePlanning('EBM511', null, { query: 'map', empty: true })]);
    expect(await thrownBy(backend('native', 1, { call: () => data }), backend('wasm', 2))).toBe(data);
  });

  it('the failure of the last', async () => {
    const compiler = failures.compiler();
    const error = await thrownBy(backend('native', 1, { call: failing(compiler) }));
    expect((error as DiagnosticError).diagnostics).toEqual([compiler]);
  });
});
