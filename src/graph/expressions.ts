// Walking and rewriting typed expressions: children, index substitution, and lets replaced by what they stand for.
// Rewriting keeps shared subexpressions shared (one object), so that an analysis may remember its results by object.
import { InternalError } from '../diagnostics/diagnostic.ts';
import type { Binder, Expr, Model, SubscriptExpr } from '../semantics/model.ts';
import { equal, scale } from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';
import { print } from '../tensor/dims.ts';
import { affineOf } from './affine.ts';

/** The expressions directly inside, in order of appearance. Bodies of nets and lets are not inside. */
export const childrenOf = (expr: Expr): readonly Expr[] => {
  switch (expr.kind) {
    case 'number':
    case 'dim':
    case 'beta':
    case 'index':
    case 'parameter':
    case 'weights':
      return [];
    case 'ragged':
    case 'ref':
      return expr.at;
    case 'call':
    case 'net':
      return expr.args;
    case 'reduce':
      return expr.where === null ? [expr.body] : [expr.body, expr.where];
    case 'stack':
      return [expr.body];
    case 'if':
      return [expr.condition, expr.then, expr.else];
    case 'array':
      return expr.elements;
    case 'subscript':
      return [
        expr.base,
        ...expr.subscripts.flatMap((s) => (s.kind === 'all' ? [] : s.kind === 'at' ? [s.at] : [s.from])),
      ];
    case 'layer':
      return [expr.input, ...Object.values(expr.options)];
    case 'free-energy':
      return expr.replaced.map((r) => r.by);
    case 'negatives':
      return expr.options;
  }
};

/** The same expression with each direct child replaced; the very same object when no child changes. */
export const mapChildren = (expr: Expr, change: (child: Expr) => Expr): Expr => {
  const all = (list: readonly Expr[]): readonly Expr[] => {
    const next = list.map(change);
    return next.every((e, i) => e === list[i]) ? list : next;
  };
  switch (expr.kind) {
    case 'number':
    case 'dim':
    case 'beta':
    case 'index':
    case 'parameter':
    case 'weights':
      return expr;
    case 'ragged':
    case 'ref': {
      const at = all(expr.at);
      return at === expr.at ? expr : { ...expr, at };
    }
    case 'call':
    case 'net': {
      const args = all(expr.args);
      return args === expr.args ? expr : { ...expr, args };
    }
    case 'reduce': {
      const body = change(expr.body);
      const where = expr.where === null ? null : change(expr.where);
      return body === expr.body && where === expr.where ? expr : { ...expr, body, where };
    }
    case 'stack': {
      const body = change(expr.body);
      return body === expr.body ? expr : { ...expr, body };
    }
    case 'if': {
      const [condition, then, otherwise] = all([expr.condition, expr.then, expr.else]) as [Expr, Expr, Expr];
      const same = condition === expr.condition && then === expr.then && otherwise === expr.else;
      return same ? expr : { ...expr, condition, then, else: otherwise };
    }
    case 'array': {
      const elements = all(expr.elements);
      return elements === expr.elements ? expr : { ...expr, elements };
    }
    case 'subscript': {
      const base = change(expr.base);
      const subscripts = expr.subscripts.map((s): SubscriptExpr => {
        if (s.kind === 'all') return s;
        const inner = change(s.kind === 'at' ? s.at : s.from);
        if (s.kind === 'at') return inner === s.at ? s : { ...s, at: inner };
        return inner === s.from ? s : { ...s, from: inner };
      });
      const same = base === expr.base && subscripts.every((s, i) => s === expr.subscripts[i]);
      return same ? expr : { ...expr, base, subscripts };
    }
    case 'layer': {
      const input = change(expr.input);
      const options = Object.fromEntries(Object.entries(expr.options).map(([name, e]) => [name, change(e)]));
      const same = input === expr.input && Object.keys(options).every((name) => options[name] === expr.options[name]);
      return same ? expr : { ...expr, input, options };
    }
    case 'free-energy':
      return { ...expr, replaced: expr.replaced.map((r) => ({ ...r, by: change(r.by) })) };
    case 'negatives': {
      const options = all(expr.options);
      return options === expr.options ? expr : { ...expr, options };
    }
  }
};

/** Text that is equal for expressions of equal meaning up to spans; for keys. One line for each distinct subexpression, inner
 *  ones first: as long as the expression, however often its parts are shared. */
export const exprKey = (expr: Expr): string => {
  const numbers = new Map<Expr, number>();
  const lines = new Map<string, number>();
  const numberOf = (e: Expr): number => {
    const known = numbers.get(e);
    if (known !== undefined) return known;
    const line = JSON.stringify(e, (key, value: unknown) =>
      key === 'span' || key === 'type' ? undefined : value !== e && isExpr(value) ? `#${numberOf(value)}` : value,
    );
    const number = lines.get(line) ?? lines.size;
    lines.set(line, number);
    numbers.set(e, number);
    return number;
  };
  numberOf(expr);
  return [...lines.keys()].join('\n');
};
const isExpr = (value: unknown): value is Expr =>
  typeof value === 'object' && value !== null && 'kind' in value && 'type' in value && 'span' in value;

/** Replaces free loop indices. Binder ids are unique in a model and lets are not recursive, so nothing is captured. */
export const substituteIndices = (expr: Expr, by: ReadonlyMap<string, Expr>): Expr => {
  if (by.size === 0) return expr;
  const seen = new Map<Expr, Expr>();
  const replace = (e: Expr): Expr => {
    if (e.kind === 'index') return by.get(e.id) ?? e;
    const known = seen.get(e);
    if (known !== undefined) return known;
    const bound = e.kind === 'reduce' || e.kind === 'stack' ? e.binders.filter((b) => by.has(b.id)) : [];
    const free = new Map([...by].filter(([id]) => bound.every((b) => b.id !== id)));
    const next = mapChildren(e, bound.length === 0 ? replace : (child) => substituteIndices(child, free));
    seen.set(e, next);
    return next;
  };
  return replace(expr);
};

/** Replaces every reference to a let by the let's value, its indices filled; indices left open become a `stack` over them,
 *  with binders of their own, since a factor of the let's plate may read all points at once. Lets in `keep` stay. */
export const letInliner = (model: Model, keep: ReadonlySet<string> = new Set()): ((expr: Expr) => Expr) => {
  const lets = new Map(model.lets.map((l) => [l.name, l]));
  const seen = new Map<Expr, Expr>();
  const instances = new Map<string, Expr>();
  let opened = 0;
  const expand = (expr: Expr): Expr => {
    const known = seen.get(expr);
    if (known !== undefined) return known;
    const inner = mapChildren(expr, expand);
    const replaced = inner.kind === 'ref' && inner.of === 'let' && !keep.has(inner.name);
    const next = replaced ? instance(inner.name, inner.at, inner) : inner;
    seen.set(expr, next);
    return next;
  };
  const instance = (name: string, at: readonly Expr[], ref: Expr): Expr => {
    const key = `${name}(${at.map(exprKey).join()})`;
    const known = instances.get(key);
    if (known !== undefined) return known;
    const definition = lets.get(name);
    if (definition === undefined) throw new InternalError(`no let named ${name}`);
    const filled = new Map<string, Expr>(
      definition.binders.slice(0, at.length).map((b, i) => [b.id, indexAt(b, at[i]!)]),
    );
    const open = definition.binders.slice(at.length).map((b) => ({ ...b, id: `${b.id}'${opened++}` }));
    definition.binders.slice(at.length).forEach((b, i) => {
      filled.set(b.id, indexExpr(open[i]!.id, ref));
    });
    const body = substituteIndices(expand(definition.value), filled);
    const value: Expr =
      open.length === 0 ? body : { kind: 'stack', binders: open, body, type: ref.type, span: ref.span };
    instances.set(key, value);
    return value;
  };
  return expand;
};

/** The index value of a position, which counts from 0. */
const indexAt = (binder: Binder, position: Expr): Expr => {
  if (binder.from.length === 0) return position;
  // t - 2 at a binder that begins at 2 is t again.
  const linear = affineIndex(position);
  const { type, span } = position;
  if (linear !== null && linear.index !== null && equal(linear.offset, scale(binder.from, -1)))
    return { kind: 'index', id: linear.index, type, span };
  return { kind: 'call', fn: 'add', args: [position, { kind: 'dim', dim: binder.from, type, span }], type, span };
};

/** Calls `look` once for every distinct subexpression object, outer ones first. */
export const visit = (expr: Expr, look: (e: Expr) => void): void => {
  const seen = new Set<Expr>();
  const step = (e: Expr): void => {
    if (seen.has(e)) return;
    seen.add(e);
    look(e);
    childrenOf(e).forEach(step);
  };
  step(expr);
};

/** `t - 1`, `t`, `T - 1`, `0`: at most one index, with coefficient 1, and an offset; null for everything else. */
export const affineIndex = (expr: Expr): { readonly index: string | null; readonly offset: Dim } | null => {
  const linear = affineOf(expr);
  if (linear === null || linear.terms.size > 1) return null;
  const [term] = linear.terms;
  if (term === undefined) return { index: null, offset: linear.offset };
  return term[1] === 1 ? { index: term[0], offset: linear.offset } : null;
};

/** Equal for references that read the same nodes: `s(t-1)`. */
export const referenceKey = (variable: string, at: readonly Expr[]): string =>
  `${variable}(${at
    .map((e) => {
      const affine = affineIndex(e);
      if (affine === null) return exprKey(e);
      return `${affine.index ?? ''}${affine.index === null ? '' : '+'}${print(affine.offset)}`;
    })
    .join(',')})`;

const scalarInteger: Expr['type'] = { scalar: { kind: 'integer' }, shape: [] };

/** A loop index, written where `like` stands. */
export const indexExpr = (id: string, like: Expr): Expr => ({
  kind: 'index',
  id,
  type: scalarInteger,
  span: like.span,
});

/** A number, written where `like` stands. */
export const numberExpr = (value: number, like: Expr): Expr => {
  const scalar = Number.isInteger(value) ? ({ kind: 'integer' } as const) : ({ kind: 'real' } as const);
  return { kind: 'number', value, type: { scalar, shape: [] }, span: like.span };
};

/** Ids of the indices that the expression uses and does not bind itself. */
export const freeIndices = (expr: Expr): ReadonlySet<string> => freeIndexFinder()(expr);

/** The same for many expressions that share parts: what it found it remembers by object. */
export const freeIndexFinder = (): ((expr: Expr) => ReadonlySet<string>) => {
  const seen = new Map<Expr, ReadonlySet<string>>();
  const find = (expr: Expr): ReadonlySet<string> => {
    if (expr.kind === 'index') return new Set([expr.id]);
    const known = seen.get(expr);
    if (known !== undefined) return known;
    const inside = new Set(childrenOf(expr).flatMap((child) => [...find(child)]));
    if (expr.kind === 'reduce' || expr.kind === 'stack') for (const b of expr.binders) inside.delete(b.id);
    seen.set(expr, inside);
    return inside;
  };
  return find;
};

/** Whether the expression mentions one of the variables, in a position, an index or a filter. */
export const dependsOn = (expr: Expr, variables: ReadonlySet<string>): boolean => {
  let found = false;
  visit(expr, (e) => {
    if (e.kind === 'ref' && e.of === 'variable' && variables.has(e.name)) found = true;
  });
  return found;
};

/** The expression with every let replaced by its value. */
export const expandLets = (model: Model, expr: Expr): Expr => letInliner(model)(expr);
