// What a library in C offers, before it is text. In: a module. Out: names that C and C++ take, with what stands behind them.
import { constantValue, print, product, type Dim } from '../../tensor/dims.ts';
import type { Program } from '../../tensor/program.ts';
import type { ModuleSpec } from '../backend.ts';

export interface Field {
  /** In the model, and in C. */
  readonly name: string;
  readonly identifier: string;
  readonly type: 'float' | 'int32_t';
  readonly shape: readonly Dim[];
  readonly count: Dim;
  /** `target : real[D], [N, D]`. */
  readonly about: string;
  /** May be left out: 0 then. */
  readonly optional: boolean;
}
export interface SizeField {
  readonly name: string;
  readonly identifier: string;
  readonly about: string;
}
export interface EntryInterface {
  readonly name: string;
  readonly symbol: string;
  readonly inputs: readonly Field[];
  readonly outputs: readonly Field[];
}
export interface LibraryInterface {
  /** What all names of the library begin with. */
  readonly prefix: string;
  readonly sizes: readonly SizeField[];
  readonly entries: readonly EntryInterface[];
}

/** Words of C and C++ that no field may be called. */
const taken: ReadonlySet<string> = new Set(
  (
    'alignas alignof and and_eq asm auto bitand bitor bool break case catch char class co_await co_return co_yield compl concept ' +
    'const const_cast consteval constexpr constinit continue decltype default delete do double dynamic_cast else enum explicit ' +
    'export extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or ' +
    'or_eq private protected public register reinterpret_cast requires restrict return short signed sizeof static static_assert ' +
    'static_cast struct switch template this thread_local throw true try typedef typeid typename union unsigned using virtual ' +
    'void volatile wchar_t while xor xor_eq errno NULL INFINITY NAN I complex imaginary noreturn unix linux'
  ).split(' '),
);

/** A name that C and C++ take, for each of the names, no two alike. */
export const identifiersOf = (names: readonly string[]): readonly string[] => {
  const used = new Set<string>();
  return names.map((name) => {
    const plain = name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?![A-Za-z])/, 'n_');
    const base = taken.has(plain) ? `${plain}_` : plain;
    let identifier = base;
    for (let i = 2; used.has(identifier); i++) identifier = `${base}_${i}`;
    used.add(identifier);
    return identifier;
  });
};

const fieldsOf = (spec: ModuleSpec, program: Program, side: 'inputs' | 'outputs'): readonly Field[] => {
  const identifiers = identifiersOf(program[side].map(({ name }) => name));
  return program[side].map(({ name, id }, i): Field => {
    const { shape, dtype } = program.values[id]!;
    const known = spec.variables[name];
    const what = `${known?.role ?? 'internal'} : ${known?.domain ?? (dtype === 'int' ? 'integer' : 'real')}`;
    return {
      name,
      identifier: identifiers[i]!,
      type: dtype === 'int' ? 'int32_t' : 'float',
      shape,
      count: product(shape),
      about: `${what}, ${shape.length === 0 ? 'one number' : `[${shape.map(print).join(', ')}]`}`,
      optional: side === 'inputs' && name === 'seed' && constantValue(product(shape)) === 1,
    };
  });
};

export const interfaceOf = (spec: ModuleSpec): LibraryInterface => {
  const [prefix] = identifiersOf([spec.name]) as [string];
  const sizes = identifiersOf(spec.sizes.map(({ name }) => name));
  const fixed = spec.madeFor?.sizes ?? {};
  return {
    prefix,
    sizes: spec.sizes.map(({ name, default: usual }, i) => ({
      name,
      identifier: sizes[i]!,
      about: fixed[name] === undefined ? (usual === null ? '' : `${usual} in the model`) : `always ${fixed[name]}`,
    })),
    entries: Object.entries(spec.entries).map(([name, program]) => ({
      name,
      symbol: `${prefix}_${identifiersOf([name])[0]!}`,
      inputs: fieldsOf(spec, program, 'inputs'),
      outputs: fieldsOf(spec, program, 'outputs'),
    })),
  };
};
