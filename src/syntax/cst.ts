// Reading the parser's concrete tree. In: a CstNode, perhaps incomplete after an error. Out: its parts, with spans.
// A token that recovery made up counts as absent.
import type { CstElement, CstNode, IToken } from 'chevrotain';
import type { Span } from '../diagnostics/diagnostic.ts';
import type { Name } from './ast.ts';

const isNode = (element: CstElement): element is CstNode => 'children' in element;

export const nodes = (parent: CstNode, rule: string): readonly CstNode[] =>
  (parent.children[rule] ?? []).filter(isNode);

export const node = (parent: CstNode, rule: string): CstNode | undefined => nodes(parent, rule)[0];

export const tokens = (parent: CstNode, type: string): readonly IToken[] =>
  (parent.children[type] ?? []).filter((e): e is IToken => !isNode(e) && !Number.isNaN(e.startOffset));

export const token = (parent: CstNode, type: string): IToken | undefined => tokens(parent, type)[0];

/** All tokens of these types directly under `parent`, in the order of the text: the operators of a chain. */
export const tokensInOrder = (parent: CstNode, types: readonly string[]): readonly IToken[] =>
  types.flatMap((type) => tokens(parent, type)).sort((a, b) => a.startOffset - b.startOffset);

export const tokenSpan = (t: IToken): Span => ({ start: t.startOffset, end: t.startOffset + t.image.length });

/** The text a node covers; an empty place at `at` where it covers none. */
export const nodeSpan = (n: CstNode, at: number): Span => {
  const start = n.location?.startOffset ?? Number.NaN;
  const last = n.location?.endOffset ?? Number.NaN;
  if (Number.isNaN(start)) return { start: at, end: at };
  return { start, end: Number.isNaN(last) ? start : Math.max(start, last + 1) };
};

/** Names that have a second spelling. */
const spellings: Readonly<Record<string, string>> = { '∞': 'inf', β: 'beta' };

export const nameOf = (t: IToken): Name => ({ text: spellings[t.image] ?? t.image, span: tokenSpan(t) });
