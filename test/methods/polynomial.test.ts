// Energies read as polynomials: the terms, summed label by label with plain numbers, are worth what the expression is worth.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { buildFactorGraph } from '../../src/graph/build-graph.ts';
import { Frame, compileScalar, isUnevaluable } from '../../src/graph/evaluate.ts';
import { indexExpr, letInliner } from '../../src/graph/expressions.ts';
import { extractPolynomial } from '../../src/graph/extract-polynomial.ts';
import type { FactorGroup } from '../../src/graph/factor-graph.ts';
import type { Known, Occurrence, Polynomial, Term } from '../../src/graph/polynomial.ts';
import { isRefused } from '../../src/graph/polynomial.ts';
import { check } from '../../src/semantics/check.ts';
import type { Expr, Model } from '../../src/semantics/model.ts';
import { parse } from '../../src/syntax/parse.ts';
import { evaluate } from '../../src/tensor/dims.ts';
import { random } from './random-data.ts';

const N = 3;
const D = 3;
const K = 2;
const sizes = { N, D, K };

interface Arrays {
  readonly [name: string]: { readonly shape: readonly number[]; readonly data: Float64Array };
}

/** A scalar expression under the index n: its text, value and degree in the unknowns. */
interface Piece {
  readonly text: string;
  readonly degree: number;
  readonly value: (a: Arrays, n: number) => number;
}

const header = `model m
size N = ${N}, D = ${D}, K = ${K}
observed h[n in N] : real
observed c : real[D]
observed e : real[K]
observed g[n in N] : category(K)
latent s : real
latent v : real[D]
latent M : real[D, K]
latent u[n in N] : real
latent w[n in N] : real[D]
latent p : positive[K]
`;

const shapes: Readonly<Record<string, readonly number[]>> = {
  h: [N],
  c: [D],
  e: [K],
  g: [N],
  s: [],
  v: [D],
  M: [D, K],
  u: [N],
  w: [N, D],
  p: [K],
};
const unknowns = new Set(['s', 'v', 'M', 'u', 'w', 'p']);

const at = (a: Arrays, name: string, ...index: readonly number[]): number => {
  const { shape, data } = a[name]!;
  return data[index.reduce((flat, i, k) => flat * shape[k]! + i, 0)]!;
};
const sum = (n: number, f: (i: number) => number): number =>
  Array.from({ length: n }, (_, i) => f(i)).reduce((x, y) => x + y, 0);

const atoms: readonly Piece[] = [
  { text: '1.5', degree: 0, value: () => 1.5 },
  { text: 'n', degree: 0, value: (_, n) => n },
  { text: 'h[n]', degree: 0, value: (a, n) => at(a, 'h', n) },
  { text: 's', degree: 1, value: (a) => at(a, 's') },
  { text: 'u[n]', degree: 1, value: (a, n) => at(a, 'u', n) },
  { text: 'u[1]', degree: 1, value: (a) => at(a, 'u', 1) },
  { text: 'v[2]', degree: 1, value: (a) => at(a, 'v', 2) },
  { text: 'v[n]', degree: 1, value: (a, n) => at(a, 'v', n) },
  { text: 'w[n][1]', degree: 1, value: (a, n) => at(a, 'w', n, 1) },
  { text: 'M[n, 1]', degree: 1, value: (a, n) => at(a, 'M', n, 1) },
  { text: 'M[1, g[n]]', degree: 1, value: (a, n) => at(a, 'M', 1, at(a, 'g', n)) },
  { text: 'M[n][g[n]]', degree: 1, value: (a, n) => at(a, 'M', n, at(a, 'g', n)) },
  { text: '(v @ c)', degree: 1, value: (a) => sum(D, (d) => at(a, 'v', d) * at(a, 'c', d)) },
  { text: '(w[n] @ v)', degree: 2, value: (a, n) => sum(D, (d) => at(a, 'w', n, d) * at(a, 'v', d)) },
  {
    text: "(c' @ M @ e)",
    degree: 1,
    value: (a) => sum(D, (d) => sum(K, (k) => at(a, 'c', d) * at(a, 'M', d, k) * at(a, 'e', k))),
  },
  {
    text: "(e @ (M' @ v))",
    degree: 2,
    value: (a) => sum(D, (d) => sum(K, (k) => at(a, 'e', k) * at(a, 'M', d, k) * at(a, 'v', d))),
  },
  { text: '||w[n] - v||^2', degree: 2, value: (a, n) => sum(D, (d) => (at(a, 'w', n, d) - at(a, 'v', d)) ** 2) },
  {
    text: '||M||_F^2',
    degree: 2,
    value: (a) => sum(D, (d) => sum(K, (k) => at(a, 'M', d, k) ** 2)),
  },
  {
    text: "trace(M @ M')",
    degree: 2,
    value: (a) => sum(D, (d) => sum(K, (k) => at(a, 'M', d, k) ** 2)),
  },
  {
    text: '(sum[d in D where d != n] v[d] * w[n][d])',
    degree: 2,
    value: (a, n) => sum(D, (d) => (d === n ? 0 : at(a, 'v', d) * at(a, 'w', n, d))),
  },
  { text: '(mean[i in N] u[i])', degree: 1, value: (a) => sum(N, (i) => at(a, 'u', i)) / N },
  {
    text: '(sum[i in 1..N] (u[i] - u[i - 1])^2)',
    degree: 2,
    value: (a) => sum(N - 1, (i) => (at(a, 'u', i + 1) - at(a, 'u', i)) ** 2),
  },
  { text: '[s, u[n], 2][1]', degree: 1, value: (a, n) => at(a, 'u', n) },
  {
    text: '(c @ [s, u[n], 2])',
    degree: 1,
    value: (a, n) => at(a, 'c', 0) * at(a, 's') + at(a, 'c', 1) * at(a, 'u', n) + 2 * at(a, 'c', 2),
  },
  {
    text: '(c @ (stack[d in D] v[d] * s))',
    degree: 2,
    value: (a) => sum(D, (d) => at(a, 'c', d) * at(a, 'v', d) * at(a, 's')),
  },
  { text: 'sum(v[1..3])', degree: 1, value: (a) => at(a, 'v', 1) + at(a, 'v', 2) },
  { text: '(s / h[n])', degree: 1, value: (a, n) => at(a, 's') / at(a, 'h', n) },
  { text: 'log(p[g[n]])', degree: 1, value: (a, n) => Math.log(at(a, 'p', at(a, 'g', n))) },
  { text: '(u[n] / p[1])', degree: 2, value: (a, n) => at(a, 'u', n) / at(a, 'p', 1) },
  { text: '(s / p[0])^2', degree: 4, value: (a) => (at(a, 's') / at(a, 'p', 0)) ** 2 },
];

const build = (tape: readonly number[]): Piece => {
  let read = 0;
  const below = (k: number): number => (tape[read++] ?? 0) % k;
  const grow = (depth: number): Piece => {
    const how = depth === 0 ? 0 : below(8);
    if (how < 2) return atoms[below(atoms.length)]!;
    const a = grow(depth - 1);
    if (how === 2) return { text: `-${wrap(a)}`, degree: a.degree, value: (x, n) => -a.value(x, n) };
    if (how === 3 && a.degree <= 2)
      return { text: `${wrap(a)}^2`, degree: 2 * a.degree, value: (x, n) => a.value(x, n) ** 2 };
    const b = grow(depth - 1);
    if (how === 4 && a.degree + b.degree <= 4)
      return {
        text: `${wrap(a)} * ${wrap(b)}`,
        degree: a.degree + b.degree,
        value: (x, n) => a.value(x, n) * b.value(x, n),
      };
    const degree = Math.max(a.degree, b.degree);
    if (how === 5) return { text: `${wrap(a)} - ${wrap(b)}`, degree, value: (x, n) => a.value(x, n) - b.value(x, n) };
    if (how === 6)
      return {
        text: `(if g[n] == 1 then ${a.text} else ${b.text})`,
        degree,
        value: (x, n) => (at(x, 'g', n) === 1 ? a.value(x, n) : b.value(x, n)),
      };
    return { text: `${wrap(a)} + ${wrap(b)}`, degree, value: (x, n) => a.value(x, n) + b.value(x, n) };
  };
  return grow(3);
};
const wrap = (p: Piece): string => (/^[\w.]+$/.test(p.text) ? p.text : `(${p.text})`);

// ---------------------------------------------------------------- the polynomial in plain numbers

/** The entry of a known factor at its labels; a transpose is the entry at swapped labels. */
const entryOf = ({ expr, labels }: Known): Expr => {
  if (labels.length === 0) return expr;
  if (expr.kind === 'call' && expr.fn === 'transpose')
    return entryOf({ expr: expr.args[0]!, labels: expr.args[0]!.type.shape.length < 2 ? labels : labels.toReversed() });
  return {
    kind: 'subscript',
    base: expr,
    subscripts: labels.map((l) => ({ kind: 'at', at: indexExpr(l, expr) }) as const),
    type: { scalar: expr.type.scalar, shape: [] },
    span: expr.span,
  };
};

const occurrence = (o: Occurrence, arrays: Arrays, label: (l: string) => number): number => {
  const x = at(arrays, o.variable, ...o.positions.map((p) => label(p.label) + evaluate(p.offset, sizes)));
  switch (o.atom) {
    case 'value':
      return x;
    case 'log':
      return Math.log(x);
    case 'reciprocal':
      return 1 / x;
    default:
      throw new Error(`no ${o.atom} here`);
  }
};

const termValue = (term: Term, polynomial: Polynomial, model: Model, arrays: Arrays): number => {
  const labels = [...new Set(term.bound)];
  expect(labels.length, 'a label is bound twice').toBe(term.bound.length);
  const frame = new Frame(labels.map((id) => ({ id })));
  const known = term.known.map((k) => {
    const compiled = compileScalar(entryOf(k), frame, { model, sizes, arrays });
    if (isUnevaluable(compiled)) throw new Error(compiled.reason);
    return compiled;
  });
  const values = frame.make();
  let total = 0;
  const descend = (k: number): void => {
    if (k < labels.length) {
      const { from, dim } = polynomial.ranges.get(labels[k]!)!;
      const first = evaluate(from, sizes);
      for (let i = 0; i < evaluate(dim, sizes); i++) {
        values[frame.place(labels[k]!)] = first + i;
        descend(k + 1);
      }
      return;
    }
    const label = (l: string): number => values[frame.place(l)]!;
    const product = known.reduce((p, f) => p * f(values), term.coefficient);
    total += term.unknown.reduce((p, o) => (p === 0 ? 0 : p * occurrence(o, arrays, label)), product);
  };
  descend(0);
  return total;
};

const groupOf = (text: string): { model: Model; group: FactorGroup } => {
  const parsed = parse(text);
  const checked = check(parsed.tree);
  const errors = [...parsed.diagnostics, ...checked.diagnostics].filter((d) => d.severity === 'error');
  if (errors.length > 0) throw new Error(`${errors.map((d) => d.message).join('\n')}\n${text}`);
  const { graph } = buildFactorGraph(checked.model!);
  const inline = letInliner(checked.model!);
  const [group] = graph.groups;
  return { model: checked.model!, group: { ...group!, energy: inline(group!.energy) } };
};

const { normal } = random(1);
const sample = (): Arrays =>
  Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const count = shape.reduce((a, b) => a * b, 1);
      const draw =
        name === 'g' ? () => Math.floor(Math.abs(normal()) * 5) % K : name === 'p' ? () => Math.exp(normal()) : normal;
      return [name, { shape, data: Float64Array.from({ length: count }, draw) }] as const;
    }),
  );

it('random expressions', () => {
  let refused = 0;
  fc.assert(
    fc.property(fc.array(fc.nat(999), { minLength: 30, maxLength: 30 }), (tape) => {
      const piece = build(tape);
      const { model, group } = groupOf(`${header}factor f[n in N] = ${piece.text}\n`);
      const polynomial = extractPolynomial({ model, block: unknowns, slot: () => null }, group.energy, group.binders);
      if (isRefused(polynomial)) {
        refused++;
        return;
      }
      for (const term of polynomial.terms) expect(term.unknown.length).toBeLessThanOrEqual(piece.degree);
      const arrays = sample();
      const expected = sum(N, (n) => piece.value(arrays, n));
      const found = polynomial.terms.reduce((total, t) => total + termValue(t, polynomial, model, arrays), 0);
      const scale = Math.max(1, Math.abs(expected));
      expect(Math.abs(found - expected) / scale, `${piece.text}: ${found} against ${expected}`).toBeLessThan(1e-8);
    }),
    { numRuns: Number(process.env['RUNS'] ?? 400), seed: Number(process.env['SEED'] ?? 1) },
  );
  expect(refused).toBe(0);
});

it.each(['exp(s)', 's^5', 's^(1/2)', 'max(s, 0)', 'abs(u[n])', 'log(s + 1)', 'if s > 0 then 1 else 0', 'sqrt(p[0])'])(
  'not a polynomial: %s',
  (text) => {
    const { model, group } = groupOf(`${header}factor f[n in N] = ${text}\n`);
    const polynomial = extractPolynomial({ model, block: unknowns, slot: () => null }, group.energy, group.binders);
    expect(isRefused(polynomial)).toBe(true);
  },
);
