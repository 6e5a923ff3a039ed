// Numbers from expressions before inference: subscripts and filters, which depend on indices, sizes, consts and data only.
// In: a scalar expression and what is known. Out: a function of the indices, compiled once and called for every combination,
// or the part that cannot be known yet.
import type { ArrayData } from '../data/table.ts';
import type { Binder, Expr, Model } from '../semantics/model.ts';
import type { BuiltinName } from '../semantics/builtins.ts';
import { evaluate } from '../tensor/dims.ts';
import { elementwiseTable } from '../tensor/elementwise-table.ts';

export interface Known {
  readonly model: Model;
  readonly sizes: Readonly<Record<string, number>>;
  /** Given variables, consts set from outside and ragged sizes, by name. */
  readonly arrays: Readonly<Record<string, ArrayData>>;
}

/** What stands in the way, and a few words on why. */
export interface Unevaluable {
  readonly kind: 'unevaluable';
  readonly expr: Expr;
  readonly reason: string;
}

/** Reads the indices from a frame: a mutable array with one place for each binder in scope. */
export type ScalarFunction = (frame: Int32Array) => number;

/** The entry of an array expression at the given positions. */
type EntryFunction = (frame: Int32Array, at: readonly number[]) => number;

export const isUnevaluable = (x: unknown): x is Unevaluable =>
  typeof x === 'object' && x !== null && (x as { kind?: unknown }).kind === 'unevaluable';

/** Where the indices stand in the frame. Reductions inside expressions take places after the last one given here. */
export class Frame {
  readonly #places = new Map<string, number>();

  constructor(binders: readonly { readonly id: string }[]) {
    for (const b of binders) this.place(b.id);
  }

  place(id: string): number {
    const known = this.#places.get(id);
    if (known !== undefined) return known;
    this.#places.set(id, this.#places.size);
    return this.#places.size - 1;
  }

  has(id: string): boolean {
    return this.#places.has(id);
  }

  /** To be called after everything has been compiled. */
  make(): Int32Array {
    return new Int32Array(this.#places.size);
  }
}

/** True is 1, false is 0. A subscript out of range reads NaN. */
export const compileScalar = (expr: Expr, frame: Frame, known: Known): ScalarFunction | Unevaluable => {
  const entry = compileEntry(expr, frame, known);
  return isUnevaluable(entry) ? entry : (f) => entry(f, noPositions);
};

/** The value of a scalar expression at these indices. */
export const evaluateScalar = (
  expr: Expr,
  indices: Readonly<Record<string, number>>,
  known: Known,
): number | Unevaluable => {
  const ids = Object.keys(indices);
  const frame = new Frame(ids.map((id) => ({ id })));
  const compiled = compileScalar(expr, frame, known);
  if (isUnevaluable(compiled)) return compiled;
  const values = frame.make();
  ids.forEach((id, place) => (values[place] = indices[id]!));
  return compiled(values);
};

const noPositions: readonly number[] = [];

const compileEntry = (expr: Expr, frame: Frame, known: Known): EntryFunction | Unevaluable => {
  const cannot = (reason: string): Unevaluable => ({ kind: 'unevaluable', expr, reason });
  const all = (list: readonly Expr[]): readonly EntryFunction[] | Unevaluable => {
    const compiled = list.map((e) => compileEntry(e, frame, known));
    return compiled.find(isUnevaluable) ?? (compiled as EntryFunction[]);
  };
  switch (expr.kind) {
    case 'number': {
      const { value } = expr;
      return () => value;
    }
    case 'dim':
      try {
        const value = evaluate(expr.dim, known.sizes);
        return () => value;
      } catch (error) {
        if (error instanceof RangeError) return cannot(error.message);
        throw error;
      }
    case 'index': {
      if (!frame.has(expr.id)) return cannot('this index has no value here');
      const place = frame.place(expr.id);
      return (f) => f[place]!;
    }
    case 'ragged':
    case 'ref': {
      const name = expr.kind === 'ragged' ? expr.size : expr.name;
      const given = known.arrays[name];
      const declared =
        expr.kind === 'ref' && expr.of === 'const' ? known.model.consts.find((c) => c.name === name) : undefined;
      if (given === undefined && declared !== undefined) return compileEntry(declared.value, frame, known);
      if (given === undefined) return cannot(`${name} has no value before inference`);
      const positions = all(expr.at);
      return isUnevaluable(positions) ? positions : readArray(given, positions);
    }
    case 'call': {
      const fn = scalarFunctions[expr.fn];
      if (fn === undefined) return cannot(`${expr.fn} is not evaluated before inference`);
      const args = all(expr.args);
      if (isUnevaluable(args)) return args;
      const [a, b, c] = expr.args.map((e, i): EntryFunction => {
        const arg = args[i]!;
        return e.type.shape.length === 0 ? (f) => arg(f, noPositions) : arg;
      });
      if (b === undefined) return (f, at) => fn(a!(f, at), 0, 0);
      if (c === undefined) return (f, at) => fn(a!(f, at), b(f, at), 0);
      return (f, at) => fn(a!(f, at), b(f, at), c(f, at));
    }
    case 'if': {
      const parts = all([expr.condition, expr.then, expr.else]);
      if (isUnevaluable(parts)) return parts;
      const [condition, then, otherwise] = parts as [EntryFunction, EntryFunction, EntryFunction];
      return (f, at) => (condition(f, noPositions) !== 0 ? then(f, at) : otherwise(f, at));
    }
    case 'array': {
      const elements = all(expr.elements);
      if (isUnevaluable(elements)) return elements;
      return (f, at) => elements[at[0]!]?.(f, at.slice(1)) ?? NaN;
    }
    case 'stack': {
      const body = compileUnder(expr.binders, [expr.body], frame, known);
      if (isUnevaluable(body)) return body;
      const places = expr.binders.map((b) => frame.place(b.id));
      return (f, at) => {
        places.forEach((place, k) => (f[place] = body.from[k]! + at[k]!));
        return body.parts[0]!(f, at.slice(places.length));
      };
    }
    case 'subscript': {
      const inner = all([
        expr.base,
        ...expr.subscripts.flatMap((s) => (s.kind === 'all' ? [] : s.kind === 'at' ? [s.at] : [s.from])),
      ]);
      if (isUnevaluable(inner)) return inner;
      const [base, ...positions] = inner as [EntryFunction, ...EntryFunction[]];
      const { subscripts } = expr;
      return (f, at) => {
        let next = 0;
        let read = 0;
        const full = subscripts.map((s) => {
          if (s.kind === 'all') return at[next++]!;
          const position = positions[read++]!(f, noPositions);
          return s.kind === 'at' ? position : position + at[next++]!;
        });
        return base(f, [...full, ...at.slice(next)]);
      };
    }
    case 'reduce':
      return compileReduction(expr, frame, known);
    case 'beta':
    case 'parameter':
    case 'net':
    case 'layer':
    case 'weights':
    case 'free-energy':
    case 'negatives':
      return cannot('this is not known before inference');
  }
};

const readArray = (array: ArrayData, leading: readonly EntryFunction[]): EntryFunction => {
  const { shape, data } = array;
  return (f, at) => {
    let flat = 0;
    for (let k = 0; k < shape.length; k++) {
      const position = k < leading.length ? leading[k]!(f, noPositions) : at[k - leading.length]!;
      if (!(position >= 0 && position < shape[k]!)) return NaN;
      flat = flat * shape[k]! + position;
    }
    return data[flat]!;
  };
};

/** Compiles what stands under binders, whose ranges must be known. */
const compileUnder = (
  binders: readonly Binder[],
  exprs: readonly Expr[],
  frame: Frame,
  known: Known,
):
  | { readonly parts: readonly EntryFunction[]; readonly from: readonly number[]; readonly to: readonly number[] }
  | Unevaluable => {
  const range = (b: Binder, side: 'from' | 'to'): number | Unevaluable => {
    const at = exprs[0]!;
    const value = compileScalar({ kind: 'dim', dim: b[side], type: at.type, span: b.span }, frame, known);
    return isUnevaluable(value) ? value : value(noFrame);
  };
  const from = binders.map((b) => range(b, 'from'));
  const to = binders.map((b) => range(b, 'to'));
  for (const b of binders) frame.place(b.id);
  const parts = exprs.map((e) => compileEntry(e, frame, known));
  const bad = [...from, ...to, ...parts].find(isUnevaluable);
  return bad ?? { parts: parts as EntryFunction[], from: from as number[], to: to as number[] };
};

const noFrame = new Int32Array(0);

const compileReduction = (expr: Expr & { kind: 'reduce' }, frame: Frame, known: Known): EntryFunction | Unevaluable => {
  const inner = compileUnder(expr.binders, expr.where === null ? [expr.body] : [expr.body, expr.where], frame, known);
  if (isUnevaluable(inner)) return inner;
  const [body, where] = inner.parts as [EntryFunction, EntryFunction | undefined];
  const places = expr.binders.map((b) => frame.place(b.id));
  const finish = reductions[expr.reducer];
  return (f, at) => {
    const values: number[] = [];
    const descend = (k: number): void => {
      if (k === places.length) {
        if (where === undefined || where(f, noPositions) !== 0) values.push(body(f, at));
        return;
      }
      for (let i = inner.from[k]!; i < inner.to[k]!; i++) {
        f[places[k]!] = i;
        descend(k + 1);
      }
    };
    descend(0);
    return finish(values);
  };
};

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const largest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

const reductions: Readonly<Record<(Expr & { kind: 'reduce' })['reducer'], (values: readonly number[]) => number>> = {
  sum,
  prod: (values) => values.reduce((a, b) => a * b, 1),
  min: (values) => values.reduce((a, b) => Math.min(a, b), Infinity),
  max: largest,
  mean: (values) => sum(values) / values.length,
  logsumexp: (values) => {
    const top = largest(values);
    return Number.isFinite(top) ? top + Math.log(sum(values.map((v) => Math.exp(v - top)))) : top;
  },
};

/** The builtins that act entry by entry and have a plain number as value, from the table of elementwise functions. */
const scalarFunctions: Readonly<Partial<Record<BuiltinName, (a: number, b: number, c: number) => number>>> = {
  ...Object.fromEntries(
    (
      ['add', 'sub', 'mul', 'div', 'pow', 'neg', 'mod', 'eq', 'ne', 'lt', 'le', 'gt', 'ge', 'and', 'or', 'not'] as const
    ).map((name) => [name, elementwiseTable[name].value]),
  ),
  ...Object.fromEntries(
    (
      [
        'exp',
        'log',
        'log1p',
        'expm1',
        'sqrt',
        'abs',
        'sign',
        'sin',
        'cos',
        'tan',
        'tanh',
        'sinh',
        'cosh',
        'sigmoid',
      ] as const
    ).map((name) => [name, elementwiseTable[name].value]),
  ),
  relu: elementwiseTable.relu.value,
  softplus: elementwiseTable.softplus.value,
  floor: elementwiseTable.floor.value,
  minimum: elementwiseTable.min.value,
  maximum: elementwiseTable.max.value,
  is_nan: elementwiseTable['is-nan'].value,
  stop_gradient: (a) => a,
  'div-integer': (a, b) => Math.floor(a / b),
  clamp: (a, low, high) => Math.min(Math.max(a, low), high),
  wrap: (a) => a - 2 * Math.PI * Math.ceil((a - Math.PI) / (2 * Math.PI)),
};
