// Mistakes of spelling, found on the tokens alone: characters of no use, operators of other languages, norms and numbers
// that do not exist. In: tokens and unknown stretches of text. Out: diagnostics.
import type { IToken } from 'chevrotain';
import { MAXIMAL_ERRORS } from '../../grammar/recovering-parser.ts';
import type { Tokens } from '../../grammar/tokens.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseSyntax } from '../diagnostics/messages/syntax.ts';
import { sourceMap } from '../diagnostics/source-map.ts';
import { tokenSpan } from './cst.ts';

/** Tokens that the lexer takes for what they mean elsewhere. */
const spelled: Readonly<Record<string, string>> = { '&&': 'and', '!': 'not', '**': '^', '−': '-' };

/** What people mean by characters that the language does not have. */
const meant: Readonly<Record<string, string>> = {
  '"': 'there are no strings: names and numbers say everything',
  '#': 'a comment begins with `//`',
  ';': 'statements need nothing between them',
  '%': 'the remainder is `mod(a, b)`, and a comment begins with `//`',
  '&': 'the logical operation is `and`',
  '|': 'a norm is `||v||`, an absolute value `abs(x)`, a pipe `|>`; what is given is not written: `y ~ normal(mu, 1)`',
  '!': 'the logical operation is `not`',
  '?': 'a choice is `if c then a else b`',
  '.': 'a number has digits after its point, a range two points: `0..5`',
  '\\': 'LaTeX is not read: write `1 / 2`, `||v||^2`, `sum[n in N] …`, and `β`, `λ` or `beta`, `lambda`',
  _: 'a name begins with a letter',
  '×': 'a product is written `*`',
  '·': 'a product is written `*`, a matrix product `@`',
  '÷': 'a quotient is written `/`',
  '→': 'write `->`',
  '∈': 'write `in`',
  '∑': 'write `sum[i in I] …`',
  '∏': 'write `prod[i in I] …`',
  '³': 'write `^3`',
  '√': 'write `sqrt(…)`',
  '…': 'a range is written `0..5`',
  '’': "a transpose is written with the plain quote `'`",
  ᵀ: "a transpose is written `'`",
};

/** Some characters mean different things by what stands before them. */
const hintAt = (source: string, offset: number): string | undefined => {
  const character = source[offset] ?? '';
  const before = source[offset - 1] ?? '';
  if (character === '\\' && before === '/') return 'the logical operations are `and`, `or`, `not`';
  if (character === '.' && /[\p{L}\d_)\]]/u.test(before) && /\p{L}/u.test(source[offset + 1] ?? ''))
    return "there are no methods and no modules: `exp(x)`, `sum(v)`, and `M'` for a transpose";
  return meant[character];
};

const ofToken = (token: IToken): readonly Diagnostic[] => {
  const written = token.image;
  if (spelled[written] !== undefined) {
    return [diagnoseSyntax('EBM112', tokenSpan(token), { written, meant: spelled[written] })];
  }
  if (token.tokenType.name === 'NormSubscript') {
    const order = written.replace(/^.*_/, '');
    if (!['0', '1', 'F'].includes(order)) return [diagnoseSyntax('EBM113', tokenSpan(token), { written: order })];
  }
  if (token.tokenType.name === 'NumberLiteral' && !Number.isFinite(Number(written))) {
    return [diagnoseSyntax('EBM118', tokenSpan(token), { text: written })];
  }
  return [];
};

/** `"abc"` is one mistake, not two. */
const firstOfEachInLine = (source: string, unknown: Tokens['unknown']): Tokens['unknown'] => {
  const { position } = sourceMap(source);
  const seen = new Set<string>();
  return unknown.filter(({ offset }) => {
    const key = `${position(offset).line} ${source[offset]}`;
    return !seen.has(key) && seen.add(key);
  });
};

const allOf = (source: string, { tokens, unknown }: Tokens): readonly Diagnostic[] => [
  ...firstOfEachInLine(source, unknown).map((stretch) => {
    const text = source.slice(stretch.offset, stretch.offset + stretch.length);
    const hint = hintAt(source, stretch.offset);
    const shown = text.length > 20 ? `${text.slice(0, 20)}…` : text;
    const span = { start: stretch.offset, end: stretch.offset + stretch.length };
    return diagnoseSyntax('EBM102', span, { text: shown, hints: hint === undefined ? [] : [hint] });
  }),
  ...tokens.flatMap(ofToken),
];

/** In the order of kinds, not of places; at most as many as the parser reports. */
export const diagnoseSpelling = (source: string, lexed: Tokens): readonly Diagnostic[] =>
  allOf(source, lexed).slice(0, MAXIMAL_ERRORS);
