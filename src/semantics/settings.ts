// What the settings blocks share, and `beta`. In: pieces of the blocks as written. Out: names, contexts of option values.
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import type { Expression, Name } from '../syntax/ast.ts';
import { enterPlates } from './index-clauses.ts';
import type { Expr } from './model.ts';
import { elsewhere } from './other-languages.ts';
import { elaborate, type Context, rootContext, type Session } from './session.ts';
import type { PlatePath } from './symbols.ts';
import { describeType, isNumeric, isScalar } from './types.ts';

export const elaborateBeta = (session: Session, value: Expression): Expr | null => {
  const beta = elaborate(rootContext(session), value);
  if (beta === null || (isScalar(beta.type) && isNumeric(beta.type))) return beta;
  return session.report(
    diagnoseShape('EBM303', value.span, { name: 'beta', expected: 'a number', found: describeType(beta.type) }),
  );
};

export const unknownSetting = (session: Session, block: string, name: Name, known: readonly string[]): null =>
  name.text === ''
    ? null
    : session.report(
        diagnoseName('EBM211', name.span, {
          block,
          name: name.text,
          nearest: nearestName(name.text, known),
          known,
          ...elsewhere('setting', name.text),
        }),
      );

/** The names a setting speaks of; anything but a name is reported. */
export const operandNames = (
  context: Context,
  operands: readonly Expression[],
  what: string,
): readonly Name[] | null => {
  const names = operands.map((e): Name | null => {
    if (e.kind === 'name') return e.name;
    return e.kind === 'missing'
      ? null
      : context.session.report(
          diagnoseShape('EBM303', e.span, { name: what, expected: 'names', found: 'an expression' }),
        );
  });
  return names.some((n) => n === null) ? null : (names as readonly Name[]);
};

/** The plate of `batch … of`, or the only outermost plate with data in it: losses speak of one of its points. */
export const dataPlate = (session: Session, of: Name | null): PlatePath => {
  const paths = [...session.symbols.values()]
    .filter(
      (s) =>
        s.plates.length > 0 &&
        s.kind === 'variable' &&
        (s.declaration.role === 'target' || s.declaration.role === 'observed'),
    )
    .map((s) => s.plates.slice(0, 1));
  const wanted = of === null ? paths : paths.filter((p) => p[0]!.name.text === of.text);
  const names = new Set(wanted.map((p) => p[0]!.name.text));
  return names.size === 1 ? wanted[0]! : [];
};

/** The plates that hold all of the variables: where the arguments of their method are typed. */
export const platesOf = (session: Session, names: readonly string[]): PlatePath => {
  const paths = names.map((n) => session.symbols.get(n)?.plates ?? []);
  if (paths.length === 0) return dataPlate(session, null);
  return paths.reduce((a, b) => (a.length <= b.length ? a : b));
};

export const inside = (session: Session, plates: PlatePath): Context => {
  const entered = enterPlates(rootContext(session), plates);
  return 'broken' in entered ? entered.broken : entered;
};
