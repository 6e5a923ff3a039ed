// One entry of a kernel program as C: its record, its functions, and the two that callers see. In: a kernel program. Out: lines.
//
//   int64_t <symbol>_bytes(const int64_t *sizes, int32_t threads)
//       bytes of the arena, with what every thread needs for itself; -1 where a size is beyond what the arithmetic holds
//   int32_t <symbol>(const int64_t *sizes, const void *const *inputs, void *const *outputs, void *arena, int32_t threads,
//                    volatile int32_t *control)
//       0: done, 1: a `while` was stopped by the caller, 2: gave up. The arena begins at a multiple of 64 bytes.
import { printShape, product, scale, sizesOf } from '../../tensor/dims.ts';
import type { KernelProgram } from '../kernel.ts';
import { EntryEmission, startOf } from './emission.ts';
import type { EntryNames } from './function.ts';
import { identifiersFor } from './names.ts';
import { int32Literal, magnitudeOf, realLiteral, type Real } from './numbers.ts';
import { sizesMentioned } from './sizes.ts';
import { renderStatements } from './statements.ts';
import { planStorage, reservations, type Region } from './storage.ts';
import { Writer } from './writer.ts';

export interface EntryText {
  readonly symbol: string;
  /** In the order of the argument `sizes`. */
  readonly sizes: readonly string[];
  readonly lines: readonly string[];
}

export interface EntryOptions {
  readonly symbol: string;
  readonly real: Real;
  readonly linkage: 'static' | 'extern';
  /** Likely values. */
  readonly sizes: Readonly<Record<string, number>>;
}

/** `used` collects the functions of the runtime that the text calls. */
export const renderEntry = (
  kernels: KernelProgram,
  { symbol, real, linkage, sizes: nominal }: EntryOptions,
  used: Set<string>,
): EntryText => {
  const before = linkage === 'static' ? 'static ' : '';
  const storage = planStorage(kernels, real, nominal);
  const sizeNames = sizesMentioned(kernels);
  const sizes = identifiersFor(sizeNames, 'n_');
  const names: EntryNames = { symbol, record: `${symbol}_call`, sizes, places: storage.places, dims: new Map(), buffers: new Set() }; // prettier-ignore
  for (const { shape } of kernels.buffers) names.dims.set(`bytes of ${printShape(shape)}`, { dim: scale(product(shape), 8), below: 'EB_MOST' }); // prettier-ignore
  const entry = new EntryEmission(kernels, real, names, used);
  const e = startOf(entry);
  renderStatements(kernels.body, e);
  const run = e.fn.text(`${symbol}_run`, 'static');

  const writer = new Writer();
  const regions = { shared: storage.shared, own: { ...storage.perThread, open: [...storage.perThread.open, ...entry.reservedOfThread] } }; // prettier-ignore
  writeConstants(writer, entry);
  writeRecord(writer, entry, regions);
  for (const lines of [...entry.functions, run]) for (const line of lines) writer.line(line);
  writeLayout(writer, entry, regions, sizeNames);
  writer.block(`${before}int64_t ${symbol}_bytes(const int64_t *sizes, int32_t threads)`, () => {
    writer.line(`${names.record} call;`);
    writer.line(`return ${symbol}_layout(&call, sizes, eb_threads(threads));`);
  });
  writeCall(writer, entry, before, e.fn.usesThread);
  return { symbol, sizes: sizeNames, lines: writer.lines };
};

interface Regions {
  readonly shared: Region;
  readonly own: Region;
}

/** Those that functions mention, at file scope. */
const writeConstants = (writer: Writer, { kernels, names, real }: EntryEmission): void => {
  for (const [id, { storage, scalar, values }] of kernels.buffers.entries()) {
    if (storage !== 'constant' || !names.buffers.has(id)) continue;
    const texts = values!.map((value) => (scalar === 'int' ? int32Literal(value) : realLiteral(value, real)));
    const open = `static const ${scalar === 'int' ? 'int32_t' : 'real'} ${names.symbol}_b${id}[]`;
    writer.line(`${open} = {${texts.length === 0 ? '0' : ''}`);
    for (let at = 0; at < texts.length; at += 12) writer.line(`  ${texts.slice(at, at + 12).join(', ')},`);
    writer.line('};');
  }
};

/** What one call has: sizes, where its memory is, who is asked whether to go on. */
const writeRecord = (writer: Writer, { names }: EntryEmission, { shared, own }: Regions): void => {
  writer.line('typedef struct {');
  for (const size of names.sizes.values()) writer.line(`  int64_t ${size};`);
  for (const { field } of [...shared.open, ...own.open]) writer.line(`  int64_t ${field};`);
  for (const id of pointersIn(names)) {
    const { type, readOnly } = names.places[id]!;
    writer.line(`  ${readOnly ? 'const ' : ''}${type} *b${id};`);
  }
  writer.line('  char *scratch, *space, *routines;');
  writer.line('  int64_t shared_bytes, scratch_bytes, space_bytes, routine_bytes;');
  writer.line('  volatile int32_t *control;');
  writer.line('  int32_t threads;');
  writer.line('  volatile int32_t stopped;');
  writer.line(`} ${names.record};`);
};

/** Buffers that functions find in the record. */
const pointersIn = ({ places, buffers }: EntryNames): readonly number[] =>
  [...buffers].sort((a, b) => a - b).filter((id) => places[id]!.kind !== 'constant' && !places[id]!.perThread);

const writeLayout = (
  writer: Writer,
  entry: EntryEmission,
  { shared, own }: Regions,
  sizes: readonly string[],
): void => {
  const { names } = entry;
  const nameOf = (size: string): string => `call->${names.sizes.get(size)!}`;
  writer.block(
    `static int64_t ${names.symbol}_layout(${names.record} *const call, const int64_t *sizes, const int32_t threads)`,
    () => {
      if (sizes.length === 0) writer.line('(void)sizes;');
      sizes.forEach((name, i) => {
        writer.line(`if (sizes[${i}] < 0) return -1;`);
        writer.line(`${nameOf(name)} = sizes[${i}];`);
      });
      for (const { dim, below } of names.dims.values())
        if (sizesOf(dim).length > 0) writer.line(`if (!(${magnitudeOf(dim, nameOf)} < ${below})) return -1;`);
      for (const line of reservations(shared, 'shared', nameOf)) writer.line(line);
      for (const line of reservations(own, 'own', nameOf)) writer.line(line);
      writer.line('int64_t routines = 0, each = 0;');
      for (const [space, ofOne] of entry.routineSpaces) {
        writer.line(`each = eb_larger(each, eb_aligned(8 * ${ofOne}));`);
        writer.line(`routines = eb_larger(routines, eb_larger(threads * each, eb_aligned(8 * ${space})));`);
      }
      writer.line('call->shared_bytes = shared;');
      writer.line('call->scratch_bytes = own;');
      writer.line(`call->space_bytes = ${entry.hasSpace ? 'eb_aligned(EB_PRODUCT_SPACE)' : '0'};`);
      writer.line('call->routine_bytes = each;');
      writer.line('const double bytes = (double)shared + (double)routines + (double)threads * (double)(own + call->space_bytes);'); // prettier-ignore
      writer.line('return bytes < EB_MOST ? shared + routines + threads * (own + call->space_bytes) : -1;');
    },
  );
};

const writeCall = (writer: Writer, { kernels, names }: EntryEmission, before: string, usesThread: boolean): void => {
  const parameters = 'const int64_t *sizes, const void *const *inputs, void *const *outputs, void *arena, int32_t threads, volatile int32_t *control'; // prettier-ignore
  writer.block(`${before}int32_t ${names.symbol}(${parameters})`, () => {
    writer.line(`${names.record} record = {0}, *const call = &record;`);
    writer.line('call->threads = eb_threads(threads);');
    writer.line(`if (${names.symbol}_layout(call, sizes, call->threads) < 0) return 2;`);
    writer.line('char *const base = (char *)arena;');
    writer.line('call->scratch = base + call->shared_bytes;');
    writer.line('call->space = call->scratch + call->threads * call->scratch_bytes;');
    writer.line('call->routines = call->space + call->threads * call->space_bytes;');
    writer.line('call->control = control;');
    writer.line('control[1] = 0;');
    const given = { inputs: new Map(kernels.inputs.map((g, i) => [g.buffer, i])), outputs: new Map(kernels.outputs.map((g, i) => [g.buffer, i])) }; // prettier-ignore
    for (const list of ['inputs', 'outputs'] as const) if (given[list].size === 0) writer.line(`(void)${list};`);
    for (const id of pointersIn(names)) {
      const { kind, type, offset } = names.places[id]!;
      const from = kind === 'input' ? `inputs[${given.inputs.get(id)!}]` : kind === 'output' ? `outputs[${given.outputs.get(id)!}]` : `base + ${offset}`; // prettier-ignore
      writer.line(`call->b${id} = (${kind === 'input' ? 'const ' : ''}${type} *)${kind === 'arena' ? `(void *)(${from})` : from};`); // prettier-ignore
    }
    if (kernels.inputs.length > 0 && ![...names.buffers].some((id) => names.places[id]!.kind === 'input')) writer.line('(void)inputs;'); // prettier-ignore
    if (kernels.outputs.length > 0 && ![...names.buffers].some((id) => names.places[id]!.kind === 'output')) writer.line('(void)outputs;'); // prettier-ignore
    writer.line(`${names.symbol}_run(call${usesThread ? ', 0' : ''});`);
    writer.line('return *call->control == 2 ? 2 : call->stopped ? 1 : 0;');
  });
};
