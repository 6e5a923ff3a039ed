// From the text of a model to its syntax tree. In: any string at all. Out: a tree, the comments, and every syntax error;
// nothing is thrown. Where the text is wrong the tree is incomplete, with `missing` parts.
import type { IRecognitionException, IToken } from 'chevrotain';
import { decodeMismatch } from '../../grammar/mismatch.ts';
import { EbmParser, NestingError, TooManyErrors } from '../../grammar/parser.ts';
import { tokenize } from '../../grammar/tokens.ts';
import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';
import { diagnoseSyntax } from '../diagnostics/messages/syntax.ts';
import type { SourceFile } from './ast.ts';
import { buildFile } from './build-ast.ts';
import { tokenSpan } from './cst.ts';
import { tooDeep } from './depth.ts';
import { withoutEchoes } from './echoes.ts';
import { explainMismatch } from './explain-mismatch.ts';
import { diagnoseSpelling } from './lookalikes.ts';
import { mayBeginStatement } from './token-words.ts';

export interface Comment {
  /** From the `//` to the end of the line, without the newline. */
  readonly text: string;
  readonly span: Span;
}

export interface Parsed {
  readonly tree: SourceFile;
  readonly comments: readonly Comment[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Control characters and the mark of bytes that were not UTF-8: no text has them. */
// oxlint-disable-next-line no-control-regex
const NOT_TEXT = /[\u0000-\u0008\u000e-\u001f\u007f\ufffd]/;

export const parse = (source: string): Parsed => {
  const notText = source.search(NOT_TEXT);
  if (notText >= 0) {
    const span = { start: notText, end: notText + 1 };
    return { tree: emptyFile(source), comments: [], diagnostics: [diagnoseSyntax('EBM115', span, {})] };
  }
  const lexed = tokenize(source);
  const spelling = diagnoseSpelling(source, lexed);
  const { tree, mismatches, errors } = parseTokens(source, lexed.tokens);
  const deep = tooDeep(tree);
  return {
    tree: deep.tree,
    comments: lexed.comments.map((c) => ({ text: c.image, span: tokenSpan(c) })),
    diagnostics: withoutEchoes(source, lexed.tokens, {
      spelling: [...spelling, ...deep.diagnostics],
      mismatches,
      errors,
    }),
  };
};

const emptyFile = (source: string): SourceFile => ({
  kind: 'file',
  statements: [],
  span: { start: 0, end: source.length },
});

/** Building the parser takes some 20 ms; setting its input forgets all of the text before. */
const parser = new EbmParser();

interface Attempt {
  readonly tree: SourceFile;
  readonly mismatches: readonly Diagnostic[];
  readonly errors: readonly IRecognitionException[];
}

/** Where something is nested too deeply, its statement is left out and the rest parsed again, a few times at most; after
 *  too many errors the text ends at the place of half of them. */
const parseTokens = (source: string, tokens: readonly IToken[], attempts = 4): Attempt => {
  parser.input = [...tokens];
  const again = (rest: readonly IToken[]): Attempt =>
    attempts > 1 ? parseTokens(source, rest, attempts - 1) : { tree: emptyFile(source), mismatches: [], errors: [] };
  try {
    const cst = parser.file();
    const { errors } = parser;
    return { tree: buildFile(cst, source.length), mismatches: explainAll(errors, tokens), errors };
  } catch (error) {
    if (error instanceof NestingError) {
      const rest = again(withoutStatementAt(tokens, error.token));
      return { ...rest, mismatches: [diagnoseSyntax('EBM114', tokenSpan(error.token), {}), ...rest.mismatches] };
    }
    if (error instanceof TooManyErrors) {
      const half = error.errors[Math.floor(error.errors.length / 2)]!.token;
      const last = error.errors.at(-1)!.token;
      const span = Number.isNaN(last.startOffset) ? { start: source.length, end: source.length } : tokenSpan(last);
      const mismatches = [...explainAll(error.errors, tokens), diagnoseSyntax('EBM119', span, {})];
      return { tree: again(tokens.slice(0, tokens.indexOf(half))).tree, mismatches, errors: error.errors };
    }
    throw error;
  }
};

const explainAll = (errors: readonly IRecognitionException[], tokens: readonly IToken[]): readonly Diagnostic[] => {
  if (errors.length === 0) return [];
  const at = new Map(tokens.map((t, i) => [t.startOffset, i]));
  return errors.map((error) =>
    explainMismatch(decodeMismatch(error.message), tokens, at.get(error.token.startOffset) ?? tokens.length),
  );
};

const withoutStatementAt = (tokens: readonly IToken[], token: IToken): readonly IToken[] => {
  const at = tokens.indexOf(token);
  const from = tokens.findLastIndex((_, i) => i < at && mayBeginStatement(tokens, i));
  const to = tokens.findIndex((_, i) => i > at && mayBeginStatement(tokens, i));
  return [...tokens.slice(0, Math.max(from, 0)), ...(to < 0 ? [] : tokens.slice(to))];
};
