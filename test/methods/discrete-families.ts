// Families of structures for random discrete models: plates, chains, grids, edges from data, pairs, arrays of entries.
import type { Assignment, Axis, DiscreteModel, Indices, Piece, Unknown } from './discrete-model.ts';
import { valueOf } from './discrete-model.ts';
import type { Position, Slot } from './discrete-writer.ts';
import { Writer, fixed, position, product } from './discrete-writer.ts';
import { Tape, number } from './tape.ts';

type Family = (w: Writer) => void;

const unionOf = (slots: readonly Slot[]): readonly Axis[] => {
  const seen = new Map<string, Axis>();
  for (const s of slots) for (const a of s.unknown.axes) seen.set(a.size, a);
  return [...seen.values()];
};

const chosen = <T>(tape: Tape, list: readonly T[], most: number): readonly T[] => {
  const rest = [...list];
  const count = 1 + tape.below(Math.min(most, rest.length));
  return Array.from({ length: count }, () => rest.splice(tape.below(rest.length), 1)[0]!);
};

/** Variables in no, one or two plates; factors over a few of them at equal indices. */
const plates: Family = (w) => {
  const { tape } = w;
  const axes = [w.axis('N', 'n', 1 + tape.below(3)), w.axis('M', 'm', 1 + tape.below(2))];
  const subsets = [[], [axes[0]!], axes, [axes[1]!]];
  const count = 1 + tape.below(4);
  for (let i = 0; i < count; i++) w.unknown(tape.pick(subsets));
  const factors = w.unknowns.length + tape.below(3);
  for (let i = 0; i < factors; i++) {
    const own = i < w.unknowns.length ? [w.unknowns[i]!] : [];
    const others = chosen(tape, w.unknowns, 3).filter((u) => !own.includes(u));
    const slots = [...own, ...others].slice(0, 3).map((u) => w.plain(u));
    const over = unionOf(slots);
    const constraint = slots.length === 2 && tape.rarely(8);
    const energy = constraint ? w.relation(slots[0]!, slots[1]!) : w.energy(slots, over);
    w.factor(over, energy, { where: w.where(over), constraint });
  }
};

/** Chains of order one, several variables per step, maybe in a plate. */
const chains: Family = (w) => {
  const { tape } = w;
  const t = w.axis('T', 't', 2 + tape.below(4));
  const plate = tape.rarely(3) ? [w.axis('N', 'n', 2)] : [];
  const axes = tape.below(2) === 0 ? [...plate, t] : [t, ...plate];
  const count = 1 + tape.below(3);
  for (let i = 0; i < count; i++) w.unknown(axes);
  const at = (u: Unknown, lag: number): Slot =>
    w.slot(
      u,
      u.axes.map((a) => position(a.index, a === t ? -lag : 0)),
    );
  for (const u of w.unknowns) {
    if (!tape.rarely(4)) w.factor(axes, w.energy([at(u, 0)], axes), { where: w.where(axes) });
    if (tape.rarely(6)) continue;
    const other = tape.pick(w.unknowns);
    const pair = [at(other, 1), at(u, 0)];
    const constraint = tape.rarely(8);
    const energy = constraint ? w.relation(pair[0]!, pair[1]!) : w.energy(pair, axes);
    w.factor(axes, energy, { from: { t: 1 }, where: w.where(axes), constraint });
  }
  if (w.unknowns.length > 1)
    w.factor(
      axes,
      w.energy(
        w.unknowns.slice(0, 2).map((u) => at(u, 0)),
        axes,
      ),
    );
  if (tape.rarely(3)) {
    const u = tape.pick(w.unknowns);
    const [where, text] = tape.pick([
      [0, '0'],
      [t.length - 1, 'T - 1'],
      [1, '1'],
    ] as const);
    const ends = u.axes.map((a) => (a === t ? fixed(where, text) : position(a.index, 0)));
    w.factor(plate, w.energy([w.slot(u, ends)], plate));
  }
  if (tape.rarely(4)) {
    const u = tape.pick(w.unknowns);
    w.factor(axes, w.energy([at(u, 1)], axes), { from: { t: 1 } });
  }
};

/** Grids with couplings from data or numbers. */
const grids: Family = (w) => {
  const { tape } = w;
  const [i, j] = [w.axis('H', 'i', 2 + tape.below(2)), w.axis('W', 'j', 2 + tape.below(2))];
  const axes = [i, j];
  const u = w.unknown(axes, ['spin', 'binary', 'category'])!;
  const at = (di: number, dj: number): Slot => w.slot(u, [position('i', -di), position('j', -dj)]);
  w.factor(axes, w.energy([at(0, 0)], axes));
  w.factor(axes, w.energy([at(0, 1), at(0, 0)], axes), { from: { j: 1 }, where: w.where(axes) });
  if (!tape.rarely(4)) w.factor(axes, w.energy([at(1, 0), at(0, 0)], axes), { from: { i: 1 }, where: w.where(axes) });
  if (tape.rarely(4)) w.factor(axes, w.energy([at(1, 1), at(0, 0)], axes), { from: { i: 1, j: 1 } });
};

/** Edges given by data. */
const edges: Family = (w) => {
  const { tape } = w;
  const n = w.axis('N', 'n', 3 + tape.below(4));
  const e = w.axis('M', 'e', 1 + tape.below(6));
  const u = w.unknown([n])!;
  const second = tape.rarely(2) ? w.unknown([n]) : null;
  const ends = (name: string, avoid: readonly number[] | null): { name: string; list: number[] } => {
    const list = Array.from({ length: e.length }, (_, k) => {
      const drawn = tape.below(n.length);
      return avoid !== null && avoid[k] === drawn ? (drawn + 1) % n.length : drawn;
    });
    w.declarations.push(`data ${name}[e in M] : index(N)`);
    w.data[name] = list;
    return { name, list };
  };
  const from = ends('a', null);
  const to = ends('b', tape.rarely(3) ? null : from.list);
  const through = (x: { name: string; list: readonly number[] }): Position => ({
    text: `${x.name}[e]`,
    value: (at) => x.list[at['e']!]!,
  });
  w.factor([n], w.energy([w.plain(u)], [n]));
  w.factor([e], w.energy([w.slot(u, [through(from)]), w.slot(second ?? u, [through(to)])], [e]));
  if (second !== null) w.factor([n], w.energy([w.plain(second), w.plain(u)], [n]), { where: w.where([n]) });
};

/** All pairs under a filter. */
const pairs: Family = (w) => {
  const { tape } = w;
  const v = w.axis('V', 'i', 2 + tape.below(4));
  const second: Axis = { size: 'V', index: 'j', length: v.length };
  const u = w.unknown([v])!;
  const slots = [w.slot(u, [position('i', 0)]), w.slot(u, [position('j', 0)])];
  const energy = w.pair(slots[0]!, slots[1]!);
  const filters: readonly Piece[] = [
    { text: 'i < j', value: (_, at) => Number(at['i']! < at['j']!) },
    { text: 'j == i + 1', value: (_, at) => Number(at['j'] === at['i']! + 1) },
    { text: 'i != j and mod(i + j, 2) == 1', value: (_, at) => Number((at['i']! + at['j']!) % 2 === 1) },
  ];
  w.factor([v, second], product(w.constant(), energy), { where: tape.pick(filters) });
  w.factor([v], w.energy([slots[0]!], [v]));
};

/** A chain with a plate inside each step, a global node, and a second-order coupling. */
const mixed: Family = (w) => {
  const { tape } = w;
  const t = w.axis('T', 't', 2 + tape.below(2));
  const s = w.unknown([t])!;
  const at = (u: Unknown, lag: number): Slot => w.slot(u, [position('t', -lag)]);
  w.factor([t], w.energy([at(s, 1), at(s, 0)], [t]), { from: { t: 1 } });
  w.factor([t], w.energy([at(s, 0)], [t]));
  const global = tape.below(2) === 0 ? w.unknown([]) : null;
  if (global !== null) {
    w.factor([], w.energy([w.plain(global)], []));
    w.factor([t], w.energy([w.plain(global), at(s, 0)], [t]));
  }
  if (tape.below(2) === 0) {
    const k = w.axis('K', 'k', 2);
    const inside = w.unknown([t, k]);
    if (inside !== null) w.factor([t, k], w.energy([w.plain(inside), at(s, 0)], [t, k]));
  }
  if (tape.rarely(3) && t.length > 2) w.factor([t], w.energy([at(s, 2), at(s, 0)], [t]), { from: { t: 2 } });
};

/** Nodes that are arrays of entries, in a plate: Boltzmann machines. */
const arrays: Family = (w) => {
  const { tape } = w;
  const plate = tape.below(2) === 0 ? [] : [w.axis('N', 'n', 2)];
  const v = w.axis('V', 'i', 2 + tape.below(2));
  const u = w.unknown([...plate, v], ['binary', 'spin'], true)!;
  const size = { size: 'H', index: 'k', length: 2 };
  const z = tape.below(2) === 0 ? w.unknown([...plate, size], ['binary', 'spin'], true) : null;
  if (z !== null) w.axis('H', 'k', 2);
  const at = (x: Unknown, index: Position): Slot => w.slot(x, [...plate.map((a) => position(a.index, 0)), index]);
  const whole = (x: Unknown): string => (plate.length === 0 ? x.name : `${x.name}[n]`);
  const entries = (x: Unknown): readonly Slot[] =>
    Array.from({ length: x.axes.at(-1)!.length }, (_, i) => at(x, fixed(i)));
  const values = (x: Unknown, s: Assignment, i: Indices): readonly number[] =>
    entries(x).map((e) => valueOf(x, e.state(s, i)));
  const bias = (x: Unknown): void => {
    const t = w.table([x.axes.at(-1)!.length]);
    w.factor(plate, {
      text: `-(${t.name}' @ ${whole(x)})`,
      value: (s, i) => -values(x, s, i).reduce((total, y, k) => total + t.values[k]! * y, 0),
    });
  };
  bias(u);
  if (z !== null) {
    if (tape.below(2) === 0) bias(z);
    const t = w.table([v.length, 2]);
    w.factor(plate, {
      text: `-(${whole(u)}' @ ${t.name} @ ${whole(z)})`,
      value: (s, i) => {
        const [a, b] = [values(u, s, i), values(z, s, i)];
        return -a.reduce((total, x, p) => total + b.reduce((sum, y, q) => sum + x * t.values[p * 2 + q]! * y, 0), 0);
      },
    });
  }
  if (tape.below(2) === 0) {
    const second: Axis = { size: 'V', index: 'j', length: v.length };
    const pair = w.pair(at(u, position('i', 0)), at(u, position('j', 0)));
    const where: Piece = { text: 'i < j', value: (_, i) => Number(i['i']! < i['j']!) };
    w.factor([...plate, v, second], product(w.constant(), pair), { where });
  }
  if (tape.below(2) === 0) w.factor([...plate, v], w.energy([at(u, position('i', 0))], [...plate, v]));
  if (tape.rarely(3)) {
    const c = tape.real();
    w.factor(plate, {
      text: `(${number(c)} - sum[i in V] ${at(u, position('i', 0)).text})^2`,
      value: (s, i) => (c - values(u, s, i).reduce((total, y) => total + y, 0)) ** 2,
    });
  }
};

export const families = { plates, chains, grids, edges, pairs, mixed, arrays } as const;
export type FamilyName = keyof typeof families;

/** The model that a tape stands for. `limit`: largest number of joint states. */
export const discreteModel = (family: FamilyName, tape: readonly number[], limit = 4096): DiscreteModel => {
  const w = new Writer(new Tape(tape), limit);
  families[family](w);
  return w.finish(family);
};
