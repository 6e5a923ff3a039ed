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

export const mapExpr = (expr: Expr, by: Replacements): Expr => {
  switch (expr.kind) {
    case 'number':
      return expr;
    case 'index':
      return { ...expr, of: mapIndex(expr.of, by) };
    case 'load': {
      const from = mapAccess(expr.from, by, true);
      return by.load?.(from) ?? { kind: 'load', from };
    }
    case 'local':
      return by.local?.(expr.local) ?? (by.makes === undefined ? expr : { ...expr, local: by.makes(expr.local) });
    case 'map':
      return { ...expr, args: expr.args.map((arg) => mapExpr(arg, by)) };
    case 'cast':
      return { ...expr, of: mapExpr(expr.of, by) };
    case 'within':
      return {
        ...expr,
        tests: expr.tests.map((test) => ({ ...test, index: mapIndex(test.index, by) })),
        then: mapExpr(expr.then, by),
        otherwise: mapExpr(expr.otherwise, by),
      };
    case 'random':
      return {
        ...expr,
        seed: mapExpr(expr.seed, by),
        step: mapExpr(expr.step, by),
        element: mapIndex(expr.element, by),
      };
  }
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

// ---------------------------------------------------------------- looking

export interface Visitor {
  readonly statement?: (statement: Statement) => void;
  readonly expr?: (expr: Expr) => void;
  readonly access?: (access: Access, reads: boolean) => void;
  /** Every index that is not a part of an access: those of expressions, tests and random elements. */
  readonly index?: (index: Index) => void;
}

const visitComputed = (index: Index, visitor: Visitor): void => {
  for (const { atom } of index.terms) {
    if (atom.kind === 'value') visitExpr(atom.of, visitor);
    else if (atom.kind !== 'loop') visitComputed(atom.of, visitor);
  }
};

export const visitAccess = (access: Access, reads: boolean, visitor: Visitor): void => {
  visitor.access?.(access, reads);
  for (const index of access.at) visitComputed(index, visitor);
};

export const visitExpr = (expr: Expr, visitor: Visitor): void => {
  visitor.expr?.(expr);
  const lone = (index: Index): void => {
    visitor.index?.(index);
    visitComputed(index, visitor);
  };
  switch (expr.kind) {
    case 'number':
    case 'local':
      return;
    case 'index':
      return lone(expr.of);
    case 'load':
      return visitAccess(expr.from, true, visitor);
    case 'map':
      return expr.args.forEach((arg) => visitExpr(arg, visitor));
    case 'cast':
      return visitExpr(expr.of, visitor);
    case 'within':
      expr.tests.forEach((test) => lone(test.index));
      visitExpr(expr.then, visitor);
      return visitExpr(expr.otherwise, visitor);
    case 'random':
      visitExpr(expr.seed, visitor);
      visitExpr(expr.step, visitor);
      return lone(expr.element);
  }
};

/** Every part of the statements, in order, those of nested ones after what holds them. A routine's buffers are no accesses. */
export const visitStatements = (statements: readonly Statement[], visitor: Visitor): void => {
  for (const statement of statements) {
    visitor.statement?.(statement);
    switch (statement.kind) {
      case 'loop':
        visitStatements(statement.body, visitor);
        break;
      case 'reduce':
        for (const { value } of statement.lets) visitExpr(value, visitor);
        for (const { value, beta } of statement.accumulators) {
          visitExpr(value, visitor);
          if (beta !== undefined) visitExpr(beta, visitor);
        }
        break;
      case 'let':
        visitExpr(statement.value, visitor);
        break;
      case 'store':
        visitExpr(statement.value, visitor);
        visitAccess(statement.to, false, visitor);
        break;
      case 'if':
        visitExpr(statement.test, visitor);
        visitStatements(statement.then, visitor);
        break;
      case 'product':
        visitAccess(statement.left, true, visitor);
        visitAccess(statement.right, true, visitor);
        visitAccess(statement.out, false, visitor);
        break;
      case 'routine':
        break;
      case 'while':
        visitStatements(statement.test, visitor);
        visitStatements(statement.body, visitor);
        break;
    }
  }
};

/** The coefficient of a loop in an index, [] where it does not stand there by itself; null where it is inside of an atom. */
export const coefficientOf = (index: Index, loop: LoopId): Index['constant'] | null => {
  let found: Index['constant'] = [];
  for (const { coef, atom } of index.terms) {
    if (atom.kind === 'loop') {
      if (atom.loop === loop) found = coef;
    } else if (mentions(atom, loop)) return null;
  }
  return found;
};

const mentions = (atom: Atom, loop: LoopId): boolean => {
  if (atom.kind === 'loop') return atom.loop === loop;
  if (atom.kind !== 'value') return atom.of.terms.some((term) => mentions(term.atom, loop));
  return exprMentions(atom.of, loop);
};

export const exprMentions = (expr: Expr, loop: LoopId): boolean => {
  let found = false;
  const inIndex = (index: Index): void => {
    if (index.terms.some(({ atom }) => atom.kind !== 'value' && mentions(atom, loop))) found = true;
  };
  visitExpr(expr, { index: inIndex, access: (access) => access.at.forEach(inIndex) });
  return found;
};
