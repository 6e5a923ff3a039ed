// The header of a library in C: the interface with its documentation. In: a module and its interface. Out: text of C99, which C++
// takes too.
import type { ModuleSpec } from '../backend.ts';
import type { EntryInterface, Field, LibraryInterface } from './interface.ts';

/** Text that no comment ends. */
export const inComment = (text: string): string => text.replaceAll('*/', '* /').replaceAll('/*', '/ *');

const usage = (prefix: string, { symbol, inputs, outputs }: EntryInterface): readonly string[] => [
  `${prefix}_sizes sizes = {…};`,
  `${symbol}_inputs inputs = {${inputs.length === 0 ? '0' : `.${inputs[0]!.identifier} = …`}};`,
  `${symbol}_outputs outputs = {${outputs.length === 0 ? '0' : `.${outputs[0]!.identifier} = …`}};`,
  `int status = ${symbol}(&sizes, &inputs, &outputs, NULL, NULL);`,
  `if (status < 0) fprintf(stderr, "%s\\n", ${prefix}_message(status));`,
];

const struct = (
  name: string,
  fields: readonly { readonly line: string; readonly about: string }[],
): readonly string[] => [
  'typedef struct {',
  ...(fields.length === 0 ? ['  char none; /* there are none */'] : []),
  ...fields.map(({ line, about }) => `  ${line};${about === '' ? '' : ` /* ${inComment(about)} */`}`),
  `} ${name};`,
  '',
];

const arrays = (fields: readonly Field[], constness: string): readonly { line: string; about: string }[] =>
  fields.map(({ name, identifier, type, about, optional }) => ({
    line: `${constness}${type} *${identifier}`,
    about: `${name === identifier ? '' : `\`${name}\`, `}${about}${optional ? '; NULL: 0' : ''}`,
  }));

const entryLines = (prefix: string, entry: EntryInterface): readonly string[] => {
  const { symbol } = entry;
  return [
    `/* ---------------------------------------------------------------- ${inComment(entry.name)} */`,
    '',
    ...struct(`${symbol}_inputs`, arrays(entry.inputs, 'const ')),
    '/* Where results go. NULL: not wanted. */',
    ...struct(`${symbol}_outputs`, arrays(entry.outputs, '')),
    '/* Bytes that a call works in; 0 where the sizes are not ones that it takes. */',
    `size_t ${symbol}_bytes(const ${prefix}_sizes *sizes, const ${prefix}_options *options);`,
    '',
    '/* `arena`: so many bytes, or NULL: they are allocated and freed. `options`: NULL: as it is said there. */',
    `int ${symbol}(const ${prefix}_sizes *sizes, const ${symbol}_inputs *inputs, const ${symbol}_outputs *outputs,`,
    `${' '.repeat(`int ${symbol}(`.length)}void *arena, const ${prefix}_options *options);`,
    '',
  ];
};

export const emitHeader = (spec: ModuleSpec, { prefix, sizes, entries }: LibraryInterface): string => {
  const guard = `${prefix.toUpperCase()}_H`;
  const derived = (spec.madeFor?.data === undefined ? [] : Object.keys(spec.madeFor.data)).map(
    (name) => `Made for one \`${name}\`: a call with another is refused.`,
  );
  return `${[
    `/* ${inComment(spec.name)}, compiled from ${inComment(spec.source)} by ebmc.`,
    ...[...spec.description, ...derived].map((line) => `   ${inComment(line)}`.trimEnd()),
    '',
    '   Arrays are row-major. Nothing is kept between calls; calls at the same time need arenas of their own.',
    ...(entries.length === 0 ? [] : ['', ...usage(prefix, entries[0]!).map((line) => `     ${line}`)]),
    ' */',
    `#ifndef ${guard}`,
    `#define ${guard}`,
    '',
    '#include <stddef.h>',
    '#include <stdint.h>',
    '',
    '#ifdef __cplusplus',
    'extern "C" {',
    '#endif',
    '',
    ...struct(`${prefix}_sizes`, sizes.map(({ name, identifier, about }) => ({ line: `int64_t ${identifier}`, about: [...(name === identifier ? [] : [`\`${name}\``]), ...(about === '' ? [] : [about])].join(', ') }))), // prettier-ignore
    'typedef struct {',
    '  /* Where the library was compiled with OpenMP; 0: as many as OpenMP would take. */',
    '  int threads;',
    '  /* NULL, or two numbers. The caller may set the first while a call runs: 1 stops loops at their next test, keeping what',
    '     there is; 2 gives up as soon as possible. The second is the number of steps that the outermost loop has taken. */',
    '  volatile int32_t *control;',
    `} ${prefix}_options;`,
    '',
    '/* What a call returns. */',
    'enum {',
    `  ${prefix}_done = 0,`,
    `  ${prefix}_stopped = 1, /* a loop was stopped by the caller: outputs hold what it had */`,
    `  ${prefix}_gave_up = 2, /* because the caller said so: outputs hold nothing */`,
    `  ${prefix}_bad_sizes = -1, /* a size is negative, too large, or not the one that the library is made for */`,
    `  ${prefix}_no_memory = -2,`,
    `  ${prefix}_missing_input = -3,`,
    `  ${prefix}_other_data = -4 /* an input is not the one that the library is made for */`,
    '};',
    `const char *${prefix}_message(int status);`,
    '',
    ...entries.flatMap((entry) => entryLines(prefix, entry)),
    '#ifdef __cplusplus',
    '}',
    '#endif',
    '#endif',
  ].join('\n')}\n`;
};
