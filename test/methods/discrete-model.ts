// Small random discrete models, each as a text and as a function: the text goes through the compiler, the function is
// enumerated here, and the two must agree. A model is read off a tape of numbers, so that a failing one shrinks.
import type { NestedData } from '../../src/api.ts';

export type Indices = Readonly<Record<string, number>>;

/** State numbers of every node, row-major, by variable. */
export type Assignment = Readonly<Record<string, Int32Array>>;

/** A piece of an energy: how it is written, and what it is worth. */
export interface Piece {
  readonly text: string;
  readonly value: (states: Assignment, at: Indices) => number;
}

export type Kind = 'binary' | 'spin' | 'category' | 'integer' | 'onehot';

export interface Axis {
  readonly size: string;
  readonly index: string;
  readonly length: number;
}

export interface Unknown {
  readonly name: string;
  readonly role: 'target' | 'latent';
  readonly kind: Kind;
  readonly states: number;
  /** First value of an integer. */
  readonly from: number;
  readonly axes: readonly Axis[];
  /** Declared inside plates of its axes rather than with an index. */
  readonly inPlates: boolean;
  /** The last axis is the shape of one node, an array of entries: `spin[V]`. */
  readonly array: boolean;
}

export interface ModelFactor {
  readonly name: string;
  readonly constraint: boolean;
  readonly binders: readonly {
    readonly index: string;
    readonly from: number;
    readonly to: number;
    readonly text: string;
  }[];
  readonly where: Piece | null;
  readonly energy: Piece;
}

export interface DiscreteModel {
  readonly family: string;
  readonly text: string;
  readonly data: Readonly<Record<string, NestedData>>;
  readonly unknowns: readonly Unknown[];
  readonly factors: readonly ModelFactor[];
}

export const nodesOf = (u: Unknown): number => u.axes.reduce((n, a) => n * a.length, 1);

/** The number that a state stands for. */
export const valueOf = (u: Unknown, state: number): number =>
  u.kind === 'spin' ? 2 * state - 1 : u.kind === 'integer' ? u.from + state : state;

const domainText = (u: Unknown): string =>
  ({
    binary: 'binary',
    spin: 'spin',
    category: `category(${u.states})`,
    integer: `integer(${u.from}..${u.from + u.states})`,
    onehot: `onehot[${u.states}]`,
  })[u.kind];

/** One index of a slot: `t - 1`, `a[e]`, `0`. */
interface Position {
  readonly text: string;
  readonly value: (at: Indices) => number;
}

interface Slot {
  readonly unknown: Unknown;
  readonly text: string;
  readonly state: (states: Assignment, at: Indices) => number;
}

const number = (x: number): string => (x < 0 ? `(${x})` : String(x));

/** Choices read off a tape; past its end everything is the first choice. */
class Tape {
  private at = 0;
  constructor(private readonly tape: readonly number[]) {}
  below(n: number): number {
    return n <= 1 ? 0 : (this.tape[this.at++] ?? 0) % n;
  }
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
  /** One in n. */
  rarely(n: number): boolean {
    return this.below(n) === n - 1;
  }
  /** A number with one decimal between -3 and 3. */
  real(): number {
    const k = this.below(61);
    return (k % 2 === 0 ? k / 2 : -(k + 1) / 2) / 10;
  }
}

class Writer {
  readonly consts: string[] = [];
  readonly declarations: string[] = [];
  readonly data: Record<string, NestedData> = {};
  readonly unknowns: Unknown[] = [];
  readonly factors: ModelFactor[] = [];
  readonly lines: string[] = [];
  readonly sizes = new Map<string, number>();
  private count = 0;
  /** Largest product of state counts over all nodes. */
  private room: number;

  constructor(
    readonly tape: Tape,
    limit: number,
  ) {
    this.room = limit;
  }

  name(stem: string): string {
    return `${stem}${this.count++}`;
  }

  axis(size: string, index: string, length: number): Axis {
    this.sizes.set(size, length);
    return { size, index, length };
  }

  /** A new unknown over axes, with as many states as there is room for; null when there is none. */
  unknown(
    axes: readonly Axis[],
    kinds: readonly Kind[] = ['binary', 'spin', 'category', 'integer', 'onehot'],
    array = false,
  ): Unknown | null {
    const { tape } = this;
    const kind = tape.pick(kinds);
    const wanted = kind === 'binary' || kind === 'spin' ? 2 : 2 + tape.below(2);
    const nodes = axes.reduce((n, a) => n * a.length, 1);
    const fits = (states: number): boolean => states ** nodes <= this.room;
    const states = fits(wanted) ? wanted : 2;
    if (!fits(states)) return null;
    this.room = Math.floor(this.room / states ** nodes);
    const u: Unknown = {
      name: this.name('x'),
      role: tape.below(2) === 0 ? 'latent' : 'target',
      kind,
      states,
      from: kind === 'integer' ? tape.below(3) - 1 : 0,
      axes,
      inPlates: axes.length > (array ? 1 : 0) && tape.below(2) === 1,
      array,
    };
    this.unknowns.push(u);
    const own = `${u.role} ${u.name}`;
    const around = array ? axes.slice(0, -1) : axes;
    const domain = `${domainText(u)}${array ? `[${axes.at(-1)!.size}]` : ''}`;
    if (u.inPlates) {
      const open = around.map((a) => `plate ${a.index} in ${a.size} {`).join(' ');
      this.lines.push(`${open} ${own} : ${domain} ${around.map(() => '}').join(' ')}`);
    } else {
      const index = around.length === 0 ? '' : `[${around.map((a) => `${a.index} in ${a.size}`).join(', ')}]`;
      this.lines.push(`${own}${index} : ${domain}`);
    }
    return u;
  }

  slot(u: Unknown, at: readonly Position[]): Slot {
    const text = at.length === 0 ? u.name : `${u.name}[${at.map((p) => p.text).join(', ')}]`;
    return {
      unknown: u,
      text,
      state: (states, indices) => {
        let flat = 0;
        u.axes.forEach((a, i) => (flat = flat * a.length + at[i]!.value(indices)));
        return states[u.name]![flat]!;
      },
    };
  }

  /** Each axis at its own index. */
  plain(u: Unknown): Slot {
    return this.slot(
      u,
      u.axes.map((a) => position(a.index, 0)),
    );
  }

  // -------------------------------------------------------------- pieces

  constant(): Piece {
    const x = this.tape.real();
    return { text: number(x), value: () => x };
  }

  table(lengths: readonly number[]): { readonly name: string; readonly values: readonly number[] } {
    const name = this.name('table');
    const values = Array.from({ length: lengths.reduce((a, b) => a * b, 1) }, () => this.tape.real());
    const row = (start: number, dims: readonly number[]): string => {
      if (dims.length === 0) return String(values[start]!);
      const step = dims.slice(1).reduce((a, b) => a * b, 1);
      return `[${Array.from({ length: dims[0]! }, (_, i) => row(start + i * step, dims.slice(1))).join(', ')}]`;
    };
    this.consts.push(`const ${name} = ${row(0, lengths)}`);
    return { name, values };
  }

  /** Given numbers over axes, read at their indices. */
  datum(axes: readonly Axis[]): Piece {
    const name = this.name('h');
    const values = Array.from({ length: axes.reduce((n, a) => n * a.length, 1) }, () => this.tape.real());
    this.declarations.push(`observed ${name}[${axes.map((a) => `${a.index} in ${a.size}`).join(', ')}] : real`);
    this.data[name] = nested(
      values,
      axes.map((a) => a.length),
    );
    return {
      text: `${name}[${axes.map((a) => a.index).join(', ')}]`,
      value: (_, at) => values[axes.reduce((flat, a) => flat * a.length + at[a.index]!, 0)]!,
    };
  }

  /** A number made of one slot. */
  single(s: Slot): Piece {
    const { tape } = this;
    const { unknown: u } = s;
    const raw = (states: Assignment, at: Indices): number => valueOf(u, s.state(states, at));
    const looked = (): Piece => {
      const t = this.table([u.states]);
      return { text: `${t.name}[${s.text}]`, value: (states, at) => t.values[s.state(states, at)]! };
    };
    switch (u.kind) {
      case 'binary': {
        if (tape.below(2) === 0) return { text: s.text, value: raw };
        const [a, b] = [tape.real(), tape.real()];
        return {
          text: `(if ${s.text} then ${a} else ${b})`,
          value: (states, at) => (s.state(states, at) === 1 ? a : b),
        };
      }
      case 'spin':
        return { text: s.text, value: raw };
      case 'category': {
        if (tape.below(2) === 0) return looked();
        const [k, a, b] = [tape.below(u.states), tape.real(), tape.real()];
        return {
          text: `(if ${s.text} == ${k} then ${a} else ${b})`,
          value: (states, at) => (s.state(states, at) === k ? a : b),
        };
      }
      case 'onehot': {
        if (tape.below(2) === 0) return looked();
        const t = this.table([u.states]);
        return { text: `(${t.name} @ ${s.text})`, value: (states, at) => t.values[s.state(states, at)]! };
      }
      case 'integer':
        switch (tape.below(4)) {
          case 0:
            return { text: s.text, value: raw };
          case 1:
            return { text: `${s.text}^2`, value: (states, at) => raw(states, at) ** 2 };
          case 2:
            return {
              text: `mod(${s.text}, 2)`,
              value: (states, at) => raw(states, at) - 2 * Math.floor(raw(states, at) / 2),
            };
          default: {
            const c = tape.real();
            return { text: `abs(${s.text} - ${number(c)})`, value: (states, at) => Math.abs(raw(states, at) - c) };
          }
        }
    }
  }

  /** A number made of two slots. */
  pair(a: Slot, b: Slot): Piece {
    const { tape } = this;
    const indexes = (u: Unknown): boolean => u.kind === 'category' || u.kind === 'onehot';
    if (indexes(a.unknown) && indexes(b.unknown) && tape.below(2) === 0) {
      const t = this.table([a.unknown.states, b.unknown.states]);
      return {
        text: `${t.name}[${a.text}, ${b.text}]`,
        value: (s, at) => t.values[a.state(s, at) * b.unknown.states + b.state(s, at)]!,
      };
    }
    const same =
      a.unknown.kind === 'category' && b.unknown.kind === 'category' && a.unknown.states === b.unknown.states;
    if (same && tape.below(2) === 0) {
      const [x, y] = [tape.real(), tape.real()];
      return {
        text: `(if ${a.text} == ${b.text} then ${x} else ${y})`,
        value: (s, at) => (a.state(s, at) === b.state(s, at) ? x : y),
      };
    }
    const [p, q] = [this.single(a), this.single(b)];
    return tape.pick([product, product, larger, smaller, distance])(p, q);
  }

  /** An energy over slots, with a coefficient from data, an index or a number. */
  energy(slots: readonly Slot[], axes: readonly Axis[]): Piece {
    const { tape } = this;
    const [first, ...rest] = slots as [Slot, ...Slot[]];
    let body = rest.length === 0 ? this.single(first) : this.pair(first, rest[0]!);
    for (const s of rest.slice(1)) body = tape.pick([product, sum])(body, this.single(s));
    switch (tape.below(axes.length === 0 ? 2 : 4)) {
      case 0:
        return product(this.constant(), body);
      case 1:
        return sum(product(this.constant(), body), product(this.constant(), this.single(first)));
      case 2:
        return product(this.datum(axes), body);
      default: {
        const { index } = tape.pick(axes);
        const weight: Piece = { text: `(${index} - 1)`, value: (_, at) => at[index]! - 1 };
        return product(weight, body);
      }
    }
  }

  // -------------------------------------------------------------- factors

  factor(
    axes: readonly Axis[],
    energy: Piece,
    options: {
      from?: Readonly<Record<string, number>>;
      to?: Readonly<Record<string, number>>;
      where?: Piece | null;
      constraint?: boolean;
    } = {},
  ): void {
    const name = this.name(options.constraint === true ? 'c' : 'f');
    const where = options.where ?? null;
    const binders = axes.map((a) => {
      const [from, to] = [options.from?.[a.index] ?? 0, options.to?.[a.index] ?? a.length];
      const range = to === a.length ? (from === 0 ? a.size : `${from}..${a.size}`) : `${from}..${to}`;
      return { index: a.index, from, to, text: `${a.index} in ${range}` };
    });
    const clause =
      axes.length === 0
        ? ''
        : `[${binders.map((b) => b.text).join(', ')}${where === null ? '' : ` where ${where.text}`}]`;
    const keyword = options.constraint === true ? 'constraint' : this.tape.rarely(6) ? 'regularizer' : 'factor';
    let { text } = energy;
    if (keyword !== 'constraint' && this.tape.rarely(5)) {
      // Through a let, declared over the same indices without the filter.
      const open = binders.length === 0 ? '' : `[${binders.map((b) => b.text).join(', ')}]`;
      this.lines.push(`let let_${name}${open} = ${text}`);
      text = `let_${name}${binders.length === 0 ? '' : `[${axes.map((a) => a.index).join(', ')}]`} + 0.5`;
      energy = sum(energy, { text: '0.5', value: () => 0.5 });
    }
    this.lines.push(`${keyword} ${name}${clause} = ${text}`);
    this.factors.push({
      name,
      constraint: options.constraint === true,
      binders,
      where: axes.length === 0 ? null : where,
      energy,
    });
  }

  /** A condition on indices and data, sometimes. */
  where(axes: readonly Axis[]): Piece | null {
    const { tape } = this;
    if (axes.length === 0 || !tape.rarely(4)) return null;
    const { index, length } = tape.pick(axes);
    const k = tape.below(length);
    const other = axes.find((a) => a.index !== index);
    if (other !== undefined && tape.below(2) === 0)
      return { text: `${index} <= ${other.index}`, value: (_, at) => Number(at[index]! <= at[other.index]!) };
    return { text: `${index} != ${k}`, value: (_, at) => Number(at[index]! !== k) };
  }

  /** A relation between two slots that not every state satisfies. */
  relation(a: Slot, b: Slot): Piece {
    const [p, q] = [this.single(a), this.single(b)];
    if (a.unknown.kind === 'category' && b.unknown.kind === 'category' && a.unknown.states === b.unknown.states)
      return { text: `${a.text} != ${b.text}`, value: (s, at) => Number(a.state(s, at) !== b.state(s, at)) };
    return { text: `${p.text} <= ${q.text} + 1`, value: (s, at) => Number(p.value(s, at) <= q.value(s, at) + 1) };
  }

  finish(family: string): DiscreteModel {
    const sizes = [...this.sizes].map(([size, length]) => `${size} = ${length}`);
    const text = [
      'model m',
      ...(sizes.length > 0 ? [`size ${sizes.join(', ')}`] : []),
      ...this.consts,
      ...this.declarations,
      ...this.lines,
      '',
    ].join('\n');
    return { family, text, data: this.data, unknowns: this.unknowns, factors: this.factors };
  }
}

const position = (index: string, offset: number): Position => ({
  text: offset === 0 ? index : `${index} ${offset < 0 ? '-' : '+'} ${Math.abs(offset)}`,
  value: (at) => at[index]! + offset,
});
const fixed = (at: number, text = String(at)): Position => ({ text, value: () => at });

const binary =
  (write: (a: string, b: string) => string, compute: (a: number, b: number) => number) =>
  (a: Piece, b: Piece): Piece => ({
    text: write(a.text, b.text),
    value: (s, at) => compute(a.value(s, at), b.value(s, at)),
  });
const product = binary(
  (a, b) => `${a} * ${b}`,
  (a, b) => a * b,
);
const sum = binary(
  (a, b) => `(${a} + ${b})`,
  (a, b) => a + b,
);
const larger = binary((a, b) => `max(${a}, ${b})`, Math.max);
const smaller = binary((a, b) => `min(${a}, ${b})`, Math.min);
const distance = binary(
  (a, b) => `abs(${a} - ${b})`,
  (a, b) => Math.abs(a - b),
);

const nested = (values: readonly number[], shape: readonly number[]): NestedData => {
  if (shape.length === 0) return values[0]!;
  const step = values.length / shape[0]!;
  return Array.from({ length: shape[0]! }, (_, i) => nested(values.slice(i * step, (i + 1) * step), shape.slice(1)));
};

// ---------------------------------------------------------------- families of structures

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
