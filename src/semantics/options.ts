// How the arguments of methods, optimizers, losses and layers are declared. The tables are methods.ts, optimizers.ts,
// losses.ts and layers.ts; check-options.ts checks calls against them; hover and the language reference print them.

export type OptionKind =
  /** A number or an expression with a scalar value. */
  | 'number'
  /** A whole number ≥ 1 or a size. */
  | 'count'
  /** One of `words`. */
  | 'word'
  /** `shuffled(y)`, `most_offending`, …, or a let. */
  | 'negatives'
  /** The name of a variable or let. */
  | 'name'
  /** A distribution as a value. */
  | 'distribution'
  /** A call of one of `methods`. */
  | 'method';

export interface Option {
  readonly kind: OptionKind;
  readonly documentation: string;
  /** As written; null: there is none, and it may be left out. */
  readonly default: string | null;
  readonly required?: true;
  readonly words?: readonly string[];
  /** Where a written number lies. */
  readonly range?: Range;
  readonly methods?: Readonly<Record<string, Callable>>;
  /** Other names of the option. */
  readonly aliases?: readonly string[];
}

export interface Range {
  readonly words: string;
  readonly holds: (value: number) => boolean;
}
export const aboveZero: Range = { words: 'a number above 0', holds: (x) => x > 0 };
/** Of an average that forgets: at 1 nothing new would count. */
export const belowOne: Range = { words: 'a number from 0 to below 1', holds: (x) => x >= 0 && x < 1 };

/** Something that is called with options; positional arguments fill them in order. */
export interface Callable {
  readonly documentation: string;
  readonly options: Readonly<Record<string, Option>>;
}

export const option = (
  kind: OptionKind,
  standard: string | null,
  documentation: string,
  rest: Partial<Option> = {},
): Option => ({
  kind,
  documentation,
  default: standard,
  ...rest,
});
export const required = (kind: OptionKind, documentation: string, rest: Partial<Option> = {}): Option => ({
  kind,
  documentation,
  default: null,
  required: true,
  ...rest,
});
export const callable = (documentation: string, options: Readonly<Record<string, Option>> = {}): Callable => ({
  documentation,
  options,
});
