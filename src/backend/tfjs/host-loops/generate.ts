// A scan as a function of the module: plain loops over arrays, in float64. In: the scan, how what it reads is stored, the
// outputs that are wanted. Out: the function's text without a name, and what it needs. The same scan always gives the same text.
import { printShape, type Dim } from '../../../tensor/dims.ts';
import type { HelperName } from '../runtime-text.ts';
import { bodyStatements } from './body.ts';
import { scalarHelpers } from './expressions.ts';
import { FunctionWriter } from './function-writer.ts';
import type { Scan } from './hostable.ts';
import { scanLoop } from './scan-loop.ts';
import { repeating, type HostValue } from './values.ts';

export interface HostFunction {
  /** The text under a name. Parameters: sizes, then the numbers of carries, xs and captured values, in order. */
  readonly text: (name: string) => string;
  /** The sizes it takes, in order. */
  readonly sizes: readonly string[];
  readonly helpers: readonly HelperName[];
}

/** What the scan reads, in order: the shape of a value and that in which its numbers stand, with 1 where they repeat. */
export interface Given {
  readonly shape: readonly Dim[];
  readonly stored: readonly Dim[];
  readonly int: boolean;
}

/** `wanted`: positions of outputs, ascending; the function returns their numbers, each in an array. */
export const hostFunction = (
  scan: Scan,
  given: readonly Given[],
  wanted: readonly number[],
  reserved: ReadonlySet<string>,
): HostFunction => {
  const f = new FunctionWriter(reserved);
  const count = scan.carry.length;
  const parameters = given.map((_, i) => {
    const name = scan.body.inputs[i]!.name;
    if (i < count) return f.fresh(`first${name[0]!.toUpperCase()}${name.slice(1)}`);
    return f.fresh(i < count + scan.xs.length ? `all${name[0]!.toUpperCase()}${name.slice(1)}` : name);
  });
  const values = given.map(({ shape, stored, int }, i) => repeating(parameters[i]!, stored, shape, int, f.dim));
  const [carries, xs] = [values.slice(0, count), values.slice(count, count + scan.xs.length)];
  const results = scanLoop(f, scan, carries, xs, values.slice(count + scan.xs.length), wanted, bodyStatements);
  const returned = wanted.map((i) => arrayOf(f, results[i]!));
  const words = (side: readonly Given[]): string => side.map(({ shape }) => printShape(shape)).join(', ') || 'nothing';
  const comment = `A scan${scan.reverse ? ' from the end' : ''} on the host: carries ${words(given.slice(0, count))}; over ${words(given.slice(count, count + xs.length))}.`;
  const text = (name: string): string => f.text(name, comment, parameters, returned);
  const sample = text('scan');
  return {
    text,
    sizes: [...f.sizes].sort(),
    helpers: scalarHelpers.filter((helper) => new RegExp(`(?<![.\\w$])${helper}\\(`).test(sample)),
  };
};

const arrayOf = (f: FunctionWriter, value: HostValue): string => {
  if (f.isSingle(value.shape))
    return `${value.int ? 'Int32Array' : 'Float64Array'}.of(${value.read(value.shape.map(() => '0'))})`;
  if (value.stands !== null) return value.stands.array;
  return f.made('result', value).stands!.array;
};
