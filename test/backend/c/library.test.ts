// `ebmc compile --target c`: what it writes is compiled with all warnings as errors and called from C; results are compared with the
// reference interpreter.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TensorData } from '../../../src/backend/backend.ts';
import { runProgram } from '../../../src/backend/reference.ts';
import { evaluate, sizesOf } from '../../../src/tensor/dims.ts';
import { close, randomNumbers } from '../agreement.ts';
import { compiler, warnings, why } from '../../kernel/render-c/compiled.ts';
import { callLibrary, libraryOf, type CallOfLibrary, type ModelLibrary } from './library.ts';

if (compiler === null) it.skip(`libraries in C: ${why}`, () => undefined);

/** Three clusters, apart from each other. */
const points = (N: number, D: number): TensorData => {
  const next = randomNumbers(5);
  return {
    shape: [N, D],
    data: Float32Array.from({ length: N * D }, (_, i) => 6 * ((Math.floor(i / D) % 3) - 1) + next()),
  };
};
const sizes = { N: 60, D: 2, K: 3 };
const inputs = { y: points(60, 2), seed: { shape: [], data: Float32Array.of(3) } };
const wanted = ['w', 'z', 'free energy', 'iterations'];

describe.skipIf(compiler === null)('a library in C', () => {
  const kmeans = libraryOf('kmeans');
  const usual: CallOfLibrary = { entry: 'infer', sizes, inputs, outputs: wanted };
  const expected = runProgram(kmeans.spec.entries['infer']!, inputs, { sizes });

  it.each([
    ['optimised', ['-O3', '-march=native', '-fopenmp']],
    ['without OpenMP, sanitized', ['-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']],
  ] as const)('computes what the reference does, %s', (_, flags) => {
    // With memory of its own, on two threads in an arena, in one that is not aligned, and without a seed, which is 0 then.
    const zero = { ...inputs, seed: { shape: [], data: Float32Array.of(0) } };
    const ways = [{}, { arena: 0, threads: 2 }, { arena: 4 }, { inputs: zero }, { inputs: { y: inputs.y } }];
    const called = callLibrary(kmeans, ways.map((way) => ({ ...usual, ...way })), flags); // prettier-ignore
    expect(called.map(({ status, message }) => [status, message])).toEqual(ways.map(() => [0, 'done']));
    // In float32 a small distance is the difference of squares near 100.
    for (const { outputs } of called.slice(0, 3))
      for (const name of wanted) close(outputs[name]!, expected[name]!, 1e-4, name);
    expect(called[4]!.outputs).toEqual(called[3]!.outputs);
  });

  it('says what is wrong, and that it was stopped', () => {
    const none = { y: { shape: [0], data: Float32Array.of() } };
    const tooLarge = { N: 2 ** 40, D: 2 ** 20, K: 3 };
    const cases: readonly (readonly [Partial<CallOfLibrary>, number, string])[] = [
      [{ inputs: { seed: inputs.seed } }, -3, 'an input is missing'],
      [{ sizes: { ...sizes, N: -1 }, inputs: none }, -1, 'a size is negative, too large, or not the one that the library is made for'], // prettier-ignore
      [{ sizes: tooLarge, inputs: none }, -1, 'a size is negative, too large, or not the one that the library is made for'], // prettier-ignore
      [{ control: 2 }, 2, 'given up'],
      [{ control: 1 }, 1, 'a loop was stopped by the caller'],
    ];
    const called = callLibrary(kmeans, cases.map(([changes]) => ({ ...usual, ...changes, outputs: [] })), ['-O1', '-fopenmp']); // prettier-ignore
    expect(called.map(({ status, message }) => [status, message])).toEqual(cases.map(([, ...said]) => said));
  });

  it('has a header that C++ takes', ({ skip }) => {
    if (spawnSync('c++', ['--version']).status !== 0) skip('there is no C++ compiler (c++) on this machine');
    const folder = mkdtempSync(join(tmpdir(), 'ebmc-header-'));
    writeFileSync(join(folder, 'kmeans.h'), kmeans.text.h);
    writeFileSync(join(folder, 'main.cpp'), '#include "kmeans.h"\nint main() { return kmeans_done; }\n');
    execFileSync('c++', ['-std=c++17', ...warnings, '-fsyntax-only', join(folder, 'main.cpp')]);
    rmSync(folder, { recursive: true });
  });

  it('documents roles, domains and shapes', () => {
    expect(kmeans.text.h).toContain('const float *y; /* target : real, [N, D] */');
    expect(kmeans.text.h).toContain('float *free_energy; /* `free energy`, internal : real, one number */');
    expect(kmeans.text.h).toContain('int64_t K; /* 3 in the model */');
  });

  it('is the same bytes every time', () => expect(libraryOf('kmeans').text).toEqual(kmeans.text));
});

/** The energy of random numbers: a call that every model has. */
const energyAgrees = (library: ModelLibrary): void => {
  const program = library.spec.entries['energy']!;
  const next = randomNumbers(2);
  const names = program.values.flatMap(({ shape }) => shape.flatMap(sizesOf));
  const own = Object.fromEntries([...new Set(names)].map((name, i) => [name, 3 + (i % 3)]));
  const all = { ...own, ...library.spec.madeFor?.sizes };
  const given = Object.fromEntries(
    program.inputs.map(({ name, id }): [string, TensorData] => {
      const { shape, dtype } = program.values[id]!;
      const lengths = shape.map((d) => evaluate(d, all));
      const data = Float32Array.from({ length: lengths.reduce((a, b) => a * b, 1) }, next);
      return [name, { shape: lengths, data: dtype === 'int' ? Int32Array.from(data, (x) => Math.floor(2 * x)) : data }];
    }),
  );
  const results = runProgram(program, given, { sizes: all });
  const outputs = Object.keys(results);
  const [called] = callLibrary(library, [{ entry: 'energy', sizes: all, inputs: given, outputs }], ['-O0', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']); // prettier-ignore
  expect(called!.status).toBe(0);
  for (const name of outputs) close(called!.outputs[name]!, results[name]!, 1e-5, name);
};

describe.skipIf(compiler === null)('libraries of models', () => {
  // Scans and eigenvectors, block-tridiagonal systems, networks with their training, indices.
  it.each(['hmm', 'pca', 'local_level', 'classifier', 'matrix_factorisation'])('%s', { timeout: 120_000 }, (name) =>
    energyAgrees(libraryOf(name)),
  );
});
