// Tokens as a person would call them, for messages. In: token types and tokens of the grammar. Out: words.
import type { IToken } from 'chevrotain';

/** By token type name; types that are absent are called by their spelling. */
const kinds: Readonly<Record<string, string>> = {
  Name: 'a name',
  NumberLiteral: 'a number',
  StatementWord: 'a name',
  RoleWord: 'a role such as `target`',
  TermWord: '`factor`',
  Reducer: 'a reduction such as `sum`',
  Comparison: 'a comparison',
  Bars: '`||`',
  NormSubscript: '`||_1`',
  PipeInto: '`|>`',
  Arrow: '`->`',
  DotDot: '`..`',
  Equals: '`=`',
  Plus: '`+`',
  Minus: '`-`',
  Power: '`^`',
  Squared: '`²`',
  Times: '`*`',
  Divide: '`/`',
  MatrixTimes: '`@`',
  Prime: "`'`",
  Tilde: '`~`',
  Colon: '`:`',
  Comma: '`,`',
  LeftParenthesis: '`(`',
  RightParenthesis: '`)`',
  LeftBracket: '`[`',
  RightBracket: '`]`',
  LeftBrace: '`{`',
  RightBrace: '`}`',
  EOF: 'the end of the file',
};

export const kindInWords = (tokenType: string): string => kinds[tokenType] ?? `\`${tokenType.toLowerCase()}\``;

export const tokenInWords = (token: IToken | undefined): string =>
  token === undefined || token.tokenType.name === 'EOF' ? 'the end of the file' : `\`${token.image}\``;

/** Types of tokens that can end an operand: after one of them an operator or a comma is due, and `||` closes. */
const operandEnds: ReadonlySet<string> = new Set([
  'Name',
  'InfinitySign',
  'Beta',
  'NumberLiteral',
  'Squared',
  'Prime',
  'NormSubscript',
  'RightParenthesis',
  'RightBracket',
]);
const operandStarts: ReadonlySet<string> = new Set([
  'Name',
  'InfinitySign',
  'NumberLiteral',
  'Reducer',
  'LeftParenthesis',
  'LeftBracket',
  'Bars',
]);

export const startsOperand = (token: IToken): boolean => operandStarts.has(token.tokenType.name);

const closerOf: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}', '||': '||', '‖': '‖' };
const closingTypes: ReadonlySet<string> = new Set(['RightParenthesis', 'RightBracket', 'RightBrace', 'NormSubscript']);
const openingTypes: ReadonlySet<string> = new Set(['LeftParenthesis', 'LeftBracket', 'LeftBrace']);

/** For every token whether it opens (1) or closes (-1) a bracket; a `||` by whether an operand may end before it. */
const bracketing = (tokens: readonly IToken[], i: number): 1 | 0 | -1 => {
  const { name } = tokens[i]!.tokenType;
  if (openingTypes.has(name)) return 1;
  if (closingTypes.has(name)) return -1;
  return name === 'Bars' ? (endsOperand(tokens, i - 1) ? -1 : 1) : 0;
};

/** Whether the token at `i` ends an operand. In a run of `||` after an operand all close. */
export const endsOperand = (tokens: readonly IToken[], i: number): boolean => {
  let k = i;
  while (tokens[k]?.tokenType.name === 'Bars') k -= 1;
  const before = tokens[k];
  return before !== undefined && operandEnds.has(before.tokenType.name);
};

const firstInLine = (tokens: readonly IToken[], k: number): boolean =>
  k === 0 || (tokens[k]!.startLine ?? 0) > (tokens[k - 1]!.endLine ?? 0);

const isStatementWord = (token: IToken): boolean =>
  token.tokenType.name !== 'InfinitySign' && (token.tokenType.CATEGORIES ?? []).length > 0;

/** A word that begins a statement: at the beginning of a line, or elsewhere with a name after it. */
export const mayBeginStatement = (tokens: readonly IToken[], k: number): boolean =>
  isStatementWord(tokens[k]!) && (firstInLine(tokens, k) || tokens[k + 1]?.tokenType.name === 'Name');

/** The same at the beginning of a line only, and not, say, the name of an argument. */
const beginsStatementLine = (tokens: readonly IToken[], k: number): boolean =>
  firstInLine(tokens, k) &&
  isStatementWord(tokens[k]!) &&
  (tokens[k]!.tokenType.name === 'Beta' || tokens[k + 1]?.tokenType.name !== 'Equals');

/** Where a block that lacks its `}` was to end, by its indentation: the first token after `opener` that begins a line no
 *  deeper than the line of `opener`. */
export const endByIndentation = (tokens: readonly IToken[], opener: IToken): number | null => {
  const from = tokens.indexOf(opener);
  let first = from;
  while (first > 0 && !firstInLine(tokens, first)) first -= 1;
  const depth = tokens[first]!.startColumn ?? 1;
  const at = tokens.findIndex((t, k) => k > from && firstInLine(tokens, k) && (t.startColumn ?? 1) <= depth);
  return at < 0 ? null : at;
};

/** The bracket that is open just before token `i` (an index into `tokens`), and what would close it. Where a new statement
 *  has begun in a new line, only braces can still be open. */
export const openBracketBefore = (
  tokens: readonly IToken[],
  i: number,
): { readonly opener: IToken; readonly closer: string } | null => {
  let [closed, closedBraces, earlier] = [0, 0, false];
  for (let k = i - 1; k >= 0; k -= 1) {
    const step = bracketing(tokens, k);
    const brace = tokens[k]!.tokenType.name.endsWith('Brace');
    if (brace) closedBraces -= step;
    else if (!earlier) closed -= step;
    if (closed < 0 || closedBraces < 0) return { opener: tokens[k]!, closer: closerOf[tokens[k]!.image] ?? '' };
    if (beginsStatementLine(tokens, k)) [closed, earlier] = [0, true];
  }
  return null;
};
