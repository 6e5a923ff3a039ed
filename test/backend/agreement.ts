// Runs one program on several backends and compares each with the float64 interpreter. In: a program and inputs.
// A result that differs by more than float32 rounding of the largest number in sight fails with both numbers.
import { expect } from 'vitest';
import type { Backend, ModuleSpec, TensorData } from '../../src/backend/backend.ts';
import { runProgram } from '../../src/backend/reference.ts';
import { nativeBackends } from '../../src/backend/native/run.ts';
import { present } from './devices.ts';
import { hasCompiler } from './native/compiler.ts';
import { evaluate, type Dim } from '../../src/tensor/dims.ts';
import type { Program } from '../../src/tensor/program.ts';

export type Inputs = Readonly<Record<string, TensorData>>;
export type Sizes = Readonly<Record<string, number>>;

/** A module of these programs as entries. */
export const moduleOf = (entries: Readonly<Record<string, Program>>, sizes: Sizes = {}): ModuleSpec => ({
  name: 'test',
  source: 'test.ebm',
  description: [],
  sizes: Object.keys(sizes).map((name) => ({ name, default: sizes[name]! })),
  variables: {},
  entries,
});

/** A small generator of repeatable numbers in [0, 1) (mulberry32). */
export const randomNumbers = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

export const numbersOf = (shape: readonly Dim[], sizes: Sizes, next: () => number): TensorData => {
  const concrete = shape.map((dim) => evaluate(dim, sizes));
  const count = concrete.reduce((a, b) => a * b, 1);
  return { shape: concrete, data: Float32Array.from({ length: count }, next) };
};

export const close = (found: TensorData, expected: TensorData, tolerance: number, what: string): void => {
  expect(found.shape, what).toEqual(expected.shape);
  const scale = [...expected.data].reduce(
    (most, x) => (Number.isFinite(x) ? Math.max(most, Math.min(Math.abs(x), 1e3)) : most),
    1,
  );
  for (const [i, x] of expected.data.entries()) {
    const y = found.data[i]!;
    if (Number.isNaN(x) ? Number.isNaN(y) : x === y) continue;
    if (Math.abs(x) >= 1e29 && Math.abs(y) >= 1e29 && Math.sign(x) === Math.sign(y)) continue;
    if (Math.abs(y - x) <= tolerance * Math.max(scale, Math.abs(x))) continue;
    expect.fail(`${what}: entry ${i} of [${expected.shape.join(', ')}] is ${y}, expected ${x}`);
  }
};

/** Of native the one that computes in float32 like all others, where there is a compiler. */
export const everywhere: readonly Backend[] = [...present, ...(hasCompiler ? [nativeBackends.native] : [])];

/** Every output of the program on every backend against the interpreter. */
export const agree = async (
  program: Program,
  inputs: Inputs,
  {
    sizes = {},
    tolerance = 3e-6,
    backends = everywhere,
  }: { sizes?: Sizes; tolerance?: number; backends?: readonly Backend[] } = {},
): Promise<void> => {
  const expected = runProgram(program, inputs, { sizes });
  for (const backend of backends) {
    const runner = await backend.load(moduleOf({ infer: program }, sizes));
    const found = await runner.call('infer', inputs, { sizes });
    await runner.dispose();
    for (const [name, value] of Object.entries(expected))
      close(found[name]!, value, tolerance, `${backend.name}, ${name}`);
  }
};
