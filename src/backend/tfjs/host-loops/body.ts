// The instructions of a body as statements. In: the writer of the function, a body, the values of its inputs. Out: the values
// of its outputs. Views, constants and what has one reader are expressions; the rest fills an array or a constant.
import { InternalError } from '../../../diagnostics/diagnostic.ts';
import { add, constant, isOne, type Dim } from '../../../tensor/dims.ts';
import type { Instr, ValueId, ValueInfo } from '../../../tensor/program.ts';
import { numberText } from '../names.ts';
import { argmin, combination, contraction, reducedLabels, scattered } from './contractions.ts';
import { expressions, unwrapped } from './expressions.ts';
import type { FunctionWriter } from './function-writer.ts';
import { fusionOf } from './fusion.ts';
import { scanLoop, type BodyStatements } from './scan-loop.ts';
import { closed, keepsAxes, named, positionIn, reaxed, standing, sumText, viewed, type HostValue } from './values.ts';

type InstrOf<O extends Instr['op']> = Extract<Instr, { op: O }>;
interface Context {
  readonly f: FunctionWriter;
  readonly value: (id: ValueId) => HostValue;
  readonly info: (id: ValueId) => ValueInfo;
  readonly fuses: (id: ValueId) => boolean;
}
type Rule<O extends Instr['op']> = (instr: InstrOf<O>, context: Context) => readonly HostValue[];

const numberValue = (value: number, info: ValueInfo): HostValue => {
  const text = numberText(value);
  return named(text.startsWith('-') ? `(${text})` : text, info.dtype === 'int', info.shape);
};

/** An expression of entries: where it is read, or in an array of its own. */
const expressed = (stem: string, id: ValueId, read: HostValue['read'], { f, info, fuses }: Context): HostValue => {
  const { shape, dtype } = info(id);
  const value: HostValue = { shape, int: dtype === 'int', read, stands: null };
  return fuses(id) ? value : f.made(stem, value);
};

const reshaped = (f: FunctionWriter, value: HostValue, shape: readonly Dim[]): HostValue => {
  if (keepsAxes(value.shape, shape)) return reaxed(value, shape);
  const { stands } = value.stands === null ? f.made('copy', value) : value;
  if (stands === null) throw new InternalError('a reshape of one number keeps its axes');
  return standing(stands.array, stands.from, shape, value.int, f.dim);
};

const padded = ({ view, arg, out: [id] }: InstrOf<'view'>, { f, value, info }: Context): HostValue => {
  if (view.kind !== 'pad') throw new InternalError(`${view.kind} is no pad`);
  const [source, shape] = [value(arg), info(id).shape];
  const array = f.array('padded', shape, source.int);
  f.writer.line(`${array.name}.fill(${numberText(view.value)});`);
  f.loops(source.shape, (at) => {
    const to = at.map((index, i) => sumText(index, f.dim(view.before[i]!)));
    f.writer.line(`${array.name}[${positionIn(shape, to, f.dim)}] = ${unwrapped(source.read(at))};`);
  });
  return array;
};

const unsupported = (op: string): never => {
  throw new InternalError(`${op} cannot run in a host loop`);
};

const rules: { readonly [O in Instr['op']]: Rule<O> } = {
  constant: ({ out: [id], value }, { f, info }) => {
    const { shape, dtype } = info(id);
    if (typeof value === 'number') return [numberValue(value, info(id))];
    if (value.length === 1) return [numberValue(value[0]!, info(id))];
    const name = f.fresh('numbers');
    const type = dtype === 'int' ? 'Int32Array' : 'Float64Array';
    f.arrays.push(`const ${name} = ${type}.of(${value.map(numberText).join(', ')});`);
    return [standing(name, '0', shape, dtype === 'int', f.dim)];
  },
  dim: ({ dim }, { f }) => [named(closed(f.dim(dim)), false)],
  iota: ({ out: [id], axis }, { info }) => [
    { shape: info(id).shape, int: info(id).dtype === 'int', read: (at) => closed(at[axis]!), stands: null },
  ],
  map: ({ out: [id], fn, args }, context) => {
    const read = (at: readonly string[]): string =>
      expressions[fn](
        ...args.map((arg) => {
          const value = context.value(arg);
          if (value.shape.length === 0) return value.read([]);
          return value.read(at.map((index, i) => (isOne(value.shape[i]!) ? '0' : index)));
        }),
      );
    const stem = fn.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
    return [expressed(stem, id, read, context)];
  },
  contract: (instr, context) => {
    const { f, value, info } = context;
    const [id] = instr.out;
    const operands = instr.operands.map((operand) => ({ value: value(operand.value), axes: operand.axes }));
    const { shape } = info(id);
    if (reducedLabels(operands, instr.keep).length === 0) {
      const { read } = combination(instr, operands, shape);
      return [expressed(instr.semiring.kind === 'sum-product' ? 'product' : 'sum', id, read, context)];
    }
    if (instr.semiring.kind !== 'soft-min') return [contraction(f, instr, operands, shape, '')];
    const beta = value(instr.semiring.beta).read([]);
    const known = Number(beta) <= 1e30 ? beta : named(f.fresh('beta'), false).read([]);
    if (known !== beta) f.writer.line(`const ${known} = Math.min(${unwrapped(beta)}, 1e30);`);
    return [contraction(f, instr, operands, shape, known)];
  },
  argmin: ({ out: [id], arg, axis }, { f, value, info }) => [argmin(f, value(arg), axis, info(id).shape)],
  view: (instr, context) => {
    const { f, value, info } = context;
    const { shape } = info(instr.out[0]);
    const { view } = instr;
    if (view.kind === 'reshape') return [reshaped(f, value(instr.arg), shape)];
    if (view.kind === 'pad') return [padded(instr, context)];
    return [viewed(value(instr.arg), view, shape, f.dim)];
  },
  concat: ({ out: [id], args, axis }, { f, value, info }) => {
    const { shape, dtype } = info(id);
    const array = f.array('joined', shape, dtype === 'int');
    let start: Dim = constant(0);
    for (const arg of args) {
      const part = value(arg);
      const before = f.dim(start);
      f.loops(part.shape, (at) => {
        const to = positionIn(shape, at.with(axis, sumText(at[axis]!, before)), f.dim);
        f.writer.line(`${array.name}[${to}] = ${unwrapped(part.read(at))};`);
      });
      start = add(start, part.shape[axis]!);
    }
    return [array];
  },
  gather: ({ out: [id], data, indices, axis }, context) => {
    const [source, index] = [context.value(data), context.value(indices)];
    const rank = index.shape.length;
    const read = (at: readonly string[]): string =>
      source.read(at.toSpliced(axis, rank, isOne(source.shape[axis]!) ? '0' : index.read(at.slice(axis, axis + rank))));
    return [expressed('gathered', id, read, context)];
  },
  'scatter-add': ({ out: [id], updates, indices, axis }, { f, value, info }) => [
    scattered(f, value(updates), value(indices), axis, info(id).shape),
  ],
  cast: ({ out: [id], arg }, { value, info }) => {
    const source = value(arg);
    const int = info(id).dtype === 'int';
    if (!int || source.int) return [{ ...source, int }];
    return [{ ...source, int, read: (at) => `Math.trunc(${unwrapped(source.read(at))})`, stands: null }];
  },
  random: () => unsupported('random'),
  routine: () => unsupported('routine'),
  scan: (instr, { f, value }) => {
    const wanted = instr.out.map((_, i) => i);
    return scanLoop(
      f,
      instr,
      instr.carry.map(value),
      instr.xs.map(value),
      instr.captured.map(value),
      wanted,
      bodyStatements,
    );
  },
  while: () => unsupported('while'),
};

export const bodyStatements: BodyStatements = (f, program, inputs, carried, collected) => {
  const { instrs, fuses } = fusionOf(program, carried, collected);
  const values = new Map<ValueId, HostValue>(program.inputs.map(({ id }, i) => [id, inputs[i]!]));
  const value = (id: ValueId): HostValue => {
    const found = values.get(id);
    if (found === undefined) throw new InternalError(`value ${id} is read before it is made`);
    return found;
  };
  const context: Context = { f, value, info: (id) => program.values[id]!, fuses };
  for (const instr of instrs) {
    const results = (rules[instr.op] as Rule<Instr['op']>)(instr as never, context);
    for (const [i, id] of instr.out.entries()) values.set(id, results[i]!);
  }
  return program.outputs.map(({ id }) => values.get(id));
};
