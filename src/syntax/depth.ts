// The height of syntax trees. In: a tree. Out: the tree without the statements that later phases, which recurse over
// expressions, could not walk within the stack; a diagnostic for each.
import type { Diagnostic, Span } from '../diagnostics/diagnostic.ts';
import { diagnoseSyntax } from '../diagnostics/messages/syntax.ts';
import type { SourceFile } from './ast.ts';

const MAXIMAL_HEIGHT = 1200;

/** The place of the first node deeper than allowed, or null. Iterative, so that it cannot itself run out of stack. */
const firstTooDeep = (root: object): Span | null => {
  const pending: { readonly value: object; readonly depth: number }[] = [{ value: root, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, depth } = next;
    if (depth > MAXIMAL_HEIGHT && 'span' in value) return value.span as Span;
    for (const child of Object.values(value) as unknown[]) {
      if (typeof child === 'object' && child !== null) pending.push({ value: child, depth: depth + 1 });
    }
  }
  return null;
};

export const tooDeep = (
  tree: SourceFile,
): { readonly tree: SourceFile; readonly diagnostics: readonly Diagnostic[] } => {
  const places = new Map(tree.statements.map((s) => [s, firstTooDeep(s)]));
  const deep = [...places.values()].filter((span) => span !== null);
  if (deep.length === 0) return { tree, diagnostics: [] };
  return {
    tree: { ...tree, statements: tree.statements.filter((s) => places.get(s) === null) },
    diagnostics: deep.map((span) => diagnoseSyntax('EBM114', span, {})),
  };
};
