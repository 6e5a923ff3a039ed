// Programs in C, written by hand in the form that the renderer keeps to, for tests of what stands around them: compiler, cache,
// worker. In: the body of a function. Out: what a translator would have made of some module.
import { createRequire } from 'node:module';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { ModuleSpec } from '../../../src/backend/backend.ts';
import { nativeBackendsOn, thisMachine } from '../../../src/backend/native/run.ts';
import type { Translation } from '../../../src/backend/native/translation.ts';
import type { Machine } from '../../../src/backend/native/trial.ts';
import { Builder } from '../../../src/tensor/builder.ts';
import { size } from '../../../src/tensor/dims.ts';

export const koffi: string = createRequire(import.meta.url).resolve('koffi');

/** A folder that is gone after the test. */
export const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'ebmc-test-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
};

/** A function of an entry `infer`: x[N] to y[N]. `body` sees N, x, y, threads, control and an arena of `bytes`. */
export const source = (body: string, bytes = '64'): string => `#include <stdint.h>
int64_t ebmc_infer_bytes(const int64_t *sizes, int32_t threads) {
  int64_t N = sizes[0];
  (void)N;
  return ${bytes};
}
int32_t ebmc_infer(const int64_t *sizes, const void *const *inputs, void *const *outputs, void *arena, int32_t threads, volatile int32_t *control) {
  int64_t N = sizes[0];
  const float *x = inputs[0];
  float *y = outputs[0];
  ${body}
  return 0;
}
`;

export const twice =
  '\n#pragma omp parallel for num_threads(threads)\n  for (int64_t i = 0; i < N; i++) y[i] = 2 * x[i];';
/** Steps of a millisecond until the caller stops it: the outermost loop of a program. */
export const endless = `#include <time.h>
  for (int32_t step = 0;; step++) {
    control[1] = step;
    y[0] = step;
    if (control[0] == 1) return 1;
    if (control[0] == 2) return 2;
    nanosleep(&(struct timespec){0, 1000000}, 0);
  }`;

/** A module whose entry `infer` takes x[N] and gives y[N], whatever the C does. */
export const vectorModule = (): ModuleSpec => {
  const b = new Builder();
  const x = b.input('x', [size('N')]);
  const entries = { infer: b.finish({ y: b.add(x, x) }) };
  return { name: 'test', source: 'test.ebm', description: [], sizes: [], variables: {}, entries };
};

export const machine = (changes: Readonly<Record<string, string>> = {}, rest: Partial<Machine> = {}): Machine => ({
  ...thisMachine,
  ...rest,
  environment: { ...process.env, EBMC_CACHE: folder(), ...changes },
});

/** The backend on a machine, with this text in place of what would be rendered. */
export const handWritten = (text: string, on: Machine = machine()) => {
  const translation: Translation = {
    source: text,
    symbol: 'ebmc_infer',
    sizes: ['N'],
    inputs: [{ name: 'x', element: 'float32' }],
    outputs: [{ name: 'y', element: 'float32', shape: [size('N')] }],
    stored: [{ shape: [size('N')], bytesOfEntry: 4 }],
  };
  return nativeBackendsOn(on, { identity: () => null, load: async () => () => translation }).native;
};
