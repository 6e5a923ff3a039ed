// For tests: kernel programs in a process of their own, so that sanitizers can end it. In: kernel programs with inputs and sizes.
// Out: their outputs; an Error with what the process said where it fails. All are entries of one file of C, called by a main that
// reads the numbers from one file and writes them into another; every array has exactly the bytes that it should.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KernelArray } from '../../../src/kernel/interpret.ts';
import type { KernelProgram } from '../../../src/kernel/kernel.ts';
import { renderC, type RenderedEntry } from '../../../src/kernel/render-c/index.ts';
import { evaluate, product } from '../../../src/tensor/dims.ts';
import { compiler, warnings } from './compiled.ts';

export interface Case {
  readonly kernels: KernelProgram;
  readonly inputs: Readonly<Record<string, KernelArray>>;
  readonly sizes: Readonly<Record<string, number>>;
}
export type Outputs = Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float64Array | Int32Array }>>; // prettier-ignore

const countOf = (kernels: KernelProgram, id: number, sizes: Case['sizes']): number =>
  evaluate(product(kernels.buffers[id]!.shape), sizes);

const bytesOf = ({ kernels, sizes }: Case, list: 'inputs' | 'outputs'): readonly number[] =>
  kernels[list].map(({ buffer }) => countOf(kernels, buffer, sizes) * (kernels.buffers[buffer]!.scalar === 'int' ? 4 : 8)); // prettier-ignore

/** Calls one entry with arrays of its own. */
const block = (case_: Case, { symbol, sizes }: RenderedEntry, threads: number): string => {
  const numbers = (list: readonly number[]): string => (list.length === 0 ? '0' : list.join(', '));
  const [inputs, outputs] = [bytesOf(case_, 'inputs'), bytesOf(case_, 'outputs')];
  return `{
    static const int64_t sizes[] = {${numbers(sizes.map((name) => case_.sizes[name]!))}};
    static const size_t in_bytes[] = {${numbers(inputs)}}, out_bytes[] = {${numbers(outputs)}};
    void *in[${inputs.length + 1}], *out[${outputs.length + 1}];
    for (int i = 0; i < ${inputs.length}; i++) {
      in[i] = malloc(in_bytes[i]);
      if (fread(in[i], 1, in_bytes[i], from) != in_bytes[i]) return 3;
    }
    for (int i = 0; i < ${outputs.length}; i++) memset(out[i] = malloc(out_bytes[i]), 0xff, out_bytes[i]);
    const int64_t bytes = ${symbol}_bytes(sizes, ${threads});
    if (bytes < 0) return 4;
    void *arena = aligned_alloc(64, (size_t)(bytes + 63) / 64 * 64);
    memset(arena, 0xa5, (size_t)bytes);
    volatile int32_t control[2] = {0, 0};
    if (${symbol}(sizes, (const void *const *)in, out, arena, ${threads}, control) != 0) return 5;
    for (int i = 0; i < ${outputs.length}; i++) fwrite(out[i], 1, out_bytes[i], to), free(out[i]);
    for (int i = 0; i < ${inputs.length}; i++) free(in[i]);
    free(arena);
  }`;
};

/** In float64. */
export const runCases = (cases: readonly Case[], flags: readonly string[], threads = 2): readonly Outputs[] => {
  const folder = mkdtempSync(join(tmpdir(), 'ebmc-driver-'));
  const path = (name: string): string => join(folder, name);
  try {
    const named = Object.fromEntries(cases.map(({ kernels }, i) => [`case_${i}`, kernels]));
    const { source, entries } = renderC({ name: 'cases', entries: named, real: 'double' });
    const blocks = cases.map((case_, i) => block(case_, entries[`case_${i}`]!, threads));
    const includes = ['stdio', 'stdlib'].map((name) => `#include <${name}.h>`).join('\n');
    const main = `int main(int count, char **names) {
  if (count != 3) return 1;
  FILE *from = fopen(names[1], "rb"), *to = fopen(names[2], "wb");
  if (!from || !to) return 2;
  ${blocks.join('\n  ')}
  return fclose(to) != 0;
}`;
    writeFileSync(path('main.c'), `${source}\n${includes}\n${main}\n`);
    execFileSync(compiler!, ['-std=c11', ...warnings, ...flags, '-o', path('main'), path('main.c'), '-lm'], { stdio: ['ignore', 'inherit', 'inherit'] }); // prettier-ignore
    const given = cases.flatMap(({ kernels, inputs }) =>
      kernels.inputs.map(({ name, buffer }) => {
        const { data } = inputs[name]!;
        const numbers = kernels.buffers[buffer]!.scalar === 'int' ? Int32Array.from(data) : Float64Array.from(data);
        return Buffer.from(numbers.buffer);
      }),
    );
    writeFileSync(path('from'), Buffer.concat(given));
    const { status, signal, stderr } = spawnSync(path('main'), [path('from'), path('to')], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`the program ended with ${status ?? signal}: ${stderr.slice(0, 4000)}`);
    const bytes = readFileSync(path('to'));
    let at = 0;
    return cases.map((case_) =>
      Object.fromEntries(
        case_.kernels.outputs.map(({ name, buffer }, i) => {
          const { shape, scalar } = case_.kernels.buffers[buffer]!;
          const count = bytesOf(case_, 'outputs')[i]!;
          const own = new Uint8Array(bytes.subarray(at, (at += count))).buffer;
          const data = scalar === 'int' ? new Int32Array(own) : new Float64Array(own);
          return [name, { shape: shape.map((d) => evaluate(d, case_.sizes)), data }];
        }),
      ),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
