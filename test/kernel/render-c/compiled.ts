// For tests: kernel programs through the C compiler of this machine and back. In: a kernel program, inputs, sizes. Out: outputs, as
// the interpreter gives them. `compiler` is null, and `why` says so, where there is no compiler.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import koffi from 'koffi';
import type { KernelArray } from '../../../src/kernel/interpret.ts';
import type { KernelProgram } from '../../../src/kernel/kernel.ts';
import { renderC } from '../../../src/kernel/render-c/index.ts';
import { evaluate } from '../../../src/tensor/dims.ts';

const answers = (command: string): boolean => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
/** The one that CC names, else cc. */
const named = process.env['CC'] ?? 'cc';
export const compiler: string | null = answers(named) ? named : null;
export const why = `there is no C compiler (${named}) on this machine`;

export const warnings = ['-Wall', '-Wextra', '-Werror'];
export const optimised = ['-O3', '-march=native', '-fno-math-errno', '-fno-trapping-math'];

export interface RunOptions {
  readonly real?: 'float' | 'double';
  readonly threads?: number;
  readonly flags?: readonly string[];
  readonly control?: Int32Array;
}
type Outputs = Record<
  string,
  { readonly shape: readonly number[]; readonly data: Float32Array | Float64Array | Int32Array }
>;

export interface CompiledKernels {
  /** Status and outputs. */
  readonly run: (
    inputs: Readonly<Record<string, KernelArray>>,
    sizes: Readonly<Record<string, number>>,
    options?: RunOptions,
  ) => { readonly status: number; readonly outputs: Outputs };
  readonly bytes: (sizes: Readonly<Record<string, number>>, threads: number) => number;
  readonly source: string;
}

const folder = mkdtempSync(join(tmpdir(), 'ebmc-render-c-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const made = { libraries: 0 };

/** 64-byte aligned bytes. */
const alignedBytes = (count: number): Uint8Array => {
  const whole = new Uint8Array(count + 64);
  const address = Number(koffi.address(whole));
  return whole.subarray((64 - (address % 64)) % 64, ((64 - (address % 64)) % 64) + count);
};

export const compileKernels = (
  kernels: KernelProgram,
  { real = 'float', flags = ['-O2', '-fopenmp'] }: RunOptions = {},
): CompiledKernels => {
  // prettier-ignore
  const { source, entries } = renderC({ name: 'test', entries: { infer: kernels }, real });
  const entry = entries['infer']!;
  const [c, so] = ['c', 'so'].map((ending) => join(folder, `${made.libraries}.${ending}`)) as [string, string];
  made.libraries++;
  writeFileSync(c, source);
  execFileSync(compiler!, ['-std=c11', ...warnings, ...flags, '-shared', '-fPIC', '-Wl,-z,nodelete', '-o', so, c, '-lm'], { stdio: ['ignore', 'inherit', 'inherit'] }); // prettier-ignore
  const library = koffi.load(so);
  const bytesOf = library.func(`int64_t ${entry.symbol}_bytes(const int64_t *sizes, int32_t threads)`) as (...args: readonly unknown[]) => number | bigint; // prettier-ignore
  const call = library.func(`int32_t ${entry.symbol}(const int64_t *sizes, const void **inputs, void **outputs, void *arena, int32_t threads, int32_t *control)`) as (...args: readonly unknown[]) => number; // prettier-ignore
  const ordered = (sizes: Readonly<Record<string, number>>): BigInt64Array => BigInt64Array.from(entry.sizes, (name) => BigInt(sizes[name]!)); // prettier-ignore
  const bytes = (sizes: Readonly<Record<string, number>>, threads: number): number => Number(bytesOf(ordered(sizes), threads)); // prettier-ignore
  const arrayOf = (scalar: 'real' | 'int', data: ArrayLike<number>): Float32Array | Float64Array | Int32Array =>
    scalar === 'int' ? Int32Array.from(data) : real === 'float' ? Float32Array.from(data) : Float64Array.from(data);
  return {
    source,
    bytes,
    run: (inputs, sizes, { threads = 1, control = new Int32Array(2) } = {}) => {
      const shapeOf = (id: number): readonly number[] => kernels.buffers[id]!.shape.map((dim) => evaluate(dim, sizes));
      const given = kernels.inputs.map(({ name }, i) => arrayOf(entry.inputs[i]!.scalar, inputs[name]!.data));
      const results = kernels.outputs.map(({ buffer }, i) =>
        arrayOf(
          entry.outputs[i]!.scalar,
          Array.from({ length: shapeOf(buffer).reduce((a, b) => a * b, 1) }, () => NaN),
        ),
      );
      // Garbage stands in the arena, as in the second call of a program.
      const arena = alignedBytes(bytes(sizes, threads)).fill(0xa5);
      const status = call(ordered(sizes), given, results, arena, threads, control);
      const outputs = Object.fromEntries(
        kernels.outputs.map(({ name, buffer }, i) => [name, { shape: shapeOf(buffer), data: results[i]! }]),
      );
      return { status, outputs };
    },
  };
};
