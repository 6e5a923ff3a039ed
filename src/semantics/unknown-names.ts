// What to say of a name that is not declared. In: the name and where it stands. Out: EBM201 with the most helpful hint: an index
// that belongs to another clause, a reduction that ended at + or -, or the nearest name.
import { diagnoseName } from '../diagnostics/messages/names.ts';
import type { Binder, Expression, IndexClause, Name, Statement } from '../syntax/ast.ts';
import { namedNumbers } from './builtins.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import { elsewhere } from './other-languages.ts';
import type { Context } from './session.ts';

/** All binders in a piece of syntax, those of reductions marked. */
interface BinderUse {
  readonly binder: Binder;
  readonly reduction: boolean;
}

const isNode = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** Syntax nodes are plain objects: looks through all of them for index clauses, plates and reductions. */
const bindersIn = (node: unknown, reduction = false): readonly BinderUse[] => {
  if (Array.isArray(node)) return node.flatMap((n) => bindersIn(n, reduction));
  if (!isNode(node)) return [];
  if ('binders' in node) return [...(node as unknown as IndexClause).binders].map((binder) => ({ binder, reduction }));
  const own =
    node['kind'] === 'plate'
      ? [{ binder: (node as unknown as Statement & { kind: 'plate' }).binder, reduction: false }]
      : [];
  const inReduction = node['kind'] === 'reduction';
  return [
    ...own,
    ...Object.entries(node).flatMap(([key, value]) =>
      key === 'span' ? [] : bindersIn(value, inReduction && key === 'index'),
    ),
  ];
};

const printEnd = (e: Expression): string => (e.kind === 'name' ? e.name.text : e.kind === 'number' ? e.text : '…');
const printBinder = ({ name, range }: Binder): string =>
  `${name.text} in ${printEnd(range.from)}${range.to === null ? '' : `..${printEnd(range.to)}`}`;

const indexHint = (context: Context, name: string): string | undefined => {
  const { session } = context;
  const here = bindersIn(session.statement).find((u) => u.reduction && u.binder.name.text === name);
  if (here !== undefined)
    return `\`${name}\` lives inside its reduction only, which ends at \`+\` and \`-\`: put the body in parentheses`;
  const elsewhere = bindersIn(session.statements).find((u) => u.binder.name.text === name);
  if (elsewhere === undefined) return undefined;
  return `\`${name}\` is an index of another clause: add \`[${printBinder(elsewhere.binder)}]\` here, or reduce over it`;
};

export const reportUnknownName = (context: Context, name: Name): null => {
  const { session } = context;
  if (name.text === '') return null;
  const hint = indexHint(context, name.text);
  const known = [...context.locals.keys(), ...session.symbols.keys(), ...Object.keys(namedNumbers)];
  const nearest = nearestName(name.text, known);
  return session.report(
    diagnoseName('EBM201', name.span, {
      name: name.text,
      nearest,
      ...(hint === undefined ? elsewhere('value', name.text) : { hint }),
    }),
  );
};
