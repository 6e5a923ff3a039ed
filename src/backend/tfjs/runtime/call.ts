// One call of an entry: its sizes, its inputs as tensors, the tensors it owns, its results. In: the entry's signature, what
// the caller passed. Out: an object that the entry's body uses. Throws Error, TypeError or RangeError naming the input.
import * as tf from '@tensorflow/tfjs-core';

export interface VariableSignature {
  readonly role: string;
  readonly domain: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly string[];
}
export interface EntrySignature {
  readonly inputs: Readonly<Record<string, VariableSignature>>;
  readonly outputs: Readonly<Record<string, VariableSignature>>;
}
export interface ModuleSignature {
  readonly name: string;
  readonly sizes: Readonly<Record<string, number | null>>;
  /** floor(numerator / denominator). */
  readonly derivedSizes?: Readonly<Record<string, { readonly numerator: string; readonly denominator: number }>>;
  readonly entries: Readonly<Record<string, EntrySignature>>;
}
export type Nested = number | boolean | readonly Nested[];
export interface PlainTensor {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}
export type Input = tf.Tensor | PlainTensor | Nested;
export interface Options {
  readonly sizes?: Readonly<Record<string, number>>;
  readonly cancelled?: () => boolean;
  readonly onStep?: (step: number) => void;
  readonly budget?: number;
}

/** The value of `2*N*K + 1` under known sizes; NaN while a size is unknown. */
export function dimValue(text: string, sizes: Readonly<Record<string, number>>): number {
  return text
    .replaceAll(' - ', ' + -')
    .split(' + ')
    .reduce((total, term) => {
      const negative = term.startsWith('-');
      const factors = (negative ? term.slice(1) : term).split('*');
      const product = factors.reduce((p, f) => p * (/^\d+$/.test(f) ? Number(f) : (sizes[f] ?? NaN)), 1);
      return total + (negative ? -product : product);
    }, 0);
}

/** The shape of an input in any of its forms. Throws TypeError for ragged arrays and for what is no input. */
export function shapeOf(name: string, input: Input): readonly number[] {
  if (typeof input === 'number' || typeof input === 'boolean') return [];
  if (Array.isArray(input)) {
    if (input.length === 0) return [0];
    const [first, ...rest] = input.map((element: Nested) => shapeOf(name, element));
    if (rest.some((shape) => shape.join() !== first!.join())) throw new TypeError(`input ${name} is a ragged array`);
    return [input.length, ...first!];
  }
  if (ArrayBuffer.isView(input)) return [(input as unknown as Float32Array).length];
  if (input !== null && typeof input === 'object' && 'shape' in input) return input.shape;
  throw new TypeError(`input ${name} is neither a tensor, nor {shape, data}, nor an array of numbers`);
}

/** The sizes that inputs determine, together with those given and the defaults. Throws RangeError where they disagree. */
export function sizesOf(
  signature: ModuleSignature,
  entry: EntrySignature,
  inputs: Readonly<Record<string, Input>>,
  given: Readonly<Record<string, number>>,
): Record<string, number> {
  const sizes: Record<string, number> = { ...given };
  const source: Record<string, string> = Object.fromEntries(
    Object.keys(given).map((size) => [size, 'the given sizes']),
  );
  const dims = Object.entries(entry.inputs).flatMap(([name, { shape }]) => {
    if (inputs[name] === undefined) return [];
    const found = shapeOf(name, inputs[name]);
    if (found.length !== shape.length)
      throw new RangeError(`input ${name} has shape [${found.join(', ')}], expected [${shape.join(', ')}]`);
    return shape.map((text, axis) => ({ name, axis, text, found: found[axis]!, shape: `[${found.join(', ')}]` }));
  });
  const derive = (): void => {
    for (const [size, { numerator, denominator }] of Object.entries(signature.derivedSizes ?? {})) {
      const value = Math.floor(dimValue(numerator, sizes) / denominator);
      if (!Number.isNaN(value)) sizes[size] ??= value;
    }
  };
  // A dim that is linear in one unknown size determines it.
  for (let before = -1; before !== Object.keys(sizes).length;) {
    before = Object.keys(sizes).length;
    derive();
    for (const { name, text, found } of dims) {
      const unknown = [...new Set(text.match(/[\p{ID_Start}_$][\p{ID_Continue}$]*/gu) ?? [])].filter(
        (s) => sizes[s] === undefined,
      );
      if (unknown.length !== 1) continue;
      const [at0, at1, at2] = [0, 1, 2].map((value) => dimValue(text, { ...sizes, [unknown[0]!]: value })) as [
        number,
        number,
        number,
      ];
      const value = (found - at0) / (at1 - at0);
      if (at2 - at1 !== at1 - at0 || !Number.isInteger(value) || value < 0) continue;
      sizes[unknown[0]!] = value;
      source[unknown[0]!] = `input ${name}`;
    }
  }
  for (const [size, value] of Object.entries(signature.sizes)) if (value !== null) sizes[size] ??= value;
  derive();
  for (const { name, axis, text, found, shape } of dims)
    if (dimValue(text, sizes) !== found) {
      const reasons = (text.match(/[\p{ID_Start}_$][\p{ID_Continue}$]*/gu) ?? [])
        .map((s) => `${s} = ${sizes[s] ?? 'unknown'} from ${source[s] ?? 'the default'}`)
        .join(', ');
      throw new RangeError(
        `input ${name} has shape ${shape}, but axis ${axis} must be ${text}${reasons && ` with ${reasons}`}`,
      );
    }
  return sizes;
}

/** All numbers of an input that is no tensor, row-major. */
export function numbersOf(input: Exclude<Input, tf.Tensor>): ArrayLike<number> {
  if (ArrayBuffer.isView(input)) return input as unknown as Float32Array;
  if (Array.isArray(input)) return input.flat(Infinity) as number[];
  return typeof input === 'object' ? (input as PlainTensor).data : [Number(input)];
}

/** Bytes that one tensor can take on the current backend. */
export function largestTensor(): number {
  const { device } = tf.backend() as { device?: { limits: { maxStorageBufferBindingSize: number } } };
  return tf.getBackend() === 'wasm' ? 3 * 2 ** 30 : (device?.limits.maxStorageBufferBindingSize ?? Infinity);
}

/** Opens a call. Every tensor made during it belongs to it, and close() frees those that are left. */
export function openCall(
  signature: ModuleSignature,
  entryName: string,
  inputs: Readonly<Record<string, Input>>,
  options: Options,
) {
  const entry = signature.entries[entryName]!;
  for (const name of Object.keys(inputs))
    if (entry.inputs[name] === undefined)
      throw new Error(`${entryName} has no input ${name}; it takes ${Object.keys(entry.inputs).join(', ') || 'none'}`);
  const present = 'seed' in entry.inputs && inputs['seed'] === undefined ? { ...inputs, seed: 0 } : inputs;
  for (const name of Object.keys(entry.inputs))
    if (present[name] === undefined) throw new Error(`input ${name} of ${entryName} is missing`);
  const sizes = sizesOf(signature, entry, present, options.sizes ?? {});
  const owned = new Set<tf.Tensor>();
  let rested = Date.now();

  /** `tensor` belongs to this call from now on; `done` are not read again and are freed. */
  const own = (tensor: tf.Tensor, ...done: Parameters<typeof drop>): tf.Tensor => {
    owned.add(tensor);
    drop(...done);
    return tensor;
  };
  /** Tensors, and lists of a scan's steps (or of the host's numbers, which need no care): not spread, for a long scan has more of them than a call takes arguments. */
  const drop = (...done: (tf.Tensor | tf.TypedArray | (tf.Tensor | tf.TypedArray)[])[]): void => {
    for (const t of done) {
      if (Array.isArray(t)) {
        for (const step of t) drop(step);
        continue;
      }
      if (ArrayBuffer.isView(t)) continue;
      owned.delete(t);
      t.dispose();
    }
  };
  return {
    own,
    drop,
    /** The value of a size that this entry uses. */
    size: (name: string): number => {
      const value = sizes[name];
      if (value === undefined)
        throw new RangeError(`size ${name} is not determined by the inputs: give options.sizes.${name}`);
      return value;
    },
    /** Refuses sizes other than the one that the program was unrolled for. */
    madeFor: (name: string, value: number): void => {
      if (sizes[name] !== undefined && sizes[name] !== value)
        throw new RangeError(
          `${entryName} is made for ${name} = ${value}, and ${name} is ${sizes[name]}: compile it again`,
        );
    },
    /** Refuses other data than those by which the program chose its nodes. */
    madeWith: async (name: string, values: readonly number[]): Promise<void> => {
      const given = present[name]!;
      // WebGPU has no other way to read a tensor than to wait for it.
      const found = given instanceof tf.Tensor ? await given.data() : numbersOf(given);
      if (found.length !== values.length || values.some((v, i) => found[i] !== v))
        throw new RangeError(`${entryName} is made for one ${name}, and this is another: compile it again`);
    },
    /** Refuses when the largest tensor, of so many entries, would exceed the memory budget in bytes. */
    reserve: (entries: number): void => {
      const most = largestTensor();
      const limit = Math.min(options.budget ?? 2 ** 30, most);
      if (4 * entries > limit)
        throw new RangeError(
          `${entryName} needs a tensor of ${entries} numbers (${(entries / 2 ** 28).toFixed(2)} GiB), more than ` +
            (limit < most
              ? `the budget of ${(limit / 2 ** 30).toFixed(2)} GiB: use smaller sizes or a larger options.budget`
              : `${tf.getBackend()} can hold, ${(limit / 2 ** 30).toFixed(2)} GiB: use smaller sizes`),
          { cause: 'memory' },
        );
    },
    input: (name: string, shape: number[], dtype: 'float32' | 'int32'): tf.Tensor => {
      const given = present[name]!;
      if (given instanceof tf.Tensor) {
        // tf.cast copies even where there is nothing to cast.
        const typed = given.dtype === dtype ? given : tf.cast(given, dtype);
        const shaped = tf.reshape(typed, shape);
        if (typed !== given) typed.dispose();
        return own(shaped);
      }
      const flat = numbersOf(given);
      const count = shape.reduce((a, b) => a * b, 1);
      if (flat.length !== count) throw new RangeError(`input ${name} has ${flat.length} numbers, expected ${count}`);
      return own(tf.tensor(dtype === 'int32' ? Int32Array.from(flat) : Float32Array.from(flat), shape, dtype));
    },
    /** The caller's wish to stop, asked between steps. */
    cancelled: (): boolean => options.cancelled?.() === true,
    stepped: (step: number): void => options.onStep?.(step),
    /** Lets the event loop run now and then, so that a long loop can be cancelled. */
    rest: (): Promise<void> | undefined => {
      if (Date.now() - rested < 50) return undefined;
      return new Promise<void>((resolve) => setTimeout(resolve, 0)).then(() => {
        rested = Date.now();
      });
    },
    /** Whether a 0/1 scalar says yes. */
    holds: async (flag: tf.Tensor): Promise<boolean> => (await flag.data())[0] !== 0,
    /** Results as plain arrays. */
    results: async (named: Record<string, readonly [tf.Tensor, number[]]>) => {
      const entries = Object.entries(named).map(
        async ([name, [tensor, shape]]) => [name, { shape, data: (await tensor.data()).slice() }] as const,
      );
      return Object.fromEntries(await Promise.all(entries));
    },
    close: (): void => drop([...owned]),
  };
}
