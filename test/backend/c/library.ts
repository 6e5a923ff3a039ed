// For tests: a model as a library in C, called from a main in C. In: a model, sizes and inputs by name. Out: the status of a call
// and its outputs.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModuleSpec, TensorData } from '../../../src/backend/backend.ts';
import { emitCLibrary, type LibraryText } from '../../../src/backend/c/emit.ts';
import { interfaceOf, type Field } from '../../../src/backend/c/interface.ts';
import { analyse } from '../../../src/compile.ts';
import { lowerPlan } from '../../../src/plan/lower-plan.ts';
import { planTask } from '../../../src/plan/plan-task.ts';
import { bindTask } from '../../../src/run/bind-task.ts';
import { evaluate } from '../../../src/tensor/dims.ts';
import { compiler, warnings } from '../../kernel/render-c/compiled.ts';
import { defaults } from '../../methods/run-model.ts';

const root = join(import.meta.dirname, '..', '..', '..');

export interface ModelLibrary {
  readonly spec: ModuleSpec;
  readonly text: LibraryText;
}

/** As `ebmc compile examples/NAME.ebm --target c -o NAME.c` has it. */
export const libraryOf = (
  name: string,
  source = readFileSync(join(root, 'examples', `${name}.ebm`), 'utf8'),
): ModelLibrary => {
  // prettier-ignore
  const analysis = analyse(source, `${name}.ebm`);
  const { task, bound } = bindTask(analysis, defaults, true).value!;
  const plan = planTask(analysis.graph!, task, null).value!;
  const spec = lowerPlan(plan, bound.consts, `${name}.ebm`, ['a model']);
  return { spec, text: emitCLibrary(spec, plan.task.sizes, `${name}.h`) };
};

export interface CallOfLibrary {
  readonly entry: string;
  readonly sizes: Readonly<Record<string, number>>;
  /** Those that are left out are NULL. */
  readonly inputs: Readonly<Record<string, TensorData>>;
  /** Those that are left out are NULL. */
  readonly outputs: readonly string[];
  /** Bytes from a multiple of 64 to where a given arena begins; null: none is given. */
  readonly arena?: number | null;
  readonly threads?: number;
  readonly control?: number;
}
export interface Called {
  readonly status: number;
  readonly message: string;
  readonly outputs: Readonly<Record<string, TensorData>>;
}

/** Bytes of an output. */
const bytesOf = ({ count }: Field, sizes: CallOfLibrary['sizes']): number => 4 * evaluate(count, sizes);

const block = (
  spec: ModuleSpec,
  { entry, sizes, inputs, outputs, arena = null, threads = 0, control = 0 }: CallOfLibrary,
): string => {
  // prettier-ignore
  const library = interfaceOf(spec);
  const { symbol, ...fields } = library.entries.find(({ name }) => name === entry)!;
  const given = fields.inputs.filter(({ name }) => inputs[name] !== undefined);
  const wanted = fields.outputs.filter(({ name }) => outputs.includes(name));
  const { prefix } = library;
  const values = library.sizes.map(({ name, identifier }) => `.${identifier} = ${sizes[name] ?? 0}`);
  return `{
    ${[
      `${prefix}_sizes sizes = {${values.join(', ') || '0'}};`,
      `${symbol}_inputs inputs = {0};`,
      `${symbol}_outputs outputs = {0};`,
      ...given.map(({ name, identifier }) => `void *in_${identifier} = numbers(from, ${4 * inputs[name]!.data.length}); inputs.${identifier} = in_${identifier};`), // prettier-ignore
      ...wanted.map((field) => `outputs.${field.identifier} = malloc(${bytesOf(field, sizes)} + 1);`),
      `volatile int32_t control[2] = {${control}, 0};`,
      `${prefix}_options options = {.threads = ${threads}, .control = control};`,
      `size_t bytes = ${symbol}_bytes(&sizes, &options);`,
      `char *arena = ${arena === null ? 'NULL' : 'aligned_alloc(64, (bytes + 127) / 64 * 64)'};`,
      `int status = ${symbol}(&sizes, &inputs, &outputs, ${arena === null ? 'NULL' : `arena + ${arena}`}, &options);`,
      `fprintf(stderr, "%s\\n", ${prefix}_message(status));`,
      'fwrite(&status, 4, 1, to);',
      ...wanted.map((field) => `fwrite(outputs.${field.identifier}, 1, ${bytesOf(field, sizes)}, to);`),
      ...given.map(({ identifier }) => `free(in_${identifier});`),
      ...wanted.map(({ identifier }) => `free(outputs.${identifier});`),
      'free(arena);',
      '(void)bytes;',
    ].join('\n    ')}
  }`;
};

const mainOf = (spec: ModuleSpec, calls: readonly CallOfLibrary[]): string => `#include "${interfaceOf(spec).prefix}.h"
#include <stdio.h>
#include <stdlib.h>

static void *numbers(FILE *from, size_t bytes) {
  void *memory = malloc(bytes + 1);
  if (fread(memory, 1, bytes, from) != bytes) exit(3);
  return memory;
}
int main(int count, char **names) {
  if (count != 3) return 1;
  FILE *from = fopen(names[1], "rb"), *to = fopen(names[2], "wb");
  if (!from || !to) return 2;
  (void)numbers;
  ${calls.map((call) => block(spec, call)).join('\n  ')}
  fclose(from);
  return fclose(to) != 0;
}
`;

/** Compiled as its header says, without a warning; then called, once after the other. */
export const callLibrary = (
  { spec, text }: ModelLibrary,
  calls: readonly CallOfLibrary[],
  flags: readonly string[],
): readonly Called[] => {
  const folder = mkdtempSync(join(tmpdir(), 'ebmc-library-'));
  const path = (name: string): string => join(folder, name);
  try {
    const { prefix, entries } = interfaceOf(spec);
    const fieldsOf = ({ entry }: CallOfLibrary) => entries.find(({ name }) => name === entry)!;
    writeFileSync(path(`${prefix}.c`), text.c);
    writeFileSync(path(`${prefix}.h`), text.h);
    writeFileSync(path('main.c'), mainOf(spec, calls));
    const files = [path('main.c'), path(`${prefix}.c`)];
    execFileSync(compiler!, ['-std=c11', ...warnings, '-pedantic', ...flags, '-o', path('main'), ...files, '-lm'], { stdio: ['ignore', 'inherit', 'inherit'] }); // prettier-ignore
    const sent = calls.flatMap((call) =>
      fieldsOf(call).inputs.flatMap(({ name, type }) => {
        const data = call.inputs[name]?.data;
        if (data === undefined) return [];
        return [Buffer.from((type === 'float' ? Float32Array.from(data) : Int32Array.from(data)).buffer)];
      }),
    );
    writeFileSync(path('from'), Buffer.concat(sent));
    const { status: code, signal, stderr } = spawnSync(path('main'), [path('from'), path('to')], { encoding: 'utf8' });
    if (code !== 0) throw new Error(`main ended with ${code ?? signal}: ${stderr}`);
    const messages = stderr.split('\n');
    const bytes = readFileSync(path('to'));
    let at = 0;
    const taken = (count: number): Buffer => bytes.subarray(at, (at += count));
    return calls.map((call, i) => {
      const status = taken(4).readInt32LE(0);
      const outputs = fieldsOf(call).outputs.flatMap((field): readonly (readonly [string, TensorData])[] => {
        if (!call.outputs.includes(field.name)) return [];
        const own = new Uint8Array(taken(bytesOf(field, call.sizes))).buffer;
        const data = field.type === 'float' ? new Float32Array(own) : new Int32Array(own);
        return [[field.name, { shape: field.shape.map((d) => evaluate(d, call.sizes)), data }]];
      });
      return { status, message: messages[i]!, outputs: Object.fromEntries(outputs) };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
