// Copies of statements with parts replaced: what most kernel passes are made of. In: a statement, expression, access or index and
// what replaces atoms, accesses and locals. Out: the same with the replacements, indices canonical again.
import { addIndex, constantIndex, ofAtom, scaleIndex } from './index-arithmetic.ts';
import type { Access, Atom, Expr, Index, LocalId, LoopId, Statement } from './kernel.ts';

/** Each gives what stands in the place of a part, or null to keep it (with its own parts replaced). */
export interface Replacements {
  readonly atom?: (atom: Atom) => Index | null;
  /** Of the access with its indices replaced already; `reads` tells loads from stores. */
  readonly access?: (access: Access, reads: boolean) => Access | null;
  readonly load?: (access: Access) => Expr | null;
  readonly local?: (local: LocalId) => Expr | null;
  /** The local that stands in the place of another, where it is made and where it is read. */
  readonly makes?: (local: LocalId) => LocalId;
}

/** Replaces loop variables by indices. */
export const loopsBy = (loops: ReadonlyMap<LoopId, Index>): Replacements => ({
  atom: (atom) => (atom.kind === 'loop' ? (loops.get(atom.loop) ?? null) : null),
});

const mapAtom = (atom: Atom, by: Replacements): Index => {
  const replaced = by.atom?.(atom) ?? null;
  if (replaced !== null) return replaced;
  switch (atom.kind) {
    case 'loop':
      return ofAtom(atom);
    case 'floor-div':
    case 'mod':
      return ofAtom({ ...atom, of: mapIndex(atom.of, by) });
    case 'value':
      return ofAtom({ kind: 'value', of: mapExpr(atom.of, by) });
  }
};

export const mapIndex = (index: Index, by: Replacements): Index =>
  index.terms.reduce(
    (sum, { coef, atom }) => addIndex(sum, scaleIndex(mapAtom(atom, by), coef)),
    constantIndex(index.constant),
  );

export const mapAccess = (access: Access, by: Replacements, reads: boolean): Access => {
  const moved = { ...access, at: access.at.map((index) => mapIndex(index, by)) };
  return by.access?.(moved, reads) ?? moved;
};

/** What becomes of the parts right inside of an expression. */
export interface PartMap {
  readonly expr: (expr: Expr) => Expr;
  readonly index: (index: Index) => Index;
  readonly access: (access: Access) => Access;
}

/** The same expression of other parts. */
export const mapParts = (expr: Expr, { expr: part, index, access }: PartMap): Expr => {
  switch (expr.kind) {
    case 'number':
    case 'local':
      return expr;
    case 'index':
      return { ...expr, of: index(expr.of) };
    case 'load':
      return { ...expr, from: access(expr.from) };
    case 'map':
      return { ...expr, args: expr.args.map(part) };
    case 'cast':
      return { ...expr, of: part(expr.of) };
    case 'within': {
      const tests = expr.tests.map((test) => ({ ...test, index: index(test.index) }));
      return { ...expr, tests, then: part(expr.then), otherwise: part(expr.otherwise) };
    }
    case 'random':
      return { ...expr, seed: part(expr.seed), step: part(expr.step), element: index(expr.element) };
  }
};

export const mapExpr = (expr: Expr, by: Replacements): Expr => {
  if (expr.kind === 'local')
    return by.local?.(expr.local) ?? (by.makes === undefined ? expr : { ...expr, local: by.makes(expr.local) });
  const mapped = mapParts(expr, {
    expr: (part) => mapExpr(part, by),
    index: (index) => mapIndex(index, by),
    access: (access) => mapAccess(access, by, true),
  });
  return mapped.kind === 'load' ? (by.load?.(mapped.from) ?? mapped) : mapped;
};

export const mapStatements = (statements: readonly Statement[], by: Replacements): readonly Statement[] =>
  statements.map((statement) => mapStatement(statement, by));

export const mapStatement = (statement: Statement, by: Replacements): Statement => {
  const made = by.makes ?? ((local: LocalId) => local);
  switch (statement.kind) {
    case 'loop':
      return { ...statement, body: mapStatements(statement.body, by) };
    case 'reduce':
      return {
        ...statement,
        lets: statement.lets.map(({ local, value }) => ({ local: made(local), value: mapExpr(value, by) })),
        accumulators: statement.accumulators.map(({ local, op, value, beta }) => ({
          local: made(local),
          op,
          value: mapExpr(value, by),
          ...(beta === undefined ? {} : { beta: mapExpr(beta, by) }),
        })),
      };
    case 'let':
      return { ...statement, local: made(statement.local), value: mapExpr(statement.value, by) };
    case 'store':
      return { ...statement, to: mapAccess(statement.to, by, false), value: mapExpr(statement.value, by) };
    case 'if':
      return { ...statement, test: mapExpr(statement.test, by), then: mapStatements(statement.then, by) };
    case 'product':
      return {
        ...statement,
        out: mapAccess(statement.out, by, false),
        left: mapAccess(statement.left, by, true),
        right: mapAccess(statement.right, by, true),
      };
    case 'routine':
      return statement;
    case 'while':
      return { ...statement, test: mapStatements(statement.test, by), body: mapStatements(statement.body, by) };
  }
};
