// The body of a library in C: kernels, and the functions of its header around them. In: a module, likely sizes, the name of the
// header. Out: text of C11, which needs the C library alone; with OpenMP it uses threads.
import { kernelsOf } from '../../kernel/compile.ts';
import type { KernelProgram } from '../../kernel/kernel.ts';
import { int64Of } from '../../kernel/render-c/numbers.ts';
import { renderC, type RenderedEntry } from '../../kernel/render-c/index.ts';
import { specialise } from '../../kernel/rewrite/specialise.ts';
import { sizesOf, type Dim } from '../../tensor/dims.ts';
import type { ModuleSpec } from '../backend.ts';
import type { EntryInterface, Field, LibraryInterface } from './interface.ts';
import { identifiersOf } from './interface.ts';

/** Half of a second-level cache of 512 KiB, the least that processors of today have for a core. */
const blockBytes = 262_144;

const messages = [
  ['done', 'done'],
  ['stopped', 'a loop was stopped by the caller'],
  ['gave_up', 'given up'],
  ['bad_sizes', 'a size is negative, too large, or not the one that the library is made for'],
  ['no_memory', 'out of memory'],
  ['missing_input', 'an input is missing'],
  ['other_data', 'an input is not the one that the library is made for'],
] as const;

const messageLines = (prefix: string): readonly string[] => [
  `const char *${prefix}_message(int status) {`,
  '  switch (status) {',
  ...messages.flatMap(([name, text]) => [`    case ${prefix}_${name}:`, `      return "${text}";`]),
  '  }',
  '  return "unknown";',
  '}',
];

/** Every size of the programs as a variable of C: those that the caller gives, those that follow from them. */
class Sizes {
  private readonly names: ReadonlyMap<string, string>;

  constructor(
    private readonly spec: ModuleSpec,
    private readonly library: LibraryInterface,
  ) {
    const derived = (spec.derivedSizes ?? []).map(({ name }) => name);
    const all = identifiersOf([...library.sizes.map(({ identifier }) => identifier), ...derived]);
    this.names = new Map([...library.sizes.map(({ name }) => name), ...derived].map((name, i) => [name, `size_${all[i]!}`])); // prettier-ignore
  }

  /** The sizes that these dims depend on, each after those that it follows from. */
  private needed(dims: readonly Dim[]): readonly string[] {
    const found: string[] = [];
    const add = (name: string): void => {
      if (found.includes(name)) return;
      const derived = this.spec.derivedSizes?.find((d) => d.name === name);
      if (derived !== undefined) sizesOf(derived.numerator).forEach(add);
      found.push(name);
    };
    dims.flatMap(sizesOf).forEach(add);
    return found;
  }

  /** Declarations of the sizes in the dims; `wrong` is what happens where they are not ones that the library takes. */
  declarations(dims: readonly Dim[], wrong: string): readonly string[] {
    const limit = '72057594037927936 /* 2^56 */';
    return this.needed(dims).flatMap((name) => {
      const variable = this.of(name);
      const derived = this.spec.derivedSizes?.find((d) => d.name === name);
      const fixed = this.spec.madeFor?.sizes[name];
      if (derived !== undefined) {
        const { numerator, denominator } = derived;
        return [
          `const int64_t ${variable} = eb_floor_div(${this.dim(numerator)}, ${denominator});`,
          `if (${variable} < 0) ${wrong}`,
        ];
      }
      const { identifier } = this.library.sizes.find((s) => s.name === name)!;
      const test = fixed === undefined ? `${variable} < 0 || ${variable} > ${limit}` : `${variable} != ${fixed}`;
      return [`const int64_t ${variable} = sizes->${identifier};`, `if (${test}) ${wrong}`];
    });
  }

  of(name: string): string {
    return this.names.get(name)!;
  }

  dim(dim: Dim): string {
    return int64Of(dim, (name) => this.of(name));
  }
}

export const emitLibrary = (
  spec: ModuleSpec,
  library: LibraryInterface,
  likely: Readonly<Record<string, number>>,
  header: string,
): string => {
  const target = { sizes: likely, blockBytes, rowBlocks: true, bytesOfReal: 4 } as const;
  const fixed = spec.madeFor?.sizes ?? {};
  const kernels: Readonly<Record<string, KernelProgram>> = Object.fromEntries(
    Object.entries(spec.entries).map(([name, program]) => [name, kernelsOf(specialise(program, fixed), target)]),
  );
  const { source, entries } = renderC({ name: spec.name, entries: kernels, real: 'float', prefix: `${library.prefix}_kernels`, sizes: likely, linkage: 'static' }); // prettier-ignore
  const sizes = new Sizes(spec, library);
  const wrappers = library.entries.flatMap((entry) => entryLines(entry, entries[entry.name]!, spec, library, sizes));
  const lines = [
    `/* ${spec.name}: see ${header}. Compile with optimisation, and with OpenMP for threads:`,
    `     cc -O3 -march=native -fopenmp -c … -lm */`,
    `#include "${header}"`,
    '#include <stdlib.h>',
    '#ifdef _OPENMP',
    '#include <omp.h>',
    '#endif',
    source.trimEnd(),
    '',
    'EB_FN int64_t eb_floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }',
    'EB_FN int32_t eb_threads_wanted(int threads) {',
    '#ifdef _OPENMP',
    '  return threads > 0 ? threads : omp_get_max_threads();',
    '#else',
    '  (void)threads;',
    '  return 1;',
    '#endif',
    '}',
    ...messageLines(library.prefix),
    ...wrappers,
  ];
  return `${lines.join('\n')}\n`;
};

const entryLines = (
  entry: EntryInterface,
  rendered: RenderedEntry,
  spec: ModuleSpec,
  { prefix }: LibraryInterface,
  sizes: Sizes,
): readonly string[] => {
  const { symbol, inputs, outputs } = entry;
  const ordered = rendered.sizes.map((name): Dim => [{ coef: 1, sizes: [name] }]);
  const status = (name: (typeof messages)[number][0]): string => `return ${prefix}_${name};`;
  const list = (texts: readonly string[]): string => (texts.length === 0 ? '0' : texts.join(', '));
  const values = `const int64_t values[] = {${list(rendered.sizes.map((name) => sizes.of(name)))}};`;
  const bytesOf = ({ count }: Field): string => `4 * ${sizes.dim(count)}`;
  const given = [...inputs, ...outputs].map(({ count }) => count);
  return [
    '',
    `size_t ${symbol}_bytes(const ${prefix}_sizes *sizes, const ${prefix}_options *options) {`,
    ...indented([
      ...sizes.declarations([...ordered, ...outputs.map(({ count }) => count)], 'return 0;'),
      ...(rendered.sizes.length === 0 && outputs.every(({ count }) => sizesOf(count).length === 0)
        ? ['(void)sizes;']
        : []),
      values,
      `const int64_t bytes = ${rendered.symbol}_bytes(values, eb_threads_wanted(options == NULL ? 0 : options->threads));`,
      'if (bytes < 0) return 0;',
      '/* Room to align it, and for outputs that nobody wants. */',
      'size_t all = (size_t)bytes + 128;',
      ...outputs.map((output) => `all += (size_t)eb_aligned(${bytesOf(output)});`),
      'return all;',
    ]),
    '}',
    '',
    `int ${symbol}(const ${prefix}_sizes *sizes, const ${symbol}_inputs *inputs, const ${symbol}_outputs *outputs, void *arena,`,
    `${' '.repeat(`int ${symbol}(`.length)}const ${prefix}_options *options) {`,
    ...indented([
      ...(inputs.length === 0 ? ['(void)inputs;'] : []),
      ...(outputs.length === 0 ? ['(void)outputs;'] : []),
      ...sizes.declarations([...ordered, ...given], status('bad_sizes')),
      values,
      ...inputs.filter(({ optional }) => !optional).map(({ identifier }) => `if (inputs->${identifier} == NULL) ${status('missing_input')}`), // prettier-ignore
      ...madeForLines(spec, entry, sizes, status('other_data')),
      `const size_t bytes = ${symbol}_bytes(sizes, options);`,
      `if (bytes == 0) ${status('bad_sizes')}`,
      'char *const whole = arena == NULL ? malloc(bytes) : arena;',
      `if (whole == NULL) ${status('no_memory')}`,
      'char *at = whole + (64 - (uintptr_t)whole % 64) % 64;',
      ...(inputs.some(({ optional }) => optional) ? ['static const float nothing[1] = {0};'] : []),
      `const void *const in[] = {${list(inputs.map(({ identifier, optional }) => `inputs->${identifier}${optional ? ` == NULL ? nothing : inputs->${identifier}` : ''}`))}};`, // prettier-ignore
      `void *out[] = {${list(outputs.map(({ identifier }) => `outputs->${identifier}`))}};`,
      ...outputs.map((output, i) => `if (out[${i}] == NULL) out[${i}] = at, at += eb_aligned(${bytesOf(output)});`),
      'volatile int32_t own[2] = {0, 0};',
      'volatile int32_t *const control = options == NULL || options->control == NULL ? own : options->control;',
      'const int32_t threads = eb_threads_wanted(options == NULL ? 0 : options->threads);',
      `const int32_t status = ${rendered.symbol}(values, in, out, at, threads, control);`,
      'if (arena == NULL) free(whole);',
      'return status;',
    ]),
    '}',
  ];
};

const indented = (lines: readonly string[]): readonly string[] => lines.map((line) => `  ${line}`);

/** Inputs that the module was unrolled for are compared with those. */
const madeForLines = (spec: ModuleSpec, { inputs }: EntryInterface, sizes: Sizes, wrong: string): readonly string[] =>
  Object.entries(spec.madeFor?.data ?? {}).flatMap(([name, values]) => {
    const field = inputs.find((input) => input.name === name);
    if (field === undefined) return [];
    const texts = values.map((value) => (field.type === 'int32_t' ? String(value) : `(float)${value}`));
    return [
      `static const ${field.type} of_${field.identifier}[] = {${texts.length === 0 ? '0' : texts.join(', ')}};`,
      `if (${sizes.dim(field.count)} != ${values.length}) ${wrong}`,
      `for (int64_t k = 0; k < ${values.length}; k++)`,
      `  if (inputs->${field.identifier}[k] != of_${field.identifier}[k]) ${wrong}`,
    ];
  });
