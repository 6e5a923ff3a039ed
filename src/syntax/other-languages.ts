// What people write who come from Stan, MiniZinc, Python or LaTeX. In: a word that begins no statement, or the place where
// parsing stopped. Out: how it is said here; null or nothing where no habit is recognised.
import type { IToken } from 'chevrotain';

const given = 'what is always given is declared `observed x : real`';
const predicted = 'what is to be predicted is declared `target y : real`';
const inferred = 'what is to be inferred is declared `latent z : real`';
const learned = 'what is to be learned is declared `param w : real`; there are no blocks of declarations';
const roleFirst = 'a declaration begins with its role: `param w : real[K]`, `latent z : category(K)`';
const noBlocks = 'there are no blocks: declarations, factors and `let` stand in any order';
const repetition = 'repetition is an index clause, `y[n in N] ~ …`, or a plate, `plate n in N { … }`';
const minimised = 'energies add up and the sum is minimised: `factor cost = …`; what is to be large gets a minus';
const adds = '`factor name = …` adds to the energy';
const nothingImported = 'nothing is imported: all functions are there';
const condition = 'a condition that must hold is `constraint name = …`';

const statements: Readonly<Record<string, string>> = {
  input: given,
  inputs: given,
  covariate: given,
  given,
  evidence: given,
  output: predicted,
  outputs: predicted,
  response: predicted,
  outcome: predicted,
  hidden: inferred,
  unobserved: inferred,
  unknown: inferred,
  variable: inferred,
  var: inferred,
  parameter: learned,
  parameters: learned,
  weight: learned,
  weights: learned,
  hyperparameter: 'a number that stays as it is written is `const lambda = 0.1`',
  real: roleFirst,
  int: roleFirst,
  float: roleFirst,
  bool: roleFirst,
  vector: roleFirst,
  row_vector: roleFirst,
  matrix: roleFirst,
  array: roleFirst,
  tensor: roleFirst,
  transformed: noBlocks,
  generated: noBlocks,
  functions: noBlocks,
  for: repetition,
  forall: repetition,
  foreach: repetition,
  while: repetition,
  maximize: minimised,
  maximise: minimised,
  minimize: minimised,
  minimise: minimised,
  solve: minimised,
  objective: minimised,
  energy: adds,
  potential: adds,
  term: adds,
  cost: adds,
  likelihood: adds,
  prior: 'a prior is `w ~ normal(0, 1)`, or a regularizer: `regularizer name = …`',
  penalty: 'a penalty is a regularizer: `regularizer name = …`',
  subject: condition,
  assert: condition,
  require: condition,
  import: nothingImported,
  from: nothingImported,
  include: nothingImported,
  using: nothingImported,
  def: 'a function is `fn f(a : real) -> real = …`',
  function: 'a function is `fn f(a : real) -> real = …`',
  class: 'a net is `net F(v : real[D]) -> real[K] = v |> linear(K)`',
};

export const statementElsewhere = (word: string): string | null =>
  Object.hasOwn(statements, word) ? statements[word]! : null;

/** Where parsing stopped: what a rule would have taken, and the tokens around. */
export interface Stop {
  /** The word that begins the statement. */
  readonly statement: string | null;
  readonly expected: readonly string[];
  readonly tokens: readonly IToken[];
  readonly at: number;
  /** Whether what was found follows an operand on its line. */
  readonly behindOperand: boolean;
}

const typeOf = (t: IToken | undefined): string | undefined => t?.tokenType.name;
/** Without a space between. */
const adjacent = (a: IToken, b: IToken | undefined): boolean =>
  b !== undefined && a.startOffset + a.image.length === b.startOffset;

interface Habit {
  readonly recognises: (s: Stop, found: IToken) => boolean;
  readonly hint: string;
}

const terms: ReadonlySet<string> = new Set(['factor', 'regularizer', 'constraint']);
const roles: ReadonlySet<string> = new Set(['data', 'observed', 'target', 'latent', 'noise', 'param']);
/** Between the word and its `=`. */
const inLabel = (s: Stop): boolean => terms.has(s.statement ?? '') && (expects(s, 'Name') || expects(s, 'Equals'));
const expects = (s: Stop, type: string): boolean => s.expected.includes(type);

/** Asked in order; the first that is recognised speaks. */
const habits: readonly Habit[] = [
  {
    recognises: (s, t) => typeOf(t) === 'Minus' && adjacent(t, s.tokens[s.at + 1]) && typeOf(s.tokens[s.at + 1]) === 'Minus', // prettier-ignore
    hint: 'a comment begins with `//`',
  },
  {
    recognises: (s, t) => typeOf(t) === 'Divide' && adjacent(t, s.tokens[s.at + 1]) && typeOf(s.tokens[s.at + 1]) === 'Times', // prettier-ignore
    hint: 'a comment begins with `//` and ends with its line',
  },
  {
    recognises: (s, t) => typeOf(t) === 'If' && s.behindOperand,
    hint: 'the condition stands first: `if c then a else b`',
  },
  { recognises: (s, t) => typeOf(t) === 'LeftBrace' && expects(s, 'Name'), hint: noBlocks },
  {
    recognises: (_, t) => typeOf(t) === 'If',
    hint: '`if c then a else b` is an expression: it stands inside a factor or a let',
  },
  {
    recognises: (s, t) => typeOf(t) === 'Colon' && expects(s, 'RightBracket'),
    hint: 'a slice has two points, `y[0..3]`, and both of its ends; a whole axis is `:`',
  },
  {
    recognises: (s, t) => typeOf(t) === 'In' && expects(s, 'RightParenthesis'),
    hint: 'indices stand in brackets: `sum[i in I] …`, `constraint c[i in I] = …`',
  },
  {
    recognises: (s, t) => s.behindOperand && ['for', 'over'].includes(t.image),
    hint: 'an index clause stands in front: `sum[n in N] y[n]`',
  },
  {
    recognises: (s, t) => roles.has(s.statement ?? '') && ['Tilde', 'Where', 'Equals'].includes(typeOf(t) ?? ''),
    hint: 'the parts of a declaration have an order: `name : domain where condition ~ distribution = start`',
  },
  {
    recognises: (s, t) => inLabel(s) && typeOf(t) === 'LeftParenthesis',
    hint: 'a factor or constraint has a name and no arguments: `factor name = …`, `constraint name[i in I] = …`',
  },
  {
    recognises: (s) => inLabel(s),
    hint: 'factors, regularizers and constraints have names: `factor name = …`',
  },
  {
    recognises: (s, t) => typeOf(t) === 'Plus' && s.statement !== null && roles.has(s.statement),
    hint: 'nothing is added step by step: each `factor name = …` adds to the energy',
  },
];

/** One hint, or none. */
export const habitHint = (stop: Stop): readonly string[] => {
  const found = stop.tokens[stop.at];
  if (found === undefined) return [];
  const habit = habits.find((h) => h.recognises(stop, found));
  return habit === undefined ? [] : [habit.hint];
};
