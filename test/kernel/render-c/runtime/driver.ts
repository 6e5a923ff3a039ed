// The C runtime as a program that a test can call: all parts and a `main` that reads commands and writes results. In: a build
// (compiler, flags, scalar). Out: a function that runs commands. A process of its own: what crashes or is caught by a sanitizer fails
// one test. Arrays have exactly the length that the command says, in memory of their own.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runtimeText, type RuntimePart } from '../../../../src/kernel/render-c/runtime-text.ts';
import { elementwiseTable } from '../../../../src/tensor/elementwise-table.ts';
import type { Elementwise } from '../../../../src/tensor/elementwise.ts';

export interface Build {
  readonly name: string;
  readonly compiler: string;
  readonly flags: readonly string[];
  readonly scalar: 'float32' | 'float64';
}

/** `call` is C on n (the ints), in and out (the arrays), threads. */
export interface Command {
  readonly call: string;
  readonly ints?: readonly number[];
  readonly arrays: readonly ArrayLike<number>[];
  /** How long each array of results is. */
  readonly outs: readonly number[];
}

export type Run = (commands: readonly Command[]) => readonly (readonly Float64Array[])[];

/** All parts, each after what it needs. */
export const partsInOrder = (names: readonly RuntimePart[]): readonly RuntimePart[] => {
  const done = new Set<RuntimePart>();
  const visit = (name: RuntimePart): void => {
    if (done.has(name)) return;
    runtimeText[name].needs.forEach(visit);
    done.add(name);
  };
  names.forEach(visit);
  return [...done];
};

export const allParts = Object.keys(runtimeText) as readonly RuntimePart[];

const elementwise = Object.keys(elementwiseTable) as readonly Elementwise[];
export const cName = (fn: Elementwise): string => `eb_${fn.replaceAll('-', '_')}`;

const mapCase = (fn: Elementwise): string => {
  const args = ['in[0][i]', 'in[1][i]', 'in[2][i]'].slice(0, elementwiseTable[fn].arity);
  return `static void map_${cName(fn)}(const int64_t *n, real **in, real **out) {
  EB_SIMD
  for (int64_t i = 0; i < n[0]; i++) out[0][i] = ${cName(fn)}(${args.join(', ')});
}`;
};

/** Routines: what is called, and what their space depends on. */
const routines: Readonly<Record<string, string>> = {
  eb_cholesky: 'eb_cholesky(n[0], n[1], in[0], out[0], space, n[2])',
  eb_triangular_solve: 'eb_triangular_solve(n[0], n[1], n[2], in[0], in[1], out[0], space, n[3])',
  eb_triangular_solve_transposed: 'eb_triangular_solve_transposed(n[0], n[1], n[2], in[0], in[1], out[0], space, n[3])',
  eb_solve: 'eb_solve(n[0], n[1], n[2], in[0], in[1], out[0], space, n[3])',
  eb_inverse: 'eb_inverse(n[0], n[1], in[0], out[0], space, n[2])',
  eb_log_abs_det: 'eb_log_abs_det(n[0], n[1], in[0], out[0], space, n[2])',
  eb_eigh: 'eb_eigh(n[0], n[1], in[0], out[0], out[1], space, n[2])',
  eb_block_tridiagonal:
    'eb_block_tridiagonal(n[0], n[1], n[2], in[0], in[1], in[2], out[0], out[1], out[2], out[3], space, n[3])',
};
const intsOf = (call: string): number => new Set(call.match(/n\[\d\]/g)).size;

const routineCase = (name: string): string => {
  const sizes = Array.from({ length: intsOf(routines[name]!) }, (_, i) => `${i === intsOf(routines[name]!) - 1 ? '(int)' : ''}n[${i}]`); // prettier-ignore
  return `static void call_${name}(const int64_t *n, real **in, real **out) {
  double *space = allocate(8 * ${name}_space(${sizes.join(', ')}));
  ${routines[name]!.replace(/n\[(\d)\]\)$/, '(int)n[$1])')};
  free(space);
}`;
};

const special = `
static void call_eb_sort(const int64_t *n, real **in, real **out) {
  double *space = allocate(8 * eb_sort_space(n[0], n[1], (int)n[2]));
  int32_t *permutation = allocate(4 * n[0] * n[1]);
  eb_sort(n[0], n[1], in[0], out[0], permutation, space, (int)n[2]);
  for (int64_t i = 0; i < n[0] * n[1]; i++) out[1][i] = (real)permutation[i];
  free(permutation);
  free(space);
}
/* n: m n k, offset and strides of a, of b, of c, accumulate, threads. in: a, b, c. out: c. */
static void call_product(const int64_t *n, real **in, real **out) {
  char *space = allocate(n[13] * EB_PRODUCT_SPACE + 64);
  char *aligned = space + (64 - (uintptr_t)space % 64) % 64;
  memcpy(out[0], in[2], (size_t)n[14] * sizeof(real));
  eb_product_threads(n[0], n[1], n[2], in[0] + n[3], n[4], n[5], in[1] + n[6], n[7], n[8], out[0] + n[9], n[10], n[11],
                     (int)n[12], aligned, (int)n[13]);
  free(space);
}
static void call_product_packed(const int64_t *n, real **in, real **out) {
  char *space = allocate(EB_PRODUCT_SPACE + 64);
  char *aligned = space + (64 - (uintptr_t)space % 64) % 64;
  real *packed = allocate(EB_PACKED(n[2], n[1]) * (int64_t)sizeof(real));
  memcpy(out[0], in[2], (size_t)n[14] * sizeof(real));
  eb_pack(n[2], n[1], in[1] + n[6], n[7], n[8], packed);
  eb_product_packed(n[0], n[1], n[2], in[0] + n[3], n[4], n[5], packed, out[0] + n[9], n[10], n[11], (int)n[12], aligned);
  free(packed);
  free(space);
}
/* n: count, seed, id, step, first element. */
static void call_uniform(const int64_t *n, real **in, real **out) {
  (void)in;
  EB_SIMD
  for (int64_t i = 0; i < n[0]; i++)
    out[0][i] = eb_random_uniform((int32_t)n[1], (int32_t)n[2], (int32_t)n[3], (int32_t)(n[4] + i));
}
static void call_normal(const int64_t *n, real **in, real **out) {
  (void)in;
  EB_SIMD
  for (int64_t i = 0; i < n[0]; i++)
    out[0][i] = eb_random_normal((int32_t)n[1], (int32_t)n[2], (int32_t)n[3], (int32_t)(n[4] + i));
}
static void call_int_of_real(const int64_t *n, real **in, real **out) {
  for (int64_t i = 0; i < n[0]; i++) {
    int32_t whole = eb_int_of_real(in[0][i]);
    out[0][i] = (real)(whole >> 16);
    out[1][i] = (real)(whole & 0xffff);
  }
}`;

const intFunctions = ['neg', 'abs', 'sign', 'square', 'add', 'sub', 'mul', 'min', 'max', 'mod', 'lt', 'le', 'gt', 'ge', 'eq', 'ne'] as const; // prettier-ignore
const intCase = (fn: (typeof intFunctions)[number]): string => {
  const args = ['(int32_t)in[0][i]', '(int32_t)in[1][i]'].slice(0, elementwiseTable[fn].arity);
  return `static void map_eb_int_${fn}(const int64_t *n, real **in, real **out) {
  for (int64_t i = 0; i < n[0]; i++) out[0][i] = (real)eb_int_${fn}(${args.join(', ')});
}`;
};

const calls = [
  ...elementwise.map((fn) => `map_${cName(fn)}`),
  ...intFunctions.map((fn) => `map_eb_int_${fn}`),
  ...Object.keys(routines).map((name) => `call_${name}`),
  ...[...special.matchAll(/static void (call_\w+)/g)].map((m) => m[1]!),
];

const source = [
  ...partsInOrder(allParts).map((part) => runtimeText[part].text),
  `#include <stdio.h>
#include <stdlib.h>
static void *allocate(int64_t bytes) {
  void *memory = malloc(bytes > 0 ? (size_t)bytes : 1);
  if (memory == 0) exit(3);
  return memory;
}
static void get(void *to, size_t bytes) {
  if (bytes > 0 && fread(to, 1, bytes, stdin) != bytes) exit(4);
}
static int64_t get_int(void) {
  double x;
  get(&x, 8);
  return (int64_t)x;
}`,
  ...elementwise.map(mapCase),
  ...intFunctions.map(intCase),
  ...Object.keys(routines).map(routineCase),
  special,
  `int main(void) {
  static void (*const calls[])(const int64_t *, real **, real **) = {${calls.join(', ')}};
  for (int64_t left = get_int(); left > 0; left--) {
    int64_t call = get_int(), n[16] = {0}, outs[4] = {0};
    real *in[4] = {0}, *out[4] = {0};
    int64_t ints = get_int();
    for (int64_t i = 0; i < ints; i++) n[i] = get_int();
    int64_t arrays = get_int();
    for (int64_t i = 0; i < arrays; i++) {
      int64_t length = get_int();
      in[i] = allocate(length * (int64_t)sizeof(real));
      for (int64_t j = 0; j < length; j++) {
        double x;
        get(&x, 8);
        in[i][j] = (real)x;
      }
    }
    int64_t results = get_int();
    for (int64_t i = 0; i < results; i++) out[i] = allocate((outs[i] = get_int()) * (int64_t)sizeof(real));
    calls[call](n, in, out);
    for (int64_t i = 0; i < results; i++)
      for (int64_t j = 0; j < outs[i]; j++) {
        double x = (double)out[i][j];
        if (fwrite(&x, 8, 1, stdout) != 1) exit(5);
      }
    for (int i = 0; i < 4; i++) {
      free(in[i]);
      free(out[i]);
    }
  }
  return 0;
}
`,
].join('\n');

const encode = (commands: readonly Command[]): Buffer => {
  const numbers: number[] = [commands.length];
  for (const { call, ints = [], arrays, outs } of commands) {
    const at = calls.indexOf(call);
    if (at < 0) throw new Error(`the driver has no ${call}`);
    numbers.push(at, ints.length, ...ints, arrays.length);
    for (const array of arrays) {
      numbers.push(array.length);
      for (let i = 0; i < array.length; i++) numbers.push(array[i]!);
    }
    numbers.push(outs.length, ...outs);
  }
  return Buffer.from(new Float64Array(numbers).buffer);
};

const decode = (bytes: Buffer, commands: readonly Command[]): readonly (readonly Float64Array[])[] => {
  const numbers = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  let at = 0;
  return commands.map(({ outs }) => outs.map((length) => numbers.subarray(at, (at += length))));
};

/** Whether the compiler is there and takes the flags; else why not. */
export const whyNot = ({ compiler, flags }: Build): string | null => {
  const tried = spawnSync(compiler, [...flags, '-x', 'c', '-', '-o', '/dev/null', '-lm'], {
    input: 'int main(void) { return 0; }',
  });
  if (tried.error !== undefined) return `there is no ${compiler}`;
  return tried.status === 0 ? null : `${compiler} does not take ${flags.join(' ')}`;
};

/** Throws what the compiler says when it does not like the runtime: warnings are errors. */
export const compile = ({ compiler, flags, scalar }: Build): { readonly run: Run; readonly dispose: () => void } => {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-'));
  const [text, program] = [join(folder, 'driver.c'), join(folder, 'driver')];
  writeFileSync(text, source);
  const define = scalar === 'float64' ? ['-DEB_DOUBLE'] : [];
  const strict = ['-Wall', '-Wextra', '-Werror'];
  execFileSync(compiler, [...flags, ...strict, ...define, text, '-o', program, '-lm'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const run: Run = (commands) => {
    const { status, signal, stdout, stderr } = spawnSync(program, { input: encode(commands), maxBuffer: 2 ** 30 });
    if (status !== 0) throw new Error(`the driver ended with ${status ?? signal}: ${stderr.toString().slice(0, 2000)}`);
    return decode(stdout, commands);
  };
  return { run, dispose: () => rmSync(folder, { recursive: true, force: true }) };
};
