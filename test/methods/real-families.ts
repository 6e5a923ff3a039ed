// Families of quadratic energies: plates, linear algebra, chains of scalars and of vectors, and all joined.
import type { Axis, Indices, Piece, RealModel, RealUnknown } from './real-model.ts';
import type { Position } from './real-writer.ts';
import { Writer, fixed, literal, minus, plus, position, square, times, written } from './real-writer.ts';
import { Tape, nested, number } from './tape.ts';

type Family = (w: Writer) => void;

/** A weak pull to zero on every number, so that the form is definite. */
const ridges = (w: Writer): void => {
  for (const u of w.unknowns) {
    const dims = [...u.axes, ...u.shape.map((a, k) => ({ ...a, index: `r${k}` }))];
    const c = literal(w.tape.positive());
    w.factor(
      dims,
      times(
        c,
        square(
          w.entry(
            u,
            dims.map((a) => position(a.index)),
          ),
        ),
      ),
    );
  }
};

const unionOf = (unknowns: readonly RealUnknown[]): readonly Axis[] => {
  const seen = new Map<string, Axis>();
  for (const u of unknowns) for (const a of u.axes) seen.set(a.size, a);
  return [...seen.values()];
};

/** A linear form over numbers of a few unknowns at equal indices. */
const linear = (w: Writer, unknowns: readonly RealUnknown[], axes: readonly Axis[]): Piece => {
  const { tape } = w;
  const entries = unknowns.map((u) =>
    w.entry(u, [...u.axes.map((a) => position(a.index)), ...u.shape.map((a) => fixed(tape.below(a.length)))]),
  );
  const terms = entries.map((e) =>
    tape.below(2) === 0 ? e : times(tape.below(2) === 0 ? w.datum(axes) : literal(tape.real()), e),
  );
  return minus(terms.reduce(plus), w.datum(tape.below(2) === 0 ? axes : []));
};

/** Scalars and vectors in plates, squares and products of linear forms at equal indices, filters and conditions. */
const plates: Family = (w) => {
  const { tape } = w;
  const axes = [w.axis('N', 'n', 1 + tape.below(3)), w.axis('M', 'm', 1 + tape.below(3))];
  const d = w.axis('D', 'd', 2 + tape.below(2));
  const count = 1 + tape.below(3);
  for (let i = 0; i < count; i++)
    w.unknown(tape.pick([[], [axes[0]!], axes, [axes[1]!]]), tape.below(2) === 0 ? [] : [d]);
  ridges(w);
  const factors = 1 + tape.below(4);
  for (let i = 0; i < factors; i++) {
    const chosen = w.unknowns.filter(() => tape.below(2) === 0);
    const some = chosen.length === 0 ? [tape.pick(w.unknowns)] : chosen;
    const over = unionOf(some);
    const where = filter(w, over);
    switch (tape.below(4)) {
      case 0:
        w.factor(over, square(linear(w, some, over)), { where });
        break;
      case 1:
        w.factor(over, times(literal(tape.positive() / 10), times(linear(w, some, over), linear(w, some, over))), {
          where,
        });
        break;
      case 2:
        w.factor(over, linear(w, some, over), { where });
        break;
      default: {
        const [a, b] = [tape.real(), tape.real()];
        const form = linear(w, some, over);
        const index = over[0];
        if (index === undefined) w.factor(over, square(form));
        else
          w.factor(over, {
            text: `(if ${index.index} == 1 then ${a} * ${form.text} else (${form.text} - ${number(b)})^2)`,
            value: (x, at) => (at[index.index] === 1 ? a * form.value(x, at) : (form.value(x, at) - b) ** 2),
          });
      }
    }
  }
};

const filter = (w: Writer, axes: readonly Axis[]): Piece | null => {
  if (axes.length === 0 || w.tape.below(4) !== 3) return null;
  const { index, length } = w.tape.pick(axes);
  const k = w.tape.below(length);
  return { text: `${index} != ${k}`, value: (_, at) => Number(at[index] !== k) };
};

/** Products with matrices, norms, sums and means over whole arrays. */
const algebra: Family = (w) => {
  const { tape } = w;
  const [d, k] = [w.axis('D', 'd', 2 + tape.below(2)), w.axis('K', 'k', 2)];
  const n = w.axis('N', 'n', 2 + tape.below(2));
  const plate = tape.below(2) === 0 ? [] : [n];
  const v = w.unknown(plate, [d]);
  const m = tape.below(2) === 0 ? w.unknown([], [d, k]) : null;
  ridges(w);
  const name = plate.length === 0 ? v.name : `${v.name}[n]`;
  const vector = (x: Float64Array, at: Indices): readonly number[] =>
    Array.from({ length: d.length }, (_, i) => x[v.first + (plate.length === 0 ? 0 : at['n']! * d.length) + i]!);
  const a = w.numbers([k, d]);
  const b = w.numbers([k]);
  const image = (x: Float64Array, at: Indices): readonly number[] =>
    b.values.map((c, r) => vector(x, at).reduce((sum, y, i) => sum + a.values[r * d.length + i]! * y, -c));
  w.factor(plate, {
    text: `||${a.name} @ ${name} - ${b.name}||^2`,
    value: (x, at) => image(x, at).reduce((sum, y) => sum + y * y, 0),
  });
  if (tape.below(2) === 0) {
    // A symmetric positive matrix as q'q + 1.
    const root = Array.from({ length: d.length ** 2 }, () => tape.real());
    const q = Array.from({ length: d.length }, (_, i) =>
      Array.from({ length: d.length }, (_x, j) =>
        Array.from({ length: d.length }, (_y, r) => root[r * d.length + i]! * root[r * d.length + j]!).reduce(
          (s, y) => s + y,
          i === j ? 1 : 0,
        ),
      ),
    );
    const c = w.name('c');
    w.head.push(`const ${c} = ${written(q)}`);
    w.factor(plate, {
      text: `${name}' @ ${c} @ ${name}`,
      value: (x, at) =>
        vector(x, at).reduce((s, y, i) => s + vector(x, at).reduce((t, z, j) => t + y * q[i]![j]! * z, 0), 0),
    });
  }
  if (plate.length > 0 && tape.below(2) === 0) {
    const c = tape.real();
    const how = tape.pick(['sum', 'mean'] as const);
    w.factor([], {
      text: `(${how}[n in N] ${v.name}[n, 1] - ${number(c)})^2`,
      value: (x) => {
        const total = Array.from({ length: n.length }, (_, i) => x[v.first + i * d.length + 1]!).reduce(
          (s, y) => s + y,
          0,
        );
        return (total / (how === 'mean' ? n.length : 1) - c) ** 2;
      },
    });
  }
  if (m === null) return;
  const design = w.numbers([n, d]);
  const y = w.numbers([n, k]);
  const entry = (x: Float64Array, i: number, j: number): number => x[m.first + i * k.length + j]!;
  w.factor([], {
    text: `||${y.name} - ${design.name} @ ${m.name}||_F^2`,
    value: (x) => {
      let total = 0;
      for (let r = 0; r < n.length; r++)
        for (let j = 0; j < k.length; j++) {
          let rest = y.values[r * k.length + j]!;
          for (let i = 0; i < d.length; i++) rest -= design.values[r * d.length + i]! * entry(x, i, j);
          total += rest * rest;
        }
      return total;
    },
  });
  if (tape.below(2) === 0)
    w.factor(plate, {
      text: `||${m.name}' @ ${name}||^2 * 0 + (${m.name}[0, 1] - ${name}[1])^2`,
      value: (x, at) => (entry(x, 0, 1) - vector(x, at)[1]!) ** 2,
    });
};

const normal = (x: number, mean: number, sd: number): number =>
  ((x - mean) / sd) ** 2 / 2 + Math.log(sd) + Math.log(2 * Math.PI) / 2;

/** Local levels and trends: scalar states along a chain, plates around, several per step. */
const chains: Family = (w) => {
  const { tape } = w;
  const t = w.axis('T', 't', 2 + tape.below(4));
  const plate = tape.below(3) === 2 ? [w.axis('N', 'n', 2)] : [];
  const axes = tape.below(2) === 0 ? [...plate, t] : [t, ...plate];
  const count = 1 + tape.below(2);
  const states = Array.from({ length: count }, () => w.unknown(axes));
  const at = (u: RealUnknown, lag: number): Piece =>
    w.entry(
      u,
      u.axes.map((a) => position(a.index, a === t ? -lag : 0)),
    );
  for (const u of states) {
    const start: Piece = w.entry(
      u,
      u.axes.map((a) => (a === t ? fixed(0) : position(a.index))),
    );
    const [s0, q, r] = [tape.positive() * 3, tape.positive(), tape.positive()];
    const indexed = plate.map((a) => a);
    const free = indexed.length === 0;
    // `s[0] ~ normal(0, σ)` where the chain is alone, a square elsewhere.
    if (free) {
      w.lines.push(`${start.text} ~ normal(0, ${s0})`);
      w.add(u.name, [], { value: (x, i) => normal(start.value(x, i), 0, s0) });
    } else w.factor(plate, square(times(literal(1 / s0), start)));
    const drift = states.length > 1 && u === states[0] ? states[1]! : null;
    const mean = drift === null ? at(u, 1) : plus(at(u, 1), at(drift, 1));
    w.factor(axes, times(literal(1 / (2 * q * q)), square(minus(at(u, 0), mean))), {
      from: { t: 1 },
      where: filter(w, plate),
    });
    if (tape.below(3) > 0 || u === states[0])
      w.factor(axes, times(literal(1 / (2 * r * r)), square(minus(at(u, 0), w.datum(axes)))), {
        where: filter(w, axes),
      });
  }
  if (tape.below(3) === 2) {
    const end = w.entry(
      states[0]!,
      states[0]!.axes.map((a) => (a === t ? fixed(t.length - 1, 'T - 1') : position(a.index))),
    );
    w.factor(plate, square(minus(end, literal(tape.real()))));
  }
  ridges(w);
};

/** Vector states with transition matrices and full covariances. */
const kalman: Family = (w) => {
  const { tape } = w;
  const t = w.axis('T', 't', 2 + tape.below(3));
  const d = w.axis('D', 'd', 2);
  const p = w.axis('P', 'p', 1 + tape.below(2));
  const s = w.unknown([t], [d]);
  const state = (x: Float64Array, i: number): readonly number[] => [0, 1].map((k) => x[s.first + i * 2 + k]!);
  const a = w.numbers([d, d], () => tape.real() / 3);
  const c = w.numbers([p, d]);
  const covariance = (size: number): { name: string; values: readonly (readonly number[])[] } => {
    const [u, v] = [tape.positive(), tape.positive()];
    const off = ((tape.below(3) - 1) * Math.min(u, v)) / 2;
    const values =
      size === 1
        ? [[u]]
        : [
            [u, off],
            [off, v],
          ];
    const name = w.name('q');
    w.head.push(`const ${name} = ${written(values)}`);
    return { name, values };
  };
  const [q, r] = [covariance(2), covariance(p.length)];
  const density = (z: readonly number[], m: readonly (readonly number[])[]): number => {
    if (z.length === 1) return z[0]! ** 2 / m[0]![0]! / 2 + Math.log(2 * Math.PI * m[0]![0]!) / 2;
    const det = m[0]![0]! * m[1]![1]! - m[0]![1]! * m[1]![0]!;
    const form = (m[1]![1]! * z[0]! ** 2 - 2 * m[0]![1]! * z[0]! * z[1]! + m[0]![0]! * z[1]! ** 2) / det;
    return form / 2 + Math.log(det) / 2 + Math.log(2 * Math.PI);
  };
  const moved = (x: Float64Array, i: number): readonly number[] =>
    [0, 1].map((row) => a.values[row * 2]! * state(x, i)[0]! + a.values[row * 2 + 1]! * state(x, i)[1]!);
  w.lines.push(`${s.name}[0] ~ multivariate_normal(zeros(D), eye(D))`);
  w.add(s.name, [], {
    value: (x) =>
      density(state(x, 0), [
        [1, 0],
        [0, 1],
      ]),
  });
  w.lines.push(`${s.name}[t in 1..T] ~ multivariate_normal(${a.name} @ ${s.name}[t-1], ${q.name})`);
  w.add(
    `${s.name}#2`,
    [t],
    {
      value: (x, i) =>
        density(
          state(x, i['t']!).map((y, k) => y - moved(x, i['t']! - 1)[k]!),
          q.values,
        ),
    },
    { from: { t: 1 } },
  );
  const name = w.name('y');
  const values = Array.from({ length: t.length * p.length }, () => tape.real());
  w.head.push(`observed ${name}[t in T] : real[P]`);
  w.data[name] = nested(values, [t.length, p.length]);
  w.lines.push(`${name}[t in T] ~ multivariate_normal(${c.name} @ ${s.name}[t], ${r.name})`);
  w.add(name, [t], {
    value: (x, i) =>
      density(
        Array.from({ length: p.length }, (_, row) => {
          const [u, v] = state(x, i['t']!);
          return values[i['t']! * p.length + row]! - c.values[row * 2]! * u! - c.values[row * 2 + 1]! * v!;
        }),
        r.values,
      ),
  });
};

/** A chain and a number joined to all of it, or numbers at data-given places. */
const joined: Family = (w) => {
  const { tape } = w;
  const t = w.axis('T', 't', 3);
  const s = w.unknown([t]);
  const g = w.unknown([]);
  ridges(w);
  const at = (lag: number): Piece => w.entry(s, [position('t', -lag)]);
  w.factor([t], square(minus(at(0), at(1))), { from: { t: 1 } });
  w.factor([t], square(minus(at(0), times(w.datum([t]), w.entry(g, [])))));
  if (tape.below(2) === 0) {
    const e = w.axis('M', 'e', 3);
    const list = (name: string): readonly number[] => {
      const values = Array.from({ length: 3 }, () => tape.below(3));
      w.head.push(`data ${name}[e in M] : index(T)`);
      w.data[name] = values;
      return values;
    };
    const [a, b] = [list('a'), list('b')];
    const through = (name: string, values: readonly number[]): Position => ({
      text: `${name}[e]`,
      value: (i) => values[i['e']!]!,
    });
    w.factor([e], square(minus(minus(w.entry(s, [through('a', a)]), w.entry(s, [through('b', b)])), w.datum([e]))));
  }
  if (tape.below(2) === 0) w.factor([t], square(minus(at(0), at(2))), { from: { t: 2 } });
};

export const families = { plates, algebra, chains, kalman, joined } as const;
export type FamilyName = keyof typeof families;

export const realModel = (family: FamilyName, tape: readonly number[]): RealModel => {
  const w = new Writer(new Tape(tape));
  families[family](w);
  return w.finish();
};
