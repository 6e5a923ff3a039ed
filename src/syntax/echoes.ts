// Errors that only follow from other errors. In: all that was found wrong. Out: what a person should read.
import type { IRecognitionException, IToken } from 'chevrotain';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { sourceMap } from '../diagnostics/source-map.ts';
import { tokenSpan } from './cst.ts';
import { mayBeginStatement } from './token-words.ts';

export interface Found {
  /** What is wrong with single tokens: always kept. */
  readonly spelling: readonly Diagnostic[];
  /** Where the text departs from the grammar. */
  readonly mismatches: readonly Diagnostic[];
  /** The parser's own account of the mismatches: what it skipped after each. */
  readonly errors: readonly IRecognitionException[];
}

/** Of the mismatches only the first in each line of a statement, and none after an error of spelling there; and none that
 *  comes of a block whose opening brace was skipped after an error. */
export const withoutEchoes = (source: string, tokens: readonly IToken[], all: Found): readonly Diagnostic[] => {
  const blocks = skippedBlocks(tokens, all.errors);
  const inSkippedBlock = (d: Diagnostic): boolean => {
    const at = d.span?.start ?? 0;
    const settling = d.code === 'EBM107' || source.slice(at).startsWith('return');
    return blocks.some(({ start, end }) => (d.code === 'EBM104' && at === end) || (settling && start < at && at < end));
  };
  const starts = tokens.filter((_, i) => mayBeginStatement(tokens, i)).map((t) => t.startOffset);
  const { position } = sourceMap(source);
  const place = (d: Diagnostic): string => {
    const at = d.span?.start ?? 0;
    return `${position(at).line} ${starts.findLastIndex((start) => start < at)}`;
  };
  const seen = new Set<string>();
  const isMismatch = new Set(all.mismatches);
  return [...all.spelling, ...all.mismatches].sort(byPlace).filter((d) => {
    const echo = isMismatch.has(d) && d.code !== 'EBM119' && (seen.has(place(d)) || inSkippedBlock(d));
    seen.add(place(d));
    return !echo;
  });
};

const byPlace = (a: Diagnostic, b: Diagnostic): number => (a.span?.start ?? 0) - (b.span?.start ?? 0);

interface Block {
  /** Offsets of the two braces. */
  readonly start: number;
  readonly end: number;
}

/** The blocks whose `{` the parser skipped, so that what is inside stands outside, and their `}` closes nothing. */
const skippedBlocks = (tokens: readonly IToken[], errors: readonly IRecognitionException[]): readonly Block[] => {
  const skipped = new Set(errors.flatMap((e) => [e.token, ...e.resyncedTokens]).map((t) => t.startOffset));
  const closedBy = closersOfBraces(tokens);
  return tokens.flatMap((t) => {
    const closer = closedBy.get(t);
    if (closer === undefined || !skipped.has(t.startOffset)) return [];
    return [{ start: t.startOffset, end: tokenSpan(closer).start }];
  });
};

const closersOfBraces = (tokens: readonly IToken[]): ReadonlyMap<IToken, IToken> => {
  const closers = new Map<IToken, IToken>();
  const open: IToken[] = [];
  for (const t of tokens) {
    if (t.tokenType.name === 'LeftBrace') open.push(t);
    if (t.tokenType.name !== 'RightBrace') continue;
    const opener = open.pop();
    if (opener !== undefined) closers.set(opener, t);
  }
  return closers;
};
