// From a departure from the grammar to a diagnostic that says what a person did. In: where the parser stopped and what
// it would have taken. Out: a Diagnostic. The questions are asked in the order of `recognisers`: the first answer wins.
import type { IToken } from 'chevrotain';
import type { Mismatch } from '../../grammar/mismatch.ts';
import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';
import { diagnoseSyntax } from '../diagnostics/messages/syntax.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import { tokenSpan } from './cst.ts';
import { habitHint, statementElsewhere } from './other-languages.ts';
import {
  endByIndentation,
  endsOperand,
  kindInWords,
  openBracketBefore,
  startsOperand,
  tokenInWords,
} from './token-words.ts';

const statementWords = (
  'model size const data observed target latent noise param plate factor regularizer constraint ' +
  'let fn net beta infer train'
).split(' ');

interface Situation {
  readonly mismatch: Mismatch;
  readonly tokens: readonly IToken[];
  /** Where parsing stopped, as an index into `tokens`; their number at the end of the file. */
  readonly at: number;
  readonly found: IToken | undefined;
  readonly previous: IToken | undefined;
  /** Whether what was found is on the line of what precedes it; else it rather belongs to what follows. */
  readonly sameLine: boolean;
  /** The text at fault: what was found, or the end of the line before it. */
  readonly span: Span;
  readonly foundWords: string;
}

type Recogniser = (s: Situation) => Diagnostic | null;

const expects = (s: Situation, ...types: readonly string[]): boolean =>
  types.some((type) => s.mismatch.expected.includes(type));
const found = (s: Situation, ...types: readonly string[]): boolean =>
  s.found !== undefined && types.includes(s.found.tokenType.name);
const expectsExpression = (s: Situation): boolean => expects(s, 'NumberLiteral');
const isStatementWord = (t: IToken | undefined): boolean => t !== undefined && statementWords.includes(t.image);
const isWord = (t: IToken | undefined): boolean =>
  t !== undefined && /^[a-z]/.test(t.image) && t.tokenType.name !== 'Name';

/** Rules in whose body something of an open bracket, not of the rule's statement, was expected. */
const closing: readonly string[] = ['RightParenthesis', 'RightBracket', 'RightBrace'];

/** The empty place behind a token. */
const behind = (t: IToken | undefined): Span => {
  const end = t === undefined ? 0 : tokenSpan(t).end;
  return { start: end, end };
};

const confusedEquals: Recogniser = (s) => {
  if (found(s, 'Comparison') && s.found!.image === '==' && expects(s, 'Equals')) {
    const because = `after ${tokenInWords(s.previous)} a definition is due`;
    return diagnoseSyntax('EBM110', s.span, { written: '==', meant: '=', because });
  }
  if (found(s, 'Equals') && !expectsExpression(s) && endsOperand(s.tokens, s.at - 1) && inExpression(s)) {
    const because = 'this is no definition; a comparison is written `==`';
    return diagnoseSyntax('EBM110', s.span, { written: '=', meant: '==', because });
  }
  return null;
};

const expressionRules: ReadonlySet<string> = new Set(['conditional', 'parenthesised', 'array', 'norm', 'index']);
const inExpression = (s: Situation): boolean => {
  if (expressionRules.has(s.mismatch.rule)) return true;
  // `constraint c = x = 3`: the statement already has its definition, and parsing stopped after the expression.
  for (let k = s.at - 1; k >= 0 && !isStatementWord(s.tokens[k]) && s.tokens[k]!.tokenType.name !== 'Tilde'; k -= 1) {
    if (s.tokens[k]!.tokenType.name === 'Equals') return expects(s, 'EOF') || closing.some((c) => expects(s, c));
  }
  return false;
};

const chainedComparison: Recogniser = (s) => {
  if (!found(s, 'Comparison') || expectsExpression(s)) return null;
  let open = 0;
  for (let k = s.at - 1; k >= 0; k -= 1) {
    const t = s.tokens[k]!;
    const type = t.tokenType.name;
    if (closing.includes(type)) open += 1;
    if (type === 'LeftParenthesis' || type === 'LeftBracket' || type === 'LeftBrace') open -= 1;
    if (open < 0) return null;
    if (open > 0) continue;
    if (['And', 'Or', 'Not', 'If', 'Then', 'Else', 'Where', 'Equals', 'Comma'].includes(type)) return null;
    if (type === 'Comparison') return diagnoseSyntax('EBM109', s.span, { first: t.image, second: s.found!.image });
  }
  return null;
};

const strayBars: Recogniser = (s) =>
  found(s, 'Bars', 'NormSubscript') && endsOperand(s.tokens, s.at - 1) && s.mismatch.rule !== 'norm'
    ? diagnoseSyntax('EBM108', s.span, {})
    : null;

const strayCloser: Recogniser = (s) => {
  if (!found(s, ...closing)) return null;
  const open = openBracketBefore(s.tokens, s.at);
  const ended = s.mismatch.rule === 'file' && found(s, 'RightBrace');
  if (!ended && open !== null && (open.closer === s.found!.image || open.opener.image !== '{')) return null;
  return diagnoseSyntax('EBM104', tokenSpan(s.found!), { closer: s.found!.image });
};

const unclosedBracket: Recogniser = (s) => {
  if (![...closing, 'Bars'].some((type) => expects(s, type)) || expectsExpression(s)) return null;
  const open = openBracketBefore(s.tokens, s.at);
  if (open === null) return null;
  const leaves =
    !s.sameLine ||
    s.found === undefined ||
    isStatementWord(s.found) ||
    found(s, ...closing, 'Arrow', 'LeftBrace', 'Tilde');
  if (!leaves && s.mismatch.rule !== 'norm') return null;
  if (!leaves && s.found !== undefined && startsOperand(s.found)) return null;
  const block = open.opener.image === '{';
  if (block && s.found !== undefined && !isStatementWord(s.found) && !found(s, ...closing)) return null;
  const end = block ? endByIndentation(s.tokens, open.opener) : null;
  const [span, foundWords] =
    end === null ? [s.span, s.foundWords] : [behind(s.tokens[end - 1]), tokenInWords(s.tokens[end])];
  const parameters = { opener: open.opener.image, closer: open.closer, found: foundWords };
  return diagnoseSyntax('EBM103', span, parameters, {
    related: [{ span: tokenSpan(open.opener), message: `\`${open.opener.image}\` is opened here` }],
  });
};

/** What a name would have named, by rule. */
const named: Readonly<Record<string, string>> = {
  model: 'the model',
  sizes: 'a size',
  size: 'a size',
  consts: 'a const',
  constant: 'a const',
  variable: 'a variable',
  declared: 'a variable',
  let: 'a let',
  fn: 'a function',
  net: 'a net',
  binder: 'an index',
  parameter: 'a parameter',
};

const reservedName: Recogniser = (s) => {
  if (!isWord(s.found) || !s.sameLine) return null;
  const as = expects(s, 'Name') ? named[s.mismatch.rule] : undefined;
  if (as !== undefined) return diagnoseSyntax('EBM106', s.span, { word: s.found!.image, as });
  const next = s.tokens[s.at + 1]?.tokenType.name;
  const beginsStatement = isStatementWord(s.found) && (next === 'Name' || next === 'LeftBrace');
  if (expectsExpression(s) && !beginsStatement && (isStatementWord(s.found) || found(s, 'In', 'By', 'Of'))) {
    return diagnoseSyntax('EBM106', s.span, { word: s.found!.image, as: 'a value' });
  }
  return null;
};

const noSuchStatement: Recogniser = (s) => {
  if (s.mismatch.rule !== 'distributed' || !expects(s, 'Tilde') || s.previous === undefined) return null;
  let first = s.at - 1;
  if (s.previous.tokenType.name === 'RightBracket') {
    const opener = openBracketBefore(s.tokens, s.at - 1)?.opener;
    first = opener === undefined ? first : s.tokens.indexOf(opener) - 1;
  }
  const word = s.tokens[first];
  if (word === undefined || word.tokenType.name !== 'Name') return null;
  const nearest = nearestName(word.image, statementWords);
  const elsewhere = statementElsewhere(word.image);
  const hint =
    elsewhere ??
    (found(s, 'Equals')
      ? `to define a value write \`let ${word.image} = …\` or \`const ${word.image} = …\``
      : found(s, 'Colon')
        ? `to declare a variable write its role first, as in \`target ${word.image} : real\``
        : null);
  const guess = elsewhere === null ? nearest : null;
  return diagnoseSyntax('EBM107', tokenSpan(word), { word: word.image, nearest: guess, hint, found: s.foundWords });
};

const missingDomain: Recogniser = (s) => {
  if (s.mismatch.rule !== 'variable' || !expects(s, 'Colon')) return null;
  let k = s.at - 1;
  while (k > 0 && !isStatementWord(s.tokens[k])) k -= 1;
  const [role, name] = [s.tokens[k], s.tokens[k + 1]];
  if (role === undefined || name === undefined) return null;
  return diagnoseSyntax('EBM111', s.span, { role: role.image, name: name.image, found: s.foundWords });
};

const missingElse: Recogniser = (s) =>
  s.mismatch.rule === 'conditional' && expects(s, 'Else') && !found(s, 'Bars', 'Equals')
    ? diagnoseSyntax('EBM117', s.span, { found: s.foundWords })
    : null;

const missingExpression: Recogniser = (s) => {
  if (!expectsExpression(s)) return null;
  const hints = found(s, 'If')
    ? ['put the `if … then … else …` in parentheses']
    : found(s, 'Not')
      ? ['put the `not …` in parentheses']
      : found(s, 'LeftBrace') && s.tokens.slice(0, s.at).findLast(isStatementWord)?.image === 'net'
        ? ['the body of a net in braces stands without `=`: `net F(v : real[D]) -> real[K] { … return e }`']
        : [];
  const after = s.previous === undefined ? null : tokenInWords(s.previous);
  return diagnoseSyntax('EBM105', s.span, { after, found: s.foundWords, hints });
};

const habit = (s: Situation): readonly string[] =>
  habitHint({
    statement: s.tokens.slice(0, s.at).findLast(isStatementWord)?.image ?? null,
    expected: s.mismatch.expected,
    tokens: s.tokens,
    at: s.at,
    behindOperand: s.sameLine && endsOperand(s.tokens, s.at - 1),
  });

const missingOperator: Recogniser = (s) => {
  if (s.found === undefined || !s.sameLine || s.previous === undefined) return null;
  if (!startsOperand(s.found) || !endsOperand(s.tokens, s.at - 1) || expects(s, 'Tilde', 'Colon', 'In')) return null;
  const hints =
    s.previous.tokenType.name === 'NumberLiteral' && s.found.image.startsWith('.')
      ? ['a number has one point only']
      : s.mismatch.rule === 'parameters'
        ? ['a parameter and its domain are separated by `:`']
        : habit(s).length > 0
          ? habit(s)
          : undefined;
  const parameters = { left: tokenInWords(s.previous), right: s.foundWords };
  return diagnoseSyntax('EBM116', s.span, hints === undefined ? parameters : { ...parameters, hints });
};

/** What a name stands for in some rules. */
const calledIn: Readonly<Record<string, string>> = {
  domain: 'a domain such as `real`',
  call: 'the name of a distribution or a method',
  stage: 'the name of a function',
  setting: 'a name',
};

/** What can stand before a closing brace. */
const closedIn: Readonly<Record<string, string>> = { plate: 'a statement or `}`', block: 'a setting or `}`' };

const unexpected = (s: Situation): Diagnostic => {
  const words = (type: string): string => {
    if (type === 'Return') return 'a `let` or `return`';
    if (type === 'RightBrace') return closedIn[s.mismatch.rule] ?? '`}`';
    return type === 'Name' ? (calledIn[s.mismatch.rule] ?? 'a name') : kindInWords(type);
  };
  const told = s.mismatch.expected.filter((e) => e !== 'EOF' && !(e === 'Beta' && s.mismatch.rule === 'call'));
  const expected = [...new Set(told.map(words))];
  const hints: string[] = [];
  if (expects(s, 'Equals') && found(s, 'Colon')) hints.push('only declarations and parameters have a domain after `:`');
  if (expects(s, 'In')) hints.push('an index clause reads `[i in N]`; of a whole array it is `sum(v)`');
  if (found(s, 'LeftBracket') && s.previous?.tokenType.name === 'Reducer') {
    hints.push(`put the reduction in parentheses: \`(${s.previous.image}[i in I] …)\``);
  }
  if (found(s, 'PipeInto') && !expects(s, 'Equals')) {
    hints.push('a net of its own has parameters: `net F(v : real[D]) -> real[K] = v |> linear(K)`');
  }
  return diagnoseSyntax('EBM101', s.span, {
    expected,
    found: s.foundWords,
    hints: hints.length > 0 ? hints : habit(s),
  });
};

const recognisers: readonly Recogniser[] = [
  strayBars,
  chainedComparison,
  confusedEquals,
  reservedName,
  noSuchStatement,
  missingDomain,
  missingElse,
  strayCloser,
  unclosedBracket,
  missingExpression,
  missingOperator,
];

/** `at` is the index into `tokens` of the token where parsing stopped, or their number at the end of the file. */
export const explainMismatch = (mismatch: Mismatch, tokens: readonly IToken[], at: number): Diagnostic => {
  const here = tokens[at];
  const previous = tokens[at - 1];
  const sameLine = here !== undefined && previous !== undefined && here.startLine === previous.endLine;
  // What is missing is missing at the end of the line before; what is too much stands where it stands.
  const tooMuch = mismatch.expected.every((e) => ['EOF', 'RightBrace', 'Return'].includes(e));
  const span =
    here !== undefined && (sameLine || tooMuch || previous === undefined) ? tokenSpan(here) : behind(previous);
  const situation: Situation = {
    mismatch,
    tokens,
    at,
    found: here,
    previous,
    sameLine,
    span,
    foundWords: tokenInWords(here),
  };
  for (const recognise of recognisers) {
    const diagnostic = recognise(situation);
    if (diagnostic !== null) return diagnostic;
  }
  return unexpected(situation);
};
