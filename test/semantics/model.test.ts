// What the checker makes of a file: positions filled into references, hulls and filters of indices, plates, nets, settings; and
// energies of whole models against formulas written out by hand.
import { describe, expect, it } from 'vitest';
import { check } from '../../src/semantics/check.ts';
import type { Expr, Factor, Model, Variable } from '../../src/semantics/model.ts';
import { walk } from '../../src/semantics/traverse.ts';
import { parse } from '../../src/syntax/parse.ts';
import { print, printShape } from '../../src/tensor/dims.ts';
import { randomNumbers } from '../tensor/finite-differences.ts';
import type { Nested } from './builtin-cases.ts';
import { energyOfModel } from './evaluate.ts';

const modelOf = (source: string): Model => {
  const parsed = parse(`model m\n${source}`);
  const { model, diagnostics } = check(parsed.tree);
  expect([...parsed.diagnostics, ...diagnostics.filter((d) => d.severity === 'error')]).toEqual([]);
  return model!;
};
const variable = (model: Model, name: string): Variable => model.variables.find((v) => v.name === name)!;
const factor = (model: Model, name: string): Factor => model.factors.find((f) => f.name === name)!;

/** References of an expression as text: `s[t - 1]`. */
const references = (expr: Expr): readonly string[] => {
  const found: string[] = [];
  walk(expr, (e) => {
    if (e.kind === 'ref' && e.of !== 'const')
      found.push(`${e.name}(${e.at.map(text).join(', ')}) ${printShape(e.type.shape)}`);
  });
  return found;
};
const text = (e: Expr): string =>
  e.kind === 'index'
    ? e.id
    : e.kind === 'number'
      ? String(e.value)
      : e.kind === 'call'
        ? `${e.fn}(${e.args.map(text).join(', ')})`
        : e.kind === 'dim'
          ? print(e.dim)
          : e.kind;
const hull = ({ binders }: Factor | Variable): string =>
  binders.map((b) => `${b.name} in ${print(b.from)}..${print(b.to)}`).join(', ');

describe('points of plates', () => {
  const plate = (body: string, outside = ''): Model =>
    modelOf(`size N, D\nplate n in N {\n target y : real[D]\n ${body}\n}\n${outside}\n`);
  it('inside, the bare name is this point and a plain subscript its component', () => {
    const m = plate('factor f = ||y||^2 + y[0]');
    expect(references(factor(m, 'f').energy)).toEqual(['y(n) [D]', 'y(n) [D]']);
  });
  it('a subscript with the plate index is another point', () => {
    const m = plate('factor f = if n > 0 then ||y[n-1]||^2 + y[n-1, 0] else 0');
    expect(references(factor(m, 'f').energy)).toEqual(['y(sub(n, 1)) [D]', 'y(sub(n, 1)) [D]']);
  });
  it('outside, it is all of them', () => {
    const m = plate('', 'factor f = ||y||_F^2 + y[0, 1] + sum(y[2])');
    expect(references(factor(m, 'f').energy)).toEqual(['y() [N, D]', 'y(0) [D]', 'y(2) [D]']);
  });
  it('a plate reopened is the same plate', () => {
    const m = plate('', 'plate n in N {\n factor f = ||y||^2\n}\nplate n in D {\n factor g = 1 + sum(y)\n}');
    expect(m.plates.map((p) => [p.binder.id, print(p.binder.to)])).toEqual([
      ['n', 'N'],
      ['n#2', 'D'],
    ]);
    expect(references(factor(m, 'f').energy)).toEqual(['y(n) [D]']);
    expect(references(factor(m, 'g').energy)).toEqual(['y() [N, D]']);
  });
});

describe('index clauses', () => {
  it('positions count from the first index of the declaration', () => {
    const m = modelOf('size T\nlatent s[t in 1..T] : real\nfactor f[t in 2..T] = (s[t] - s[t-1])^2\n');
    expect(references(factor(m, 'f').energy)).toEqual(['s(sub(t#2, 1)) []', 's(sub(sub(t#2, 1), 1)) []']);
  });
  it('ranges that depend on indices become their hull and a filter', () => {
    const m = modelOf(
      'size N, L[d in N]\nlatent x[d in N, t in L[d]] : real\nfactor f[i in N, j in i+1..N, k in 0..j-i] = x[0, 0]\n',
    );
    expect(hull(variable(m, 'x'))).toBe('d in 0..N, t in 0..L');
    expect(text(variable(m, 'x').where!)).toBe('lt(t, ragged)');
    expect(hull(factor(m, 'f'))).toBe('i in 0..N, j in 1..N, k in 0..N - 1');
    expect(text(factor(m, 'f').where!)).toBe('and(ge(j, add(i, 1)), lt(k, sub(j, i)))');
  });
  it('binders have ids of their own', () => {
    const m = modelOf('size N\ntarget x[i in N] : real\nfactor f[i in N] = x[i] * (sum[i in N] x[i])\n');
    expect(new Set([...variable(m, 'x').binders, ...factor(m, 'f').binders].map((b) => b.id)).size).toBe(2);
    expect(references(factor(m, 'f').energy)).toEqual(['x(i#2) []', 'x(i#3) []']);
  });
  it('conditions of a declaration are split from filters of its indices', () => {
    const m = modelOf('size K\nlatent a[k in K] : real where k > 0 and a <= 1\nfactor f[k in K] = a[k]\n');
    expect(text(variable(m, 'a').where!)).toBe('gt(k, 0)');
    expect(variable(m, 'a').conditions.map(text)).toEqual(['le(ref, 1)']);
    expect(references(variable(m, 'a').conditions[0]!)).toEqual(['a(k) []']);
  });
});

describe('names of factors, nets and params', () => {
  it('labels are unique', () => {
    const m = modelOf(
      'latent s[t in 3] : real\ns[0] ~ normal(0, 1)\ns[t in 1..3] ~ normal(s[t-1], 1)\nfactor s = 0 * s[0]\n',
    );
    expect(m.factors.map((f) => f.name)).toEqual(['s', 's#2', 's#3']);
    expect(m.factors.map((f) => f.distribution?.variable ?? null)).toEqual(['s', 's', null]);
  });
  it('params of nets come last, each repeat and copy with its own', () => {
    const m = modelOf(
      'size D\nnet A(v : real[D]) -> real[D] = v |> linear(D) |> linear(D)\nnet B(v : real[D]) -> real[D] = v |> repeat(A, 2)\nnet C = copy(B)\nnet E = ema(B, decay = 0.5)\ntarget y : real[D]\nfactor f = ||B(y) - C(y) - E(y)||^2\n',
    );
    expect(m.variables.slice(0, 2).map((v) => v.name)).toEqual(['y', 'B.A1.linear1.weight']);
    expect(m.nets.map((n) => n.name)).toEqual(['B.A1', 'B.A2', 'B', 'C.A1', 'C.A2', 'C', 'E.A1', 'E.A2', 'E']);
    expect(m.nets.find((n) => n.name === 'E')!.derived).toEqual({ how: 'ema', from: 'B', decay: 0.5 });
    expect(m.nets.find((n) => n.name === 'B')!.params).toHaveLength(8);
    expect(printShape(variable(m, 'C.A2.linear2.weight').type.shape)).toBe('[D, D]');
    expect(variable(m, 'C.A2.linear2.weight').net).toBe('C.A2');
  });
  it('what a net body uses twice is one object', () => {
    const m = modelOf(
      'size D\nnet A(v : real[D]) -> real[D] {\n let a = v |> linear(D)\n return a + relu(a)\n}\nparam w : real[D]\nfactor f = ||A(w)||^2\n',
    );
    const body = m.nets[0]!.body as Expr & { kind: 'call' };
    expect((body.args[1] as Expr & { kind: 'call' }).args[0]).toBe(body.args[0]);
  });
});

describe('settings', () => {
  it('each loss governs the learn lines up to the next', () => {
    const m = modelOf(
      'param a, b : real\nfactor f = (a - b)^2\ntrain { loss energy  learn a by sgd(rate = 0.1)  loss = 2 * F  learn b  epochs 7  batch 16 }\n',
    );
    expect(m.train!.losses.map((l) => [l.named?.name ?? l.expression?.kind, l.learn.map((x) => x.names)])).toEqual([
      ['energy', [['a']]],
      ['call', [['b']]],
    ]);
    expect([m.train!.epochs, m.train!.batch]).toEqual([7, { size: 16, of: null }]);
  });
  it('options stand under their names, positional ones too', () => {
    const m = modelOf(
      'size N\nplate n in N {\n target y : real\n factor f = y^2\n}\ntrain { loss hinge(2, negatives = shuffled(y)) }\n',
    );
    const { options } = m.train!.losses[0]!.named!;
    expect(Object.keys(options)).toEqual(['margin', 'negatives']);
    expect(options['negatives']).toMatchObject({ kind: 'negatives', how: 'shuffled', of: 'y' });
  });
  it('beta and infer are kept as written', () => {
    const m = modelOf('const b = 2\nlatent z : real\nfactor f = z^2\nbeta = b\ninfer { marginalize z by laplace }\n');
    expect(m.beta).toMatchObject({ kind: 'ref', of: 'const', name: 'b' });
    expect(m.infer).toMatchObject([{ operation: 'marginalize', variables: ['z'], by: { name: 'laplace' } }]);
  });
});

describe('sizes', () => {
  it('what only the sizes can decide becomes a requirement', () => {
    const m = modelOf('size K, C\nparam w : real[C]\ntarget y : category(K)\nfactor f = w[y]\n');
    expect(m.requirements.map((r) => `${print(r.left)} ${r.relation} ${print(r.right)}`)).toEqual(['K <= C']);
  });
  it('a convolution makes a derived size', () => {
    const m = modelOf(
      'size L, T\nnet F(v : real[L]) -> real[T, 2] = v |> conv1d(2, width = 5, stride = 3)\nparam w : real[L]\nfactor f = sum(F(w))\n',
    );
    expect(m.derivedSizes).toHaveLength(1);
    expect(m.derivedSizes[0]).toMatchObject({ denominator: 3 });
    expect(print(m.derivedSizes[0]!.numerator)).toBe('L - 5');
    expect(m.requirements.map((r) => [print(r.left), r.relation])).toEqual([['T', '==']]);
  });
  it('written lengths fix sizes by their defaults', () => {
    const m = modelOf('size S = 2\nconst mu = [0, 5]\ntarget s : category(S)\nfactor f = mu[s]\n');
    expect(variable(m, 's').domain).toMatchObject({ kind: 'category', count: [{ coef: 2, sizes: [] }] });
    expect(m.requirements.map((r) => `${print(r.left)} ${r.relation} ${print(r.right)}`)).toEqual(['S == 2']);
  });
});

describe('energies', () => {
  const grid = (rows: number, columns: number, seed: number): readonly (readonly number[])[] =>
    Array.from({ length: rows }, (_, i) => [...randomNumbers(columns, seed + i)]);
  const energy = (
    source: string,
    values: Readonly<Record<string, Nested>>,
    sizes: Readonly<Record<string, number>>,
  ): number => energyOfModel({ model: modelOf(source), values, sizes });

  it('k-means: squared distances to the chosen columns', () => {
    const [y, w] = [grid(4, 2, 1), grid(2, 3, 9)];
    const chosen = [0, 2, 1, 2];
    const z = chosen.map((k) => [0, 1, 2].map((i) => Number(i === k)));
    const by = y.reduce((sum, point, n) => sum + point.reduce((s, x, d) => s + (x - w[d]![chosen[n]!]!) ** 2, 0), 0);
    const found = energy(
      'size N, D, K\nparam w : real[D, K]\nplate n in N {\n target y : real[D]\n latent z : onehot[K]\n factor distance = ||y - w @ z||^2\n}\n',
      { y, w, z },
      { N: 4, D: 2, K: 3 },
    );
    expect(found).toBeCloseTo(by, 10);
  });

  it('hidden Markov model: minus the logarithm of the joint probability', () => {
    const [pi, A, B] = [
      [0.6, 0.4],
      [
        [0.7, 0.3],
        [0.2, 0.8],
      ],
      [
        [0.5, 0.4, 0.1],
        [0.1, 0.3, 0.6],
      ],
    ];
    const [s, x] = [
      [0, 1, 1, 0],
      [2, 2, 0, 1],
    ];
    let p = pi[s[0]!]!;
    for (let t = 1; t < 4; t++) p *= A[s[t - 1]!]![s[t]!]!;
    for (let t = 0; t < 4; t++) p *= B[s[t]!]![x[t]!]!;
    const source =
      'size T, S, V\nparam pi : simplex[S]\nparam A : simplex[S, S]\nparam B : simplex[S, V]\nlatent s[t in T] : category(S)\ntarget x[t in T] : category(V)\ns[0] ~ categorical(pi)\ns[t in 1..T] ~ categorical(A[s[t-1]])\nx[t in T] ~ categorical(B[s[t]])\n';
    expect(energy(source, { pi, A, B, s, x }, { T: 4, S: 2, V: 3 })).toBeCloseTo(-Math.log(p), 10);
  });

  it('a grid with filters, functions and lets', () => {
    const y = [
      [1, -1, 1],
      [-1, -1, 1],
    ];
    let by = 0;
    for (let i = 0; i < 2; i++)
      for (let j = 0; j < 3; j++) {
        if (j > 0) by -= y[i]![j]! * y[i]![j - 1]!;
        if (i > 0) by -= 2 * y[i]![j]! * y[i - 1]![j]!;
      }
    const source =
      'size H, W\ntarget y[i in H, j in W] : spin\nfn pull(a, b, weight) = -weight * a * b\nlet left[i in H, j in W] = if j > 0 then y[i, j-1] else 0\nfactor across[i in H, j in W] = pull(y[i, j], left[i, j], 1)\nfactor down[i in H, j in W where i >= 1] = pull(y[i, j], y[i-1, j], 2)\n';
    expect(energy(source, { y }, { H: 2, W: 3 })).toBeCloseTo(by, 10);
  });

  it('bare names outside a plate are all nodes, with arguments over all of them', () => {
    const [x, sd, y] = [
      [0.5, -1, 2],
      [1, 2, 0.5],
      [0, 0.3, 1],
    ];
    const by = y.reduce(
      (sum, v, n) => sum + ((v - x[n]! - 1) / sd[n]!) ** 2 / 2 + Math.log(sd[n]!) + Math.log(2 * Math.PI) / 2,
      0,
    );
    const source =
      'size N\nplate n in N {\n observed x : real\n observed sd : positive\n target y : real\n}\ny ~ normal(x + 1, sd)\n';
    expect(energy(source, { x, sd, y }, { N: 3 })).toBeCloseTo(by, 10);
  });

  it('stacks and slices', () => {
    const x = [
      [1, 2, 0],
      [3, 4, 5],
    ];
    const source =
      'size D, T\ntarget x : real[D, T]\nfactor a = sum(stack[d in D] x[d, 0]^2)\nfactor b[t in T - 1] = sum(x[1, t..t+2])\nfactor c = (x[:, 1] @ x[:, 2])\n';
    expect(energy(source, { x }, { D: 2, T: 3 })).toBeCloseTo(1 + 9 + (3 + 4) + (4 + 5) + 20, 10);
  });
});
