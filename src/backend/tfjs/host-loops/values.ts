// Values inside a host loop: how to read an entry of one. In: shapes and the texts of indices. Out: JavaScript expressions.
// Views of a value are other ways to read it; nothing is copied. The index of an axis of length 1 is always '0'.
import { add, constant, isOne, print, product, shapesEqual, type Dim } from '../../../tensor/dims.ts';
import type { View } from '../../../tensor/program.ts';

export interface HostValue {
  readonly shape: readonly Dim[];
  readonly int: boolean;
  /** The entry at these indices, as a closed expression. */
  readonly read: (at: readonly string[]) => string;
  /** Where its numbers stand one after another, if they do. */
  readonly stands: { readonly array: string; readonly from: string } | null;
}

/** Text of a dim; whoever provides it notes the sizes. */
export type DimText = (dim: Dim) => string;

const isAtom = (text: string): boolean => /^[\p{ID_Continue}$]+$/u.test(text);
export const closed = (text: string): string => (isAtom(text) || /^\([^()]*\)$/.test(text) ? text : `(${text})`);
/** In a form that may be multiplied. */
export const factorOf = (text: string): string => (/[-+]/.test(text) ? closed(text) : text);

export const sumText = (...terms: readonly string[]): string => terms.filter((t) => t !== '0').join(' + ') || '0';

/** Position of an entry in row-major order. */
export const positionIn = (shape: readonly Dim[], at: readonly string[], dimText: DimText): string =>
  sumText(
    ...at.map((index, axis) => {
      const stride = product(shape.slice(axis + 1));
      return index === '0' || isOne(stride) ? index : `${factorOf(index)} * ${factorOf(dimText(stride))}`;
    }),
  );

/** Numbers of an array in row-major order, starting at `from`. */
export const standing = (
  array: string,
  from: string,
  shape: readonly Dim[],
  int: boolean,
  dimText: DimText,
): HostValue => ({
  shape,
  int,
  read: (at) => `${array}[${sumText(from, positionIn(shape, at, dimText))}]`,
  stands: { array, from },
});

/** Numbers of an array that holds only `stored`, with 1 where the value repeats. */
export const repeating = (
  array: string,
  stored: readonly Dim[],
  shape: readonly Dim[],
  int: boolean,
  dimText: DimText,
): HostValue => {
  if (shapesEqual(stored, shape)) return standing(array, '0', shape, int, dimText);
  const held = standing(array, '0', stored, int, dimText);
  return { ...held, shape, read: (at) => held.read(at.map((x, i) => (isOne(stored[i]!) ? '0' : x))), stands: null };
};

export const named = (text: string, int: boolean, shape: readonly Dim[] = []): HostValue => ({
  shape,
  int,
  read: () => text,
  stands: null,
});

export const wideAxes = (shape: readonly Dim[]): readonly number[] => shape.flatMap((d, i) => (isOne(d) ? [] : [i]));
export const wideShape = (shape: readonly Dim[]): readonly Dim[] => shape.filter((d) => !isOne(d));

/** Whether a reshape only adds or removes axes of length 1. */
export const keepsAxes = (from: readonly Dim[], to: readonly Dim[]): boolean =>
  shapesEqual(wideShape(from), wideShape(to));

/** The value under another shape with the same wide axes. */
export const reaxed = (value: HostValue, shape: readonly Dim[]): HostValue => {
  const [from, to] = [wideAxes(value.shape), wideAxes(shape)];
  const read = (at: readonly string[]): string =>
    value.read(value.shape.map((_, axis) => (from.includes(axis) ? at[to[from.indexOf(axis)]!]! : '0')));
  return { ...value, shape, read };
};

type LazyView = Exclude<View, { kind: 'reshape' | 'pad' }>;

export const viewed = (value: HostValue, view: LazyView, shape: readonly Dim[], dimText: DimText): HostValue => {
  const seen = (index: (at: readonly string[]) => readonly string[]): HostValue => ({
    ...value,
    shape,
    read: (at) => value.read(index(at)),
    stands: null,
  });
  switch (view.kind) {
    case 'transpose':
      return seen((at) => value.shape.map((_, axis) => at[view.permutation.indexOf(axis)]!));
    case 'expand':
      return seen((at) => at.map((x, i) => (isOne(value.shape[i]!) ? '0' : x)));
    case 'slice':
      return seen((at) => at.map((x, i) => sumText(x, dimText(view.start[i]!))));
    case 'reverse': {
      const last = dimText(add(shape[view.axis]!, constant(-1)));
      return seen((at) => at.map((x, i) => (i !== view.axis || isOne(shape[i]!) ? x : `(${last} - ${factorOf(x)})`)));
    }
  }
};

/** `// [S, S]`, after a declaration. */
export const shapeComment = (shape: readonly Dim[]): string =>
  shape.length === 0 ? '' : ` // [${shape.map(print).join(', ')}]`;
