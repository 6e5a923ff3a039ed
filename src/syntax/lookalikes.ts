// Mistakes of spelling, found on the tokens alone: characters of no use, operators of other languages, norms and numbers
// that do not exist. In: tokens and unknown stretches of text. Out: diagnostics.
import type { IToken } from 'chevrotain';
import type { Tokens } from '../../grammar/tokens.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnoseSyntax } from '../diagnostics/messages/syntax.ts';
import { tokenSpan } from './cst.ts';

/** Tokens that the lexer takes for what they mean elsewhere. */
const spelled: Readonly<Record<string, string>> = { '&&': 'and', '!': 'not', '**': '^', '−': '-' };

/** What people mean by characters that the language does not have. */
const meant: Readonly<Record<string, string>> = {
  '"': 'there are no strings: names and numbers say everything',
  '#': 'a comment begins with `//`',
  ';': 'statements need nothing between them',
  '%': 'the remainder is `mod(a, b)`',
  '&': 'the logical operation is `and`',
  '|': 'a norm is `||v||`, an absolute value `abs(x)`, a pipe `|>`',
  '!': 'the logical operation is `not`',
  '?': 'a choice is `if c then a else b`',
  '.': 'a number has digits after its point, a range two points: `0..5`',
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
  const key = (at: number): string => `${source.lastIndexOf('\n', at - 1)} ${source[at]}`;
  const seen = new Set<string>();
  return unknown.filter(({ offset }) => !seen.has(key(offset)) && seen.add(key(offset)));
};

export const diagnoseSpelling = (source: string, { tokens, unknown }: Tokens): readonly Diagnostic[] => [
  ...firstOfEachInLine(source, unknown).map((stretch) => {
    const text = source.slice(stretch.offset, stretch.offset + stretch.length);
    const hint = meant[text[0] ?? ''];
    const shown = text.length > 20 ? `${text.slice(0, 20)}…` : text;
    const span = { start: stretch.offset, end: stretch.offset + stretch.length };
    return diagnoseSyntax('EBM102', span, { text: shown, hints: hint === undefined ? [] : [hint] });
  }),
  ...tokens.flatMap(ofToken),
];
