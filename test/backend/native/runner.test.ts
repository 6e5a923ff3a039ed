// Calls of compiled programs through the worker, with C written by hand: compiling, calling, keeping inputs, stopping, and every
// way in which it fails. Skipped where there is no compiler.
import { chmodSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Runner, TensorData } from '../../../src/backend/backend.ts';
import { DiagnosticError, type Diagnostic } from '../../../src/diagnostics/diagnostic.ts';
import { hasCompiler } from './compiler.ts';
import { endless, folder, handWritten, machine, source, twice, vectorModule } from './hand-written.ts';

const vector = (...numbers: readonly number[]) => ({
  x: { shape: [numbers.length], data: Float32Array.from(numbers) },
});
const load = (text: string, on = machine()): Promise<Runner> => handWritten(text, on).load(vectorModule());
const refusalOf = async (work: Promise<unknown>): Promise<Diagnostic> => {
  const error = await work.catch((e: unknown) => e);
  expect(error).toBeInstanceOf(DiagnosticError);
  return (error as DiagnosticError).diagnostics[0]!;
};
const wrapper = (text: string): string => {
  const path = join(folder(), 'compiler');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
};

describe.skipIf(!hasCompiler)('native', () => {
  it('computes, and takes numbers of any type', async () => {
    const runner = await load(source(twice));
    for (const data of [Float32Array.of(1, 2.5), Float64Array.of(1, 2.5)]) {
      const { y } = await runner.call('infer', { x: { shape: [2], data } });
      expect(y).toEqual({ shape: [2], data: Float32Array.of(2, 5) });
      expect(data[1]).toBe(2.5);
    }
    expect((await runner.call('infer', vector()))['y']).toEqual({ shape: [0], data: new Float32Array(0) });
    expect(runner.warnings!()).toEqual([]);
    await runner.dispose();
  });

  it('compiles once for a process, and not at all in the next', async () => {
    const log = join(folder(), 'log');
    const on = machine({ CC: wrapper(`echo run >> ${log}; exec cc "$@"`) });
    const runs = (): number => readFileSync(log, 'utf8').split('\n').length;
    const first = await load(source(twice), on);
    await first.call('infer', vector(1));
    const before = runs();
    for (let i = 0; i < 3; i++) await first.call('infer', vector(i));
    // Another platform on the same folder is what another process has.
    const second = await load(source(twice), on);
    await second.call('infer', vector(1));
    expect(runs()).toBe(before);
    await (await load(source(`${twice} y[0] = 7;`), on)).call('infer', vector(1));
    expect(runs()).toBe(before + 1);
  });

  it('a damaged library is made again', async () => {
    const on = machine();
    await (await load(source(twice), on)).call('infer', vector(1));
    const place = on.environment['EBMC_CACHE']!;
    const library = readdirSync(place).find((name) => name.endsWith('.so'));
    const path = join(place, library!);
    const content = readFileSync(path);
    // A file of its own: the one that is loaded stays as it is.
    rmSync(path);
    writeFileSync(path, content.subarray(0, content.length / 2));
    const { y } = await (await load(source(twice), on)).call('infer', vector(3));
    expect(y!.data[0]).toBe(6);
  });

  it('keeps inputs in the worker until other numbers come', async () => {
    const runner = await load(source('y[0] = x[0]; ((float *)x)[0] += 1;'));
    const kept = vector(5);
    const call = async (inputs: typeof kept): Promise<number> =>
      (await runner.call('infer', inputs, { keep: ['x'] }))['y']!.data[0]!;
    // The program changes what it is given: what is sent again shows.
    expect([await call(kept), await call(kept), await call(kept)]).toEqual([5, 6, 7]);
    expect(kept.x.data[0]).toBe(5);
    expect([await call(vector(5)), await call(kept)]).toEqual([5, 5]);
    await runner.dispose();
    expect(await call(kept)).toBe(5);
  });

  it('puts results where earlier ones are that nobody reads any more', async () => {
    const runner = await load(source('y[0] += x[0];'));
    const call = async (x: number, recycle: readonly TensorData[] = []): Promise<TensorData> =>
      (await runner.call('infer', vector(x), { recycle }))['y']!;
    const first = await call(3);
    expect(first.data[0]).toBe(3);
    // The program adds to what it finds: nothing in new memory, the last result in recycled memory.
    const second = await call(4, [first]);
    expect([second.data[0], first.data.length]).toEqual([7, 0]);
    const others: readonly TensorData[] = [
      first,
      { shape: [2], data: Float32Array.of(1, 2) },
      { shape: [1], data: new Float32Array(8).subarray(1, 2) },
      { shape: [1], data: Int32Array.of(9) },
    ];
    expect((await call(5, others)).data[0]).toBe(5);
    expect(others.map(({ data }) => data.length)).toEqual([0, 2, 1, 1]);
    expect(second.data[0]).toBe(7);
  });

  it('gives as many threads as were asked for', async () => {
    const runner = await load(source('y[0] = threads;'));
    const threads = async (options = {}): Promise<number> =>
      (await runner.call('infer', vector(0), options))['y']!.data[0]!;
    expect(await threads({ threads: 3 })).toBe(3);
    expect(await threads()).toBeGreaterThanOrEqual(1);
  });

  it('the arena is aligned and as large as was asked for', async () => {
    const runner = await load(
      source(
        'char *a = arena; for (int64_t i = 0; i < N * 1000; i++) a[i] = 1; y[0] = (uintptr_t)arena % 64;',
        '1000 * N',
      ),
    );
    for (const n of [1, 5000, 3])
      expect((await runner.call('infer', vector(...new Float32Array(n).fill(1))))['y']!.data[0]).toBe(0);
  });

  describe('progress and the wish to stop', () => {
    it('steps are told while it runs, and it stops within 0.2 s, keeping what it has', async () => {
      const runner = await load(source(endless));
      await runner.call('infer', vector(0), { cancelled: () => true });
      const steps: number[] = [];
      let asked = Infinity;
      const cancelled = (): boolean => {
        if (steps.length >= 3) asked = Math.min(asked, performance.now());
        return steps.length >= 3;
      };
      const { y } = await runner.call('infer', vector(0), { onStep: (step) => steps.push(step), cancelled });
      expect(performance.now() - asked).toBeLessThan(200);
      expect(steps.length).toBeGreaterThanOrEqual(3);
      expect(steps).toEqual(steps.toSorted((a, b) => a - b));
      expect(y!.data[0]).toBeGreaterThanOrEqual(steps[2]!);
    });

    it('the main thread is free meanwhile', async () => {
      const runner = await load(source(endless));
      let turns = 0;
      const timer = setInterval(() => turns++, 5);
      await runner.call('infer', vector(0), { cancelled: () => turns > 20 });
      clearInterval(timer);
      expect(turns).toBeGreaterThan(20);
    });
  });

  describe('what does not fit', () => {
    it('a tensor beyond the budget is refused before anything is compiled', async () => {
      const runner = await load('no C at all');
      const { code, message } = await refusalOf(runner.call('infer', vector(1, 2, 3), { budget: 11 }));
      expect(code).toBe('EBM516');
      expect(message).toBe(
        'native is out of memory: infer needs a tensor of 3 numbers (0.00 GiB), more than the budget of 0.00 GiB',
      );
    });

    it.each([
      ['more than is free', '(int64_t)1 << 50', /infer needs 1048576.00 GiB to work in/],
      ['more than 63 bits count', '-1', /infer needs more bytes than 63 bits count/],
    ])('%s', async (_, bytes, words) => {
      const runner = await load(source(twice, bytes));
      const { code, message } = await refusalOf(runner.call('infer', vector(1)));
      expect(code).toBe('EBM516');
      expect(message).toMatch(words);
    });

    it('and the next call goes well', async () => {
      const runner = await load(source(twice, 'N > 1 ? (int64_t)1 << 60 : 64'));
      await refusalOf(runner.call('infer', vector(1, 2)));
      expect((await runner.call('infer', vector(4)))['y']!.data[0]).toBe(8);
    });
  });

  describe('a compiler that was tried and now', () => {
    /** Works on the trial, and does this with programs. */
    const turning = (then: string) => machine({ CC: wrapper(`t=$(mktemp); cat > $t
if grep -q ebmc_trial $t; then cc "$@" < $t; s=$?; rm $t; exit $s; fi
rm $t; ${then}`) }); // prettier-ignore

    it('fails: its first lines are told', async () => {
      const runner = await load(source(twice), turning('echo "x.c:1:1: error: no" >&2; echo "x.c:2:1: error: nor this" >&2; exit 1')); // prettier-ignore
      const { code, message, hints } = await refusalOf(runner.call('infer', vector(1)));
      expect(code).toBe('EBM517');
      expect(message).toMatch(/ does not translate the program: x\.c:1:1: error: no$/);
      expect(hints[0]).toBe('x.c:2:1: error: nor this');
    });

    it('makes something else', async () => {
      const runner = await load(source(twice), turning('while [ "$1" != -o ]; do shift; done; echo text > "$2"'));
      const { code, message } = await refusalOf(runner.call('infer', vector(1)));
      expect(code).toBe('EBM517');
      expect(message).toMatch(/ made of the program does not load: /);
    });

    it('makes nothing', async () => {
      const runner = await load(source(twice), turning('exit 0'));
      expect(await refusalOf(runner.call('infer', vector(1)))).toMatchObject({ code: 'EBM517' });
    });
  });

  it('a text that is no C is the compiler’s failure, and the next call tries again', async () => {
    const runner = await load('int f(void) { return undeclared; }');
    for (let i = 0; i < 2; i++) {
      const { code, message } = await refusalOf(runner.call('infer', vector(1)));
      expect(code).toBe('EBM517');
      expect(message).toContain('undeclared');
    }
  });

  it('a cache folder that takes no files is told once, and the program runs', async () => {
    const runner = await load(source(twice), machine({ EBMC_CACHE: '/dev/null/cache' }));
    for (let i = 0; i < 2; i++) expect((await runner.call('infer', vector(4)))['y']!.data[0]).toBe(8);
    expect(runner.warnings!().map(({ code, message }) => `${code} ${message}`)).toEqual([
      'EBM519 the compiled program is not kept for the next run: /dev/null/cache takes no files (a file is in its place)',
    ]);
  });
});

it('without a compiler it is refused, and says what would bring one', async () => {
  const on = { ...machine(), environment: { PATH: folder() }, platform: 'linux' };
  const { code, message, hints } = await refusalOf(load(source(twice), on));
  expect(code).toBe('EBM513');
  expect(message).toBe('the backend native cannot run here: no C compiler was found (cc, gcc, clang)');
  expect(hints[0]).toContain('apt-get install gcc');
  expect(await handWritten('', on).detect()).toMatchObject({ available: false, remedy: 'apt-get install gcc' });
});

it('without koffi it is refused, and says what would bring it', async () => {
  const on = machine({}, { koffi: () => null });
  const { message, hints } = await refusalOf(load(source(twice), on));
  expect(message).toContain('koffi, which calls compiled programs, is not installed');
  expect(hints[0]).toContain('npm install koffi');
});
