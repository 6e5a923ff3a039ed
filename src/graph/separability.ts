// In: an energy with lets inlined, an array node and one of its axes. Out: whether the energy is a sum over the entries along
// that axis, so that they are as good as separate variables: the hidden units of an RBM given the visible ones.
import { builtins } from '../semantics/builtins.ts';
import type { BuiltinName } from '../semantics/builtins.ts';
import { writtenNumber } from '../semantics/builtin.ts';
import type { Expr, Model, SubscriptExpr, Variable } from '../semantics/model.ts';
import { dependsOn, exprKey, freeIndices } from './expressions.ts';

/** How each entry of a value depends on the entries of the node along the axis. */
type Dependence =
  | { readonly kind: 'absent' }
  /** Entry i, counted along axis `position` of the value, depends on entry i of the node only. */
  | { readonly kind: 'aligned'; readonly position: number }
  /** All depend on the one entry that this index chooses. */
  | { readonly kind: 'single'; readonly key: string; readonly index: Expr }
  /** A sum of functions of one entry each. */
  | { readonly kind: 'separable' }
  | { readonly kind: 'entangled' };

const absent: Dependence = { kind: 'absent' };
const separable: Dependence = { kind: 'separable' };
const entangled: Dependence = { kind: 'entangled' };
const aligned = (position: number): Dependence => ({ kind: 'aligned', position });

const same = (a: Dependence, b: Dependence): boolean =>
  a.kind === 'aligned' && b.kind === 'aligned'
    ? a.position === b.position
    : a.kind === 'single' && b.kind === 'single'
      ? a.key === b.key
      : a.kind === b.kind;

const present = (parts: readonly Dependence[]): readonly Dependence[] => parts.filter((p) => p.kind !== 'absent');

/** Of a sum. */
const summed = (parts: readonly Dependence[]): Dependence => {
  const [first = absent, ...rest] = present(parts);
  if (rest.every((p) => same(p, first))) return first;
  return [first, ...rest].some((p) => p.kind === 'entangled') ? entangled : separable;
};

/** Of an arbitrary function, entry by entry. */
const mixed = (parts: readonly Dependence[]): Dependence => {
  const [first = absent, ...rest] = present(parts);
  return first.kind === 'separable' || !rest.every((p) => same(p, first)) ? entangled : first;
};

/** Whether the expression is a sum over the entries of the node along the axis (0 = first axis of the node), or free of it. */
export const isSeparable = (model: Model, expr: Expr, variable: Variable, axis: number): boolean => {
  const found = new Dependences(model, variable, axis).of(expr);
  return found.kind !== 'entangled';
};

/** Lives while one energy is read. */
class Dependences {
  readonly #seen = new Map<Expr, Dependence>();
  readonly #names: ReadonlySet<string>;

  constructor(
    private readonly model: Model,
    private readonly variable: Variable,
    private readonly axis: number,
  ) {
    this.#names = new Set([variable.name]);
  }

  of(expr: Expr): Dependence {
    const known = this.#seen.get(expr);
    if (known !== undefined) return known;
    const found = this.#read(expr);
    this.#seen.set(expr, found);
    return found;
  }

  #depends(expr: Expr): boolean {
    return dependsOn(expr, this.#names);
  }

  #read(expr: Expr): Dependence {
    switch (expr.kind) {
      case 'number':
      case 'dim':
      case 'beta':
      case 'index':
      case 'parameter':
      case 'ragged':
        return absent;
      case 'ref':
        if (expr.at.some((e) => this.#depends(e))) return entangled;
        return expr.of === 'variable' && expr.name === this.variable.name
          ? aligned(this.variable.binders.length - expr.at.length + this.axis)
          : absent;
      case 'call':
        return this.#call(expr);
      case 'reduce':
        return this.#reduction(expr);
      case 'stack': {
        const body = this.of(expr.body);
        if (body.kind === 'aligned') return aligned(body.position + expr.binders.length);
        if (body.kind !== 'single') return body;
        const at =
          body.index.kind === 'index'
            ? expr.binders.findIndex((b) => body.index.kind === 'index' && b.id === body.index.id)
            : -1;
        if (at >= 0 && expr.binders[at]!.from.length === 0) return aligned(at);
        return this.#boundBy(body.index, expr.binders) ? separable : body;
      }
      case 'if': {
        const condition = this.of(expr.condition);
        const branches = [this.of(expr.then), this.of(expr.else)];
        return condition.kind === 'absent' ? summed(branches) : mixed([condition, ...branches]);
      }
      case 'array': {
        const parts = present(expr.elements.map((e) => this.of(e)));
        const [first] = parts;
        if (first === undefined || (first.kind === 'single' && parts.every((p) => same(p, first))))
          return first ?? absent;
        return parts.some((p) => p.kind === 'entangled') ? entangled : separable;
      }
      case 'subscript':
        return this.#subscript(expr, expr.subscripts);
      case 'net':
        return [...expr.args.map((a) => this.#depends(a)), this.#owns(expr.net)].some(Boolean) ? entangled : absent;
      case 'layer':
        return this.#depends(expr.input) || expr.params.includes(this.variable.name) ? entangled : absent;
      case 'weights':
        return this.#owns(expr.net) ? entangled : absent;
      case 'free-energy':
      case 'negatives':
        return entangled;
    }
  }

  #owns(net: string): boolean {
    return this.model.nets.find((n) => n.name === net)?.params.includes(this.variable.name) ?? false;
  }

  #boundBy(index: Expr, binders: readonly { readonly id: string }[]): boolean {
    const free = freeIndices(index);
    return binders.some((b) => free.has(b.id));
  }

  #call(expr: Expr & { kind: 'call' }): Dependence {
    const { fn, args } = expr;
    if (fn === 'stop_gradient') return absent;
    const inner = args.map((a) => this.of(a));
    if (present(inner).length === 0) return absent;
    if (inner.some((p) => p.kind === 'entangled')) return entangled;
    if (fn === 'add' || fn === 'sub') return summed(inner);
    if (fn === 'matmul') return this.#matmul(args, inner);
    const facts = builtins[fn].curvature(args.map(writtenNumber));
    if (builtins[fn].elementwise === true) {
      const used = inner.flatMap((p, i) => (p.kind === 'absent' ? [] : [i]));
      const linear = used.length === 1 && facts[Math.min(used[0]!, facts.length - 1)]!.degree === 'linear';
      return linear ? inner[used[0]!]! : mixed(inner);
    }
    const [first] = inner as [Dependence];
    const rank = args[0]!.type.shape.length;
    const rule = wholeArray[fn];
    return rule === undefined || inner.slice(1).some((p) => p.kind !== 'absent') ? entangled : rule(first, rank);
  }

  #matmul(args: readonly Expr[], [a, b]: readonly Dependence[]): Dependence {
    const [left, right] = args.map((e) => e.type) as [Expr['type'], Expr['type']];
    const outer = left.shape.length === 1 && left.row !== true && right.row === true;
    const contracted = (p: Dependence, side: 0 | 1): boolean =>
      !outer && p.kind === 'aligned' && p.position === (side === 0 ? left.shape.length - 1 : 0);
    const moved = (p: Dependence, side: 0 | 1): Dependence => {
      if (p.kind !== 'aligned') return p;
      if (contracted(p, side)) return separable;
      return side === 0 ? p : aligned(outer ? 1 : left.shape.length - 1 + p.position - 1);
    };
    if (b!.kind === 'absent') return moved(a!, 0);
    if (a!.kind === 'absent') return moved(b!, 1);
    if (contracted(a!, 0) && contracted(b!, 1)) return separable;
    return a!.kind === 'single' && same(a!, b!) ? a! : entangled;
  }

  #reduction(expr: Expr & { kind: 'reduce' }): Dependence {
    const body = this.of(expr.body);
    const adds = expr.reducer === 'sum' || expr.reducer === 'mean';
    if (body.kind === 'single' && this.#boundBy(body.index, expr.binders)) return adds ? separable : entangled;
    return body.kind === 'separable' && !adds ? entangled : body;
  }

  #subscript(expr: Expr & { kind: 'subscript' }, subscripts: readonly SubscriptExpr[]): Dependence {
    const base = this.of(expr.base);
    const indices = subscripts.flatMap((s) => (s.kind === 'all' ? [] : [s.kind === 'at' ? s.at : s.from]));
    const chosen = indices.filter((e) => this.#depends(e));
    if (chosen.length > 0) {
      // M[z] with z one-hot is the sum Σ_k M_k z_k.
      const [only] = chosen;
      if (chosen.length > 1 || base.kind !== 'absent' || only!.type.shape.length !== 1) return entangled;
      return this.of(only!).kind === 'entangled' ? entangled : separable;
    }
    if (base.kind !== 'aligned') return base;
    const here = subscripts[base.position] ?? { kind: 'all' };
    if (here.kind === 'at') return { kind: 'single', key: exprKey(here.at), index: here.at };
    if (here.kind === 'range') return separable;
    const dropped = subscripts.slice(0, base.position).filter((s) => s.kind === 'at').length;
    return aligned(base.position - dropped);
  }
}

type ArrayRule = (arg: Dependence, rank: number) => Dependence;
const sumOfFunctions: ArrayRule = (p) => (p.kind === 'aligned' ? separable : p.kind === 'separable' ? entangled : p);
const plainSum: ArrayRule = (p) => (p.kind === 'aligned' ? separable : p);
const joinsAll: ArrayRule = (p) => (p.kind === 'single' ? p : entangled);
const rearranged: ArrayRule = plainSum;
/** Joins the entries along the last axis, others stay apart. */
const alongLast: ArrayRule = (p, rank) =>
  p.kind === 'aligned' && p.position < rank - 1 ? p : p.kind === 'single' ? p : entangled;

/** Functions of a whole array; what is missing here ties all entries together. */
const wholeArray: Readonly<Partial<Record<BuiltinName, ArrayRule>>> = {
  'squared-norm2': sumOfFunctions,
  'squared-normF': sumOfFunctions,
  norm1: sumOfFunctions,
  norm0: sumOfFunctions,
  sum: plainSum,
  mean: plainSum,
  trace: plainSum,
  norm2: joinsAll,
  normF: joinsAll,
  logsumexp: joinsAll,
  min: joinsAll,
  max: joinsAll,
  prod: joinsAll,
  transpose: (p, rank) => (p.kind === 'aligned' && rank === 2 ? aligned(1 - p.position) : p),
  reshape: rearranged,
  flatten: rearranged,
  diag: rearranged,
  concat: rearranged,
  softmax: alongLast,
  log_softmax: alongLast,
  normalize: alongLast,
  entropy: (p, rank) =>
    p.kind === 'aligned' && p.position === rank - 1 ? separable : p.kind === 'separable' ? entangled : p,
  rownorm: alongLast,
  colnorm: (p) =>
    p.kind === 'aligned' ? (p.position === 1 ? aligned(0) : entangled) : p.kind === 'single' ? p : entangled,
};
