// The messages of EBM1xx: syntax. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { Message, MessageTable } from '../message.ts';

/** A token as a person would call it, already in quotes where it is a spelling. */
type Words = string;

const list = (items: readonly string[]): string =>
  items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;

const syntaxError = <P>(message: Omit<Message<P>, 'severity'>): Message<P> => ({ severity: 'error', ...message });

export const syntaxMessages = {
  EBM101: syntaxError<{ expected: readonly Words[]; found: Words; hints?: readonly string[] }>({
    title: 'unexpected text',
    text: ({ expected, found, hints }) => ({
      message: expected.length === 0 ? `${found} cannot stand here` : `expected ${list(expected)}, found ${found}`,
      hints: hints ?? [],
    }),
    explanation:
      'The text departs from the grammar at this place. The message names what could have stood here. Newlines carry no ' +
      'meaning, so a statement ends where the next one begins; a word left over from the previous line is often the cause.',
    example: 'model a\nsize N\nplate n of N { }\n',
  }),

  EBM102: syntaxError<{ text: string; hints?: readonly string[] }>({
    title: 'unknown character',
    text: ({ text, hints }) => ({ message: `\`${text}\` is no part of the language`, hints: hints ?? [] }),
    explanation:
      "A model is written in letters (Latin and Greek), digits, the operators + - * / ^ @ and ', comparisons, brackets, " +
      '`||`, `|>`, `~`, `:`, `,` and `=`. Comments begin with `//`. Anything else stops here.',
    example: 'model a\ntarget y : real\nfactor f = y $ 2\n',
  }),

  EBM103: syntaxError<{ opener: string; closer: string; found: Words }>({
    title: 'bracket never closed',
    text: ({ opener, closer, found }) => ({
      message: `\`${opener}\` is never closed: expected \`${closer}\`, found ${found}`,
      hints: [opener === '||' ? `close the norm with \`||\`, as in \`||v||^2\`` : `add the missing \`${closer}\``],
    }),
    explanation:
      'Every `(`, `[`, `{` and `||` needs its closing partner within the same statement (`{` within the file). ' +
      'The place of the opening bracket is shown beside the place where the closing one was missed.',
    example: 'model a\ntarget y : real\nfactor f = (y - 1\nfactor g = y\n',
  }),

  EBM104: syntaxError<{ closer: string }>({
    title: 'bracket never opened',
    text: ({ closer }) => ({
      message: `\`${closer}\` closes nothing`,
      hints: [`remove it, or add its opening bracket`],
    }),
    explanation: 'A closing bracket stands here, and no bracket of its kind is open.',
    example: 'model a\ntarget y : real\nfactor f = y) + 1\n',
  }),

  EBM105: syntaxError<{ after: Words | null; found: Words; hints?: readonly string[] }>({
    title: 'expression missing',
    text: ({ after, found, hints }) => ({
      message: `expected an expression${after === null ? '' : ` after ${after}`}, found ${found}`,
      hints: hints ?? [],
    }),
    explanation:
      'An operator, a bracket or a word such as `then` needs an expression after it: a number, a name, a call, ' +
      'something in brackets, a norm, or a reduction.',
    example: 'model a\ntarget y : real\nfactor f = y +\nfactor g = y\n',
  }),

  EBM106: syntaxError<{ word: string; as: string }>({
    title: 'reserved word as a name',
    text: ({ word, as }) => ({
      message: `\`${word}\` is a word of the language and cannot name ${as}`,
      hints: [`choose another name, for example \`${word}_\``],
    }),
    explanation:
      'The words that begin statements (`model size const plate let fn net infer train beta`, the roles, `factor ' +
      'regularizer constraint`), the reducers (`sum prod min max mean logsumexp stack`) and `in where by of if then else ' +
      'and or not return` cannot name variables. Statement words and reducers are free as labels of factors and as names ' +
      'of arguments.',
    example: 'model a\nparam data : real\n',
  }),

  EBM107: syntaxError<{ word: string; nearest: string | null; hint: string | null; found: Words }>({
    title: 'no such statement',
    text: ({ word, nearest, hint, found }) => ({
      message: `\`${word}\` begins no statement: after a name at this place only \`~\` can follow, found ${found}`,
      hints:
        nearest !== null
          ? [`did you mean \`${nearest}\`?`]
          : [hint ?? 'a statement begins with a word such as `target`, `factor` or `let`, or is `name ~ distribution`'],
    }),
    explanation:
      'Statements begin with a word of the language (`model size const data observed target latent noise param plate ' +
      'factor regularizer constraint let fn net beta infer train`). The only statement that begins with a name of your ' +
      'own is `name[index] ~ distribution(…)`.',
    example: 'model a\ntarget y : real\nfactr f = y^2\n',
  }),

  EBM108: syntaxError<Record<never, never>>({
    title: 'misplaced ||',
    text: () => ({
      message: '`||` closes a norm, and no norm is open here',
      hints: ['for the logical operation write `or`', 'before a norm write an operator: `2 * ||v||`'],
    }),
    explanation:
      '`||` opens a norm where an operand is expected and closes one elsewhere. After an operand, outside a norm, it ' +
      'means nothing: the logical operations are the words `and`, `or`, `not`.',
    example: 'model a\ntarget y : real\nfactor f = if y > 1 || y < 0 then 1 else 0\n',
  }),

  EBM109: syntaxError<{ first: string; second: string }>({
    title: 'chained comparison',
    text: ({ first, second }) => ({
      message: `a comparison compares two values: \`${second}\` cannot follow \`${first}\``,
      hints: [`write \`a ${first} b and b ${second} c\``],
    }),
    explanation: 'Comparisons do not chain: `a < b < c` is written `a < b and b < c`.',
    example: 'model a\nsize N\ntarget y[n in N] : real\nfactor f[n in N where 0 < n < 5] = y[n]\n',
  }),

  EBM110: syntaxError<{ written: string; meant: string; because: string }>({
    title: '= and == confused',
    text: ({ written, meant, because }) => ({
      message: `\`${written}\` cannot stand here: ${because}`,
      hints: [`write \`${meant}\``],
    }),
    explanation: '`=` defines (a factor, a let, a beta, an argument); `==` compares two values.',
    example: 'model a\ntarget y : binary\nfactor f = if y = 1 then 0 else 2\n',
  }),

  EBM111: syntaxError<{ role: string; name: string; found: Words }>({
    title: 'domain missing',
    text: ({ role, name, found }) => ({
      message: `expected \`:\` and a domain after \`${role} ${name}\`, found ${found}`,
      hints: [`for example \`${role} ${name} : real\``],
    }),
    explanation:
      'A declaration says what set the variable ranges over: `target y : real[D]`, `latent z : category(K)`. Several ' +
      'names may share one domain: `param a, b : real`.',
    example: 'model a\ntarget y\nfactor f = y^2\n',
  }),

  EBM112: syntaxError<{ written: string; meant: string }>({
    title: 'spelled differently',
    text: ({ written, meant }) => ({ message: `\`${written}\` is written \`${meant}\` here`, hints: [] }),
    explanation:
      'Some operators of other languages are spelled differently: `and`, `or`, `not` for the logical ones, `^` for powers, ' +
      'and the plain hyphen `-` for minus. The text is read as if it had been spelled so.',
    example: 'model a\ntarget y : real\nfactor f = y ** 2\n',
  }),

  EBM113: syntaxError<{ written: string }>({
    title: 'unknown norm',
    text: ({ written }) => ({
      message: `no norm is written \`${written}\``,
      hints: [
        written === '2'
          ? 'the Euclidean norm is plain `||v||`'
          : written === 'inf'
            ? 'the largest absolute value is `max(abs(v))`'
            : 'there are `||v||`, `||v||_1`, `||v||_0` and, of a matrix, `||M||_F`',
      ],
    }),
    explanation:
      'Norms are `||v||` (Euclidean), `||v||_1`, `||v||_0` (the number of non-zeros) and `||M||_F` (Frobenius).',
    example: 'model a\ntarget y : real[3]\nfactor f = ||y||_2\n',
  }),

  EBM114: syntaxError<Record<never, never>>({
    title: 'nested too deeply',
    text: () => ({
      message: 'this is nested too deeply to be read',
      hints: ['name parts of it with `let`'],
    }),
    explanation:
      'Expressions may nest about forty brackets deep and chain about a thousand operators; beyond that give parts a ' +
      'name with `let`, or use a reduction such as `sum[i in I] …`.',
    example: `model a\ntarget y : real\nfactor f = ${'('.repeat(80)}y${')'.repeat(80)}\n`,
  }),

  EBM115: syntaxError<Record<never, never>>({
    title: 'not a text',
    text: () => ({
      message: 'this is no text: it holds control characters or is not UTF-8',
      hints: ['a model is a plain text file'],
    }),
    explanation: 'The file holds bytes that no text holds. Perhaps a data file was given where a model is expected.',
    example: 'model a\u0000\u0001\n',
  }),

  EBM116: syntaxError<{ left: Words; right: Words; hints?: readonly string[] }>({
    title: 'operator or comma missing',
    text: ({ left, right, hints }) => ({
      message: `something is missing between ${left} and ${right}`,
      hints: hints ?? ['write an operator, for example `*`, or a comma'],
    }),
    explanation:
      'Two expressions stand side by side. A product is written with `*`, a matrix product with `@`; names in a list and ' +
      'arguments are separated by commas.',
    example: 'model a\ntarget y : real\nfactor f = 2 y\n',
  }),

  EBM117: syntaxError<{ found: Words }>({
    title: 'else missing',
    text: ({ found }) => ({
      message: `expected \`else\` and a value for the other case, found ${found}`,
      hints: ['every `if` has both: `if c then a else b`'],
    }),
    explanation: '`if c then a else b` is an expression: it has a value in either case.',
    example: 'model a\ntarget y : binary\nfactor f = if y then 1\n',
  }),

  EBM118: syntaxError<{ text: string }>({
    title: 'number too large',
    text: ({ text }) => ({
      message: `\`${text}\` is larger than the largest number`,
      hints: ['for infinity write `inf`'],
    }),
    explanation: 'Numbers are double precision: at most about 1.8e308.',
    example: 'model a\nbeta = 1e999\n',
  }),

  EBM119: syntaxError<Record<never, never>>({
    title: 'too many errors',
    text: () => ({ message: 'there are too many errors: the text is not read beyond this place', hints: [] }),
    explanation: 'After a hundred syntax errors the rest of the file is not read. Perhaps it is no model at all.',
    example: `model a\n${'factor f = (1\n'.repeat(102)}`,
  }),
} as const satisfies MessageTable;

export const diagnoseSyntax = diagnoser(syntaxMessages);
