// The final list of diagnostics. In: all that were reported. Out: sorted by place, repeats dropped, and the further uses of one unknown
// name attached to its first: a missing declaration is one mistake.
import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';
import type { SourceFile } from '../syntax/ast.ts';

const unknownCodes: ReadonlySet<string> = new Set(['EBM201', 'EBM204', 'EBM205', 'EBM206']);

const statementAt = (tree: SourceFile, span: Span): number =>
  tree.statements.findIndex((s) => s.span.start <= span.start && span.start < s.span.end);

/** A name without a hint about its index is undeclared in the whole file; one with it is a mistake of its statement. */
const mistake = (diagnostic: Diagnostic, tree: SourceFile): string => {
  if (!unknownCodes.has(diagnostic.code) || diagnostic.span === null)
    return JSON.stringify([diagnostic.code, diagnostic.span, diagnostic.message]);
  const local = diagnostic.hints.some((h) => h.includes('index') || h.includes('reduction'));
  const name = /`(.*?)`/.exec(diagnostic.message)?.[1];
  return JSON.stringify(['unknown', name, local ? statementAt(tree, diagnostic.span) : null]);
};

export const condense = (diagnostics: readonly Diagnostic[], tree: SourceFile): readonly Diagnostic[] => {
  const start = (d: Diagnostic): number => d.span?.start ?? -1;
  const ordered = diagnostics.toSorted((a, b) => start(a) - start(b) || (a.span?.end ?? 0) - (b.span?.end ?? 0));
  const kept = new Map<string, Diagnostic>();
  for (const diagnostic of ordered) {
    const key = mistake(diagnostic, tree);
    const first = kept.get(key);
    if (first === undefined) kept.set(key, diagnostic);
    else if (diagnostic.span !== null && diagnostic.span.start !== first.span?.start && first.related.length < 5)
      kept.set(key, { ...first, related: [...first.related, { span: diagnostic.span, message: 'also here' }] });
  }
  return [...kept.values()];
};
