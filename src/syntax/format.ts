// `ebmc fmt`: the canonical layout of a model. In: its text. Out: the same tokens and comments in the same order, laid out
// anew, or no text where the syntax is wrong. Only white space changes: spellings such as β or ‖v‖² stay as written.
import type { IToken } from 'chevrotain';
import { tokenize } from '../../grammar/tokens.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';
import { tokenSpan } from './cst.ts';
import { nothing, render, sequence, text } from './layout.ts';
import type { Layout } from './layout.ts';
import { parse } from './parse.ts';
import type { Comment } from './parse.ts';
import { layOut, WIDTH } from './print.ts';

export interface Formatted {
  /** Null where there are syntax errors. */
  readonly text: string | null;
  readonly diagnostics: readonly Diagnostic[];
}

export const format = (source: string): Formatted => {
  const { tree, comments, diagnostics } = parse(source);
  if (diagnostics.length > 0) return { text: null, diagnostics };
  const separated = (before: Span, after: Span): boolean => /[\r\n]/.test(source.slice(before.end, after.start));
  const layout = weave(layOut(tree, separated), source, tokenize(source).tokens, comments);
  return { text: render(layout, WIDTH), diagnostics: [] };
};

/** A comment stands after a token in its line, or in lines of its own before the next token. */
interface Attached {
  readonly trailing: Comment | null;
  readonly before: readonly Comment[];
}

/** For every token, and for the end of the file, the comment in the line of the token before it and those before it. */
const attach = (source: string, tokens: readonly IToken[], comments: readonly Comment[]): readonly Attached[] => {
  let next = 0;
  return [...tokens, null].map((token, i) => {
    const end = token?.startOffset ?? source.length;
    const from = next;
    while (next < comments.length && comments[next]!.span.start < end) next += 1;
    const all = comments.slice(from, next);
    const previous = i === 0 ? null : tokenSpan(tokens[i - 1]!).end;
    const [first] = all;
    const trailing =
      previous !== null && first !== undefined && !/[\r\n]/.test(source.slice(previous, first.span.start))
        ? first
        : null;
    return { trailing, before: trailing === null ? all : all.slice(1) };
  });
};

const comment = (c: Comment, trailing: boolean): Layout => ({ kind: 'comment', text: c.text.trimEnd(), trailing });

/** The layout with every text spelled as in the source, and the comments and single empty lines of the source put in. */
const weave = (layout: Layout, source: string, tokens: readonly IToken[], comments: readonly Comment[]): Layout => {
  const attached = attach(source, tokens, comments);
  let index = 0;
  let consumed = -1;
  /** An empty line in the source directly before this offset, behind white space only. */
  const blankBefore = (offset: number): boolean => {
    let from = offset;
    while (from > 0 && /\s/.test(source[from - 1]!)) from -= 1;
    return (source.slice(from, offset).match(/\r\n|\n|\r/g) ?? []).length > 1;
  };
  const blankIf = (condition: boolean): Layout => (condition ? { kind: 'blank' } : nothing);

  const atAnchor = (): Layout => {
    consumed = index;
    const before = attached[index]!.before.flatMap((c) => [blankIf(blankBefore(c.span.start)), comment(c, false)]);
    const next = tokens[index];
    const statement = next !== undefined && next.image !== '}';
    return sequence(...before, blankIf(statement && blankBefore(next.startOffset)));
  };
  const atToken = (): Layout => {
    const token = tokens[index];
    if (token === undefined) throw new InternalError('the formatter printed more tokens than the text has');
    const before = consumed === index ? [] : attached[index]!.before.map((c) => comment(c, false));
    index += 1;
    const { trailing } = attached[index]!;
    return sequence(...before, text(token.image), trailing === null ? nothing : comment(trailing, true));
  };
  const visit = (part: Layout): Layout => {
    switch (part.kind) {
      case 'text':
        return part.text.trim() === '' ? part : atToken();
      case 'anchor':
        return atAnchor();
      case 'sequence':
        return { ...part, parts: part.parts.map(visit) };
      case 'indent':
      case 'group':
        return { ...part, inner: visit(part.inner) };
      case 'break':
      case 'newline':
      case 'blank':
      case 'comment':
        return part;
    }
  };
  const woven = visit(layout);
  if (index !== tokens.length) throw new InternalError('the formatter lost tokens of the text');
  return woven;
};
