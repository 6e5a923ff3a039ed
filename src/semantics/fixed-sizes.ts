// Sizes that written arrays fix. `size S = 2` beside `const A = [[.9, .1], [.2, .8]]` means that S is 2 wherever the two meet: where
// a length that is a number and one made of sizes with defaults should agree, and do by the defaults, these sizes are taken as
// numbers, and the model requires them to keep their values. A size without a default stays symbolic: the mismatch is an error.
// In: a check for given fixed sizes. Out: the result of the last check that did not make things worse.
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { constant, constantValue, evaluate, size, sizesOf, type Dim } from '../tensor/dims.ts';
import type { SizeRequirement } from './model.ts';
import type { Session } from './session.ts';

interface Checked {
  readonly diagnostics: readonly Diagnostic[];
  readonly session: Session;
}
type Values = ReadonlyMap<string, number>;

const errorsIn = (checked: Checked): number => checked.diagnostics.filter((d) => d.severity === 'error').length;

/** The value of a length by the defaults of its sizes; null where one has none. */
const byDefaults = (session: Session, dim: Dim): number | null => {
  const values: Record<string, number> = {};
  for (const name of sizesOf(dim)) {
    const symbol = session.symbols.get(name);
    const standard = symbol?.kind === 'size' ? session.define(symbol, symbol.name.span)?.default : null;
    const value = standard == null ? null : byDefaults(session, standard);
    if (value === null) return null;
    values[name] = value;
  }
  return evaluate(dim, values);
};

/** Sizes of the symbolic one of two lengths, if it is the other by default. */
const fixedBy = (session: Session, a: Dim, b: Dim): readonly (readonly [string, number])[] => {
  const [written, symbolic] = constantValue(a) === null ? [b, a] : [a, b];
  const value = constantValue(written);
  if (value === null || constantValue(symbolic) !== null || byDefaults(session, symbolic) !== value) return [];
  return sizesOf(symbolic).map((name) => [name, byDefaults(session, size(name))!]);
};

const candidates = (session: Session): Values =>
  new Map(session.met.flatMap(([left, right]) => left.flatMap((a) => right.flatMap((b) => fixedBy(session, a, b)))));

export const checkFixing = <T extends Checked>(check: (fixed: Values) => T): T => {
  let fixed: Values = new Map();
  let result = check(fixed);
  for (;;) {
    const more = [...candidates(result.session)].filter(([name]) => !fixed.has(name));
    if (more.length === 0) return result;
    fixed = new Map([...fixed, ...more]);
    const next = check(fixed);
    if (errorsIn(next) > errorsIn(result)) return result;
    result = next;
  }
};

export const requirementsOf = (session: Session): readonly SizeRequirement[] =>
  [...session.fixed].map(([name, value]) => ({
    left: size(name),
    relation: '==',
    right: constant(value),
    why: `an array written in the model has the length of \`${name}\``,
    span: session.symbols.get(name)!.name.span,
  }));
