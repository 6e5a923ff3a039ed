// What only losses know: `F(y = e)` and negatives. In: calls inside `loss = …` or a loss option. Out: typed expressions.
import type { Span } from '../diagnostics/diagnostic.ts';
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Argument, Name } from '../syntax/ast.ts';
import { checkAccepts, reportCount } from './arguments.ts';
import { type NegativesName, negativesTable } from './losses.ts';
import type { Expr } from './model.ts';
import { elaborateName } from './references.ts';
import { elaborate, type Context } from './session.ts';
import { real, valueType } from './types.ts';
import { reportUnknownName } from './unknown-names.ts';

export const isNegatives = (name: string): name is NegativesName => Object.hasOwn(negativesTable, name);

/** The free energy of this point with some variables or lets replaced. */
export const freeEnergy = (context: Context, args: readonly Argument[], span: Span): Expr | null => {
  const { session } = context;
  let fine = true;
  const replaced: { name: string; by: Expr }[] = [];
  for (const { name, value, span: argSpan } of args) {
    if (name === null) {
      fine = false;
      session.report(
        diagnoseName('EBM208', argSpan, {
          of: 'F',
          expected: 'replacements, `F(y = e)`',
          found: 'a value without a name',
        }),
      );
      continue;
    }
    const symbol = session.symbols.get(name.text);
    const by = elaborate(context, value);
    if (symbol?.kind !== 'variable' && symbol?.kind !== 'let') {
      fine = false;
      if (symbol === undefined) reportUnknownName(context, name);
      else
        session.report(
          diagnoseName('EBM212', name.span, { name: name.text, is: `a ${symbol.kind}`, expected: 'a variable or let' }),
        );
      continue;
    }
    const current = elaborateName(context, name);
    if (by === null || current === null) fine = false;
    else if (
      by.kind !== 'negatives' &&
      !checkAccepts(context, `\`${name.text}\``, current.type, by, value.span, symbol.name.span)
    )
      fine = false;
    else replaced.push({ name: name.text, by });
  }
  return fine ? { kind: 'free-energy', replaced, type: valueType(real), span } : null;
};

/** `shuffled(y)`, or a bare `most_offending` for the only target. */
export const negatives = (
  context: Context,
  name: Name & { text: NegativesName | string },
  args: readonly Argument[],
  span: Span,
): Expr | null => {
  const { session } = context;
  if (!isNegatives(name.text)) return null;
  const [first, ...rest] = args;
  const of = first === undefined ? onlyTarget(context, name) : first.value.kind === 'name' ? first.value.name : null;
  if (of === null) {
    if (first !== undefined && first.value.kind !== 'missing')
      session.report(
        diagnoseShape('EBM303', first.value.span, {
          name: name.text,
          expected: 'the name of a variable or let',
          found: 'an expression',
        }),
      );
    return null;
  }
  const value = elaborateName(context, of);
  const options = rest.map((a) => elaborate(context, a.value));
  if (value === null || options.some((o) => o === null)) return null;
  if (value.kind !== 'ref' || value.of === 'const')
    return session.report(
      diagnoseShape('EBM303', first?.value.span ?? span, {
        name: name.text,
        expected: 'the name of a variable or let',
        found: 'a value',
      }),
    );
  if (rest.length !== negativesTable[name.text].options.length)
    return reportCount(
      context,
      name.text,
      `${1 + negativesTable[name.text].options.length} arguments`,
      args.length,
      span,
    );
  return {
    kind: 'negatives',
    how: name.text,
    of: of.text,
    options: options as readonly Expr[],
    type: value.type,
    span,
  };
};

const onlyTarget = (context: Context, name: Name): Name | null => {
  const targets = [...context.session.symbols.values()].filter(
    (s) => s.kind === 'variable' && s.declaration.role === 'target',
  );
  if (targets.length === 1) return { text: targets[0]!.name.text, span: name.span };
  return context.session.report(
    diagnoseName('EBM208', name.span, {
      of: name.text,
      expected: `the variable it stands for, \`${name.text}(y)\``,
      found: 'none',
    }),
  );
};
