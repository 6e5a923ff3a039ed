// A syntax error leaves later phases with half a statement, and with names that nobody declares. In: the syntax errors of
// a text and what later phases found. Out: of the latter those that are no consequence of the former.
import type { IToken } from 'chevrotain';
import { tokenize } from '../../grammar/tokens.ts';
import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';
import { sourceMap } from '../diagnostics/source-map.ts';
import { tokenSpan } from './cst.ts';
import { mayBeginStatement } from './token-words.ts';

/** Errors of spelling: the text is read as what it means, so nothing is lost. */
const harmless: ReadonlySet<string> = new Set(['EBM112', 'EBM113', 'EBM118']);

export const unaffected = (
  source: string,
  syntaxErrors: readonly Diagnostic[],
  later: readonly Diagnostic[],
): readonly Diagnostic[] => {
  const errors = syntaxErrors.filter((d) => !harmless.has(d.code));
  if (errors.length === 0) return later;
  const statements = cut(tokenize(source).tokens);
  const damaged = statements.filter((s) => errors.some((d) => holds(s, d.span)));
  if (errors.some(isStructural) || damaged.some((s) => s.head === 'plate')) return [];
  const uncertain = uncertainNames(statements, [
    ...damaged.flatMap(declaredBy),
    ...lostNames(source, errors, statements),
  ]);
  const mentions = (where: readonly StatementTokens[], span: Span): boolean =>
    namesIn(where, span).some((name) => uncertain.has(name));
  const touches = ({ span, code }: Diagnostic): boolean =>
    span === null ||
    damaged.some((s) => holds(s, span)) ||
    mentions(statements, span) ||
    // Shapes and domains come from everything in the statement, names from themselves.
    (code.startsWith('EBM3') && statements.some((s) => holds(s, span) && mentions([s], extent(s))));
  // 4xx are about the whole graph, from which the damaged statements are missing; where a declaration lost its name, any
  // unknown name (2xx) may be that one.
  const nameless = errors.some((d) => d.code === 'EBM106' || d.message.startsWith('expected a name'));
  const doubtful = nameless ? /^EBM[24]/ : /^EBM4/;
  return later.filter((d) => !doubtful.test(d.code) && !touches(d));
};

/** A brace too few or too many: then it is open which statement belongs to which plate. */
const isStructural = (d: Diagnostic): boolean =>
  (d.code === 'EBM103' && d.message.startsWith('`{`')) ||
  (d.code === 'EBM104' && d.message.startsWith('`}`')) ||
  d.code === 'EBM114' ||
  d.code === 'EBM115' ||
  d.code === 'EBM119';

interface StatementTokens {
  /** The word it begins with; null for what stands before the first. */
  readonly head: string | null;
  readonly tokens: readonly IToken[];
}

/** The tokens from each word that begins a statement to the next; what begins with a name goes with what precedes it. */
const cut = (tokens: readonly IToken[]): readonly StatementTokens[] => {
  const starts = [0, ...tokens.flatMap((_, i) => (i > 0 && mayBeginStatement(tokens, i) ? [i] : []))];
  return starts.map((start, k) => {
    const own = tokens.slice(start, starts[k + 1] ?? tokens.length);
    return { head: own[0] !== undefined && mayBeginStatement(tokens, start) ? own[0].image : null, tokens: own };
  });
};

const extent = ({ tokens }: StatementTokens): Span => ({
  start: tokens[0]?.startOffset ?? 0,
  end: tokens.at(-1) === undefined ? 0 : tokenSpan(tokens.at(-1)!).end,
});

/** An empty span belongs to the token it stands behind. */
const holds = (statement: StatementTokens, span: Span | null): boolean => {
  if (span === null) return false;
  const { start, end } = extent(statement);
  return span.end === span.start ? start < span.start && span.start <= end : start <= span.start && span.start < end;
};

const isName = (t: IToken): boolean => t.tokenType.name === 'Name';

const namesIn = (statements: readonly StatementTokens[], span: Span): readonly string[] =>
  statements.flatMap(({ tokens }) =>
    tokens.filter((t) => isName(t) && t.startOffset >= span.start && t.startOffset < span.end).map((t) => t.image),
  );

/** The names a statement may declare: of lists all names, of variables those before the domain, else the first. */
const declaredBy = ({ head, tokens }: StatementTokens): readonly string[] => {
  const names = (of: readonly IToken[]): readonly string[] => of.filter(isName).map((t) => t.image);
  switch (head) {
    case 'size':
    case 'const':
      return names(tokens);
    case 'factor':
    case 'regularizer':
    case 'constraint':
      return [];
    case 'let':
    case 'fn':
    case 'net':
    case 'model':
    case 'plate':
      return names(tokens).slice(0, 1);
    default: {
      const colon = tokens.findIndex((t) => t.image === ':');
      return names(colon < 0 ? tokens : tokens.slice(0, colon));
    }
  }
};

/** Names on lines that begin no statement: `lett a = 3`, `siz N`. */
const lostNames = (
  source: string,
  errors: readonly Diagnostic[],
  statements: readonly StatementTokens[],
): readonly string[] => {
  const map = sourceMap(source);
  return errors.flatMap((d) => {
    if (d.span === null) return [];
    const { line } = map.position(d.span.start);
    const whole = { start: map.lineStart(line), end: map.lineStart(line + 1) };
    const begins = statements.some((s) => s.head !== null && s.tokens[0]!.startLine === line);
    return begins ? [] : namesIn(statements, whole);
  });
};

/** With the names that are declared in terms of uncertain ones. */
const uncertainNames = (statements: readonly StatementTokens[], lost: readonly string[]): ReadonlySet<string> => {
  const uncertain = new Set(lost);
  for (let before = -1; before < uncertain.size;) {
    before = uncertain.size;
    for (const s of statements) {
      const mentions = s.tokens.some((t) => isName(t) && uncertain.has(t.image));
      if (mentions) declaredBy(s).forEach((name) => uncertain.add(name));
    }
  }
  return uncertain;
};
