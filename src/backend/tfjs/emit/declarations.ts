// The types of a compiled module. In: its spec. Out: the text of its .d.ts.
import type { ModuleSpec } from '../../backend.ts';
import { identifier } from '../names.ts';
import { variablesOf, type Variable } from './module.ts';
import { Writer } from './writer.ts';

const key = (name: string): string => (/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : `'${name}'`);
const typeName = (entry: string): string => identifier(entry).replace(/^./, (c) => c.toUpperCase());

const describe = ({ role, domain, shape }: Variable): string =>
  `/** ${role} : ${domain}, shape [${shape.join(', ')}] */`;

const common = `/** Numbers in row-major order. */
export interface PlainTensor<Data = Float32Array | Int32Array> {
  readonly shape: readonly number[];
  readonly data: Data;
}
export type Nested = number | boolean | readonly Nested[];
/** A tensor, numbers with their shape, or nested arrays of numbers. */
export type Input = tf.Tensor | PlainTensor<ArrayLike<number>> | Nested;

export interface Options {
  /** Sizes that the inputs do not determine; those that they do are checked. */
  readonly sizes?: Readonly<Partial<Record<Size, number>>>;
  /** Asked between the steps of a loop: true stops it there, and what it has is returned. */
  readonly cancelled?: () => boolean;
  /** Told the number of steps done, after each step of an outermost loop. */
  readonly onStep?: (step: number) => void;
  /** Bytes that one tensor may take; 1 GiB unless given. */
  readonly budget?: number;
}

export interface VariableSignature {
  readonly role: string;
  readonly domain: string;
  readonly dtype: 'float32' | 'int32';
  /** Polynomials of sizes, such as N or 2*K + 1. */
  readonly shape: readonly string[];
}`;

export const emitDeclarations = (spec: ModuleSpec): string => {
  const writer = new Writer();
  writer.line(`// Types of ${spec.name}, compiled from ${spec.source} by ebmc.`);
  writer.line("import type * as tf from '@tensorflow/tfjs-core';");
  writer.line();
  writer.line(`export type Size = ${spec.sizes.map((s) => `'${s.name}'`).join(' | ') || 'never'};`);
  writer.line();
  for (const line of common.split('\n')) writer.line(line);
  writer.line();
  writer.block(
    'export declare const signature: {',
    () => {
      writer.line(`readonly name: '${spec.name}';`);
      writer.line('readonly sizes: Readonly<Record<Size, number | null>>;');
      if ((spec.derivedSizes ?? []).length > 0)
        writer.line(
          'readonly derivedSizes: Readonly<Record<string, { readonly numerator: string; readonly denominator: number }>>;',
        );
      writer.block(
        'readonly entries: {',
        () => {
          for (const [name, program] of Object.entries(spec.entries)) {
            const names = (side: 'inputs' | 'outputs'): string =>
              program[side].map((v) => `'${v.name}'`).join(' | ') || 'never';
            writer.block(
              `readonly ${key(name)}: {`,
              () => {
                for (const side of ['inputs', 'outputs'] as const)
                  writer.line(`readonly ${side}: Readonly<Record<${names(side)}, VariableSignature>>;`);
              },
              '};',
            );
          }
        },
        '};',
      );
    },
    '};',
  );
  for (const [name, program] of Object.entries(spec.entries)) {
    writer.line();
    writer.block(`export interface ${typeName(name)}Inputs {`, () => {
      for (const [input, variable] of Object.entries(variablesOf(spec, program, 'inputs'))) {
        writer.line(describe(variable));
        writer.line(`readonly ${key(input)}${input === 'seed' ? '?' : ''}: Input;`);
      }
    });
    writer.block(`export interface ${typeName(name)}Outputs {`, () => {
      for (const [output, variable] of Object.entries(variablesOf(spec, program, 'outputs'))) {
        writer.line(describe(variable));
        writer.line(
          `readonly ${key(output)}: PlainTensor<${variable.dtype === 'int32' ? 'Int32Array' : 'Float32Array'}>;`,
        );
      }
    });
    const given = program.inputs.length === 0 ? `inputs?: ${typeName(name)}Inputs` : `inputs: ${typeName(name)}Inputs`;
    writer.line(
      `export declare function ${identifier(name)}(${given}, options?: Options): Promise<${typeName(name)}Outputs>;`,
    );
  }
  return writer.toString();
};
