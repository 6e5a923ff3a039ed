// Which values are stored. In: a program, sizes of the target. Out: for it and for the programs in its loops, the values that get
// a buffer; all others are computed where they are read. Stored are results, what reductions and routines read whole, and what
// computing again would cost more than writing and loading it.
import { nestedPrograms, operandsOf } from '../../tensor/instructions.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import { ofLoop } from '../index-arithmetic.ts';
import type { Index, KernelTarget } from '../kernel.ts';
import { printIndex } from '../print-expressions.ts';
import { entries, formOf, lengthsOf, type Contract } from './contract-form.ts';
import type { Decisions } from './context.ts';
import { inlineCosts, loadCost, type InlineCost, type InlineCosts } from './inline-costs.ts';
import { unguarded } from './guarded.ts';
import { guardsOf, type GuardedSelect, type GuardedSum, type Guards } from './guards.ts';
import { accumulationsOf, type Addition } from './accumulators.ts';
import { handsOn } from './carries.ts';
import { arrangedOutput } from './destinations.ts';
import { broadcastIndex, contractReads, isInlinable, readsOf, type Inlinable, type Read } from './reads.ts';
import type { Dim } from '../../tensor/dims.ts';
import { reversed } from './views.ts';

/** Reads of one entry in one nest. */
interface Use {
  readonly nest: number;
  readonly indices: readonly Index[];
  /** How often it is computed if it is not stored. */
  readonly times: number;
}
/** A value that must have a buffer: one of any layout, or one of its own. */
type Need = 'buffer' | 'whole';

interface Found {
  readonly decisions: Decisions;
  /** Of the inputs. */
  readonly uses: ReadonlyMap<ValueId, readonly Use[]>;
  readonly needs: ReadonlyMap<ValueId, Need>;
}

/** Numbers that are unique in one decision. */
class Numbers {
  private readonly lengths: Dim[] = [];
  private readonly computed = new Map<string, number>();
  private last = 0;

  readonly next = (): number => this.last++;
  loop(length: Dim): Index {
    return ofLoop(this.lengths.push(length) - 1);
  }
  readonly lengthOf = (loop: number): Dim => this.lengths[loop]!;
  /** The same for the same entry of the same value. */
  entry(scope: number, { value, indices }: Read): number {
    const key = `${scope}:${value}[${indices.map(printIndex).join(', ')}]`;
    const known = this.computed.get(key) ?? this.computed.size;
    this.computed.set(key, known);
    return known;
  }
}

/** A nest of its own costs about as much as these operations; storing an entry as four, loading it again as two. */
const operationsOfNest = 2000;
const isWorthStoring = ({ operations }: InlineCost, computed: number, stored: number, nests: number): boolean =>
  operations * (computed - stored) > 4 * stored + 2 * computed + nests * operationsOfNest;

/** Of a scalar the compiler of the kernels keeps cheap arithmetic out of loops by itself. */
const leastOfScalar = 8;
const mostInlinedParts = 4;
/** The share of entries for which a slow way is taken. */
const seldom = 1 / 64;
/** Steps that a while is expected to take. */
const expectedSteps = 100;

type Loop = Extract<Instr, { op: 'scan' | 'while' }>;

class Decision {
  private readonly stored = new Set<ValueId>();
  private readonly nested = new Map<Instr, readonly Decisions[]>();
  private readonly uses = new Map<ValueId, Map<string, Use>>();
  private readonly needs = new Map<ValueId, Need>();
  private readonly additions: ReadonlyMap<ValueId, Addition>;
  private readonly producers = new Map<ValueId, Instr>();
  private readonly guards: Guards;
  private readonly costs: InlineCosts;
  private readonly scope: number;

  constructor(
    private readonly program: Program,
    inputs: readonly InlineCost[],
    /** How often the program runs. */
    private readonly runs: number,
    /** What it adds to its carries. */
    additions: readonly Addition[],
    /** What was decided when less was known to be stored. */
    private readonly before: Decisions | null,
    /** Whether that stays, but for expressions that are too large. */
    private readonly settled: boolean,
    private readonly target: KernelTarget,
    private readonly numbers: Numbers,
  ) {
    this.scope = numbers.next();
    this.guards = guardsOf(program, target);
    this.costs = inlineCosts(program, inputs, this.guards, before?.stored ?? new Set(), target, numbers.next);
    this.additions = new Map(additions.map((addition) => [addition.sum, addition]));
    for (const instr of program.instrs) for (const id of instr.out) this.producers.set(id, instr);
  }

  run(): Found {
    for (const { id } of this.program.outputs) {
      if (this.additions.has(id)) continue;
      const { value } = arrangedOutput(this.program, this.producers, id);
      const shape = this.shapeOf(value);
      if (this.producers.has(value)) this.need(value, 'buffer', true);
      else this.use(value, { nest: this.numbers.next(), indices: this.point(shape), times: this.count(shape) });
    }
    for (const instr of this.program.instrs.toReversed()) this.visit(instr);
    return {
      decisions: { stored: this.stored, guards: this.guards, nested: this.nested },
      uses: new Map(this.program.inputs.map(({ id }) => [id, [...(this.uses.get(id)?.values() ?? [])]])),
      needs: this.needs,
    };
  }

  private shapeOf(value: ValueId): readonly Dim[] {
    return this.program.values[value]!.shape;
  }

  private count(shape: readonly Dim[]): number {
    return this.runs * entries(shape, this.target);
  }

  private use(value: ValueId, use: Use): void {
    const uses = this.uses.get(value) ?? new Map<string, Use>();
    this.uses.set(value, uses);
    const key = `${use.nest}[${use.indices.map(printIndex).join(', ')}]`;
    const known = uses.get(key);
    if (known === undefined || known.times < use.times) uses.set(key, use);
  }

  /** A product takes operands of any layout: what a view looks at needs the buffer. */
  private need(value: ValueId, need: Need, itself = need === 'whole'): void {
    const instr = this.producers.get(value);
    if (!itself && instr?.op === 'view' && instr.view.kind !== 'pad') return this.need(instr.arg, need);
    if (this.needs.get(value) !== 'whole') this.needs.set(value, need);
  }

  private readAll(reads: readonly Read[], nest: number, times: number): void {
    for (const { value, indices } of reads) this.use(value, { nest, indices, times });
  }

  private visit(instr: Instr): void {
    const out = instr.out[0]!;
    const { inside, selects, sums } = this.guards;
    if (inside.has(out)) return;
    const addition = this.additions.get(out);
    if (addition !== undefined) return this.visitAddition(addition);
    const select = selects.get(out);
    if (select !== undefined) return this.visitGuardedSelect(select, this.shapeOf(out));
    const sum = sums.get(out);
    if (sum !== undefined) return this.visitGuardedSum(sum);
    if (instr.op === 'contract') return this.visitContract(instr);
    if (isInlinable(instr)) return this.visitInlinable(instr);
    const nest = this.numbers.next();
    switch (instr.op) {
      case 'argmin': {
        const shape = this.shapeOf(instr.arg);
        return this.use(instr.arg, { nest, indices: this.point(shape), times: this.count(shape) });
      }
      case 'scatter-add': {
        const shape = this.shapeOf(instr.updates);
        const indices = this.point(shape);
        const at = indices.slice(instr.axis, instr.axis + this.shapeOf(instr.indices).length);
        const times = this.count(shape);
        return this.readAll([{ value: instr.updates, indices }, { value: instr.indices, indices: at }], nest, times); // prettier-ignore
      }
      case 'routine':
        return instr.args.forEach((arg) => this.need(arg, 'whole'));
      case 'scan':
        return this.visitScan(instr);
      case 'while':
        return this.visitWhile(instr);
    }
  }

  private point(shape: readonly Dim[]): readonly Index[] {
    return shape.map((length) => this.numbers.loop(length));
  }

  private readsOf(instr: Inlinable, indices: readonly Index[]): readonly Read[] {
    const { lengthOf } = this.numbers;
    return readsOf(this.program, instr, indices, lengthOf, (read) => this.numbers.entry(this.scope, read));
  }

  private visitInlinable(instr: Inlinable): void {
    const [out] = instr.out;
    if (instr.op === 'constant') return;
    const uses = [...(this.uses.get(out)?.values() ?? [])];
    const shape = this.shapeOf(out);
    if (this.isStored(instr, uses)) {
      this.stored.add(out);
      this.spread(instr, { nest: this.numbers.next(), indices: this.point(shape), times: this.count(shape) });
    } else for (const use of uses) this.spread(instr, use);
  }

  private isStored(instr: Inlinable, uses: readonly Use[]): boolean {
    const [out] = instr.out;
    if (this.needs.has(out) || this.costs.cut.has(out)) return true;
    if (this.settled) return this.before!.stored.has(out);
    const computed = uses.reduce((sum, { times }) => sum + times, 0);
    const all = this.count(this.shapeOf(out));
    if (instr.op === 'concat' && (instr.args.length > mostInlinedParts || computed > 2 * all)) return true;
    // Views cost nothing by themselves: what they look at may be worth storing.
    if (instr.op === 'view' && instr.view.kind !== 'pad') return false;
    const cost = this.costs.of.get(out)!;
    if (all === this.runs && cost.operations < leastOfScalar) return false;
    return isWorthStoring(cost, computed, all, this.runs);
  }

  /** One use of an inlined value is uses of its operands; of a part of a whole, only as often as it is met. */
  private spread(instr: Inlinable, { nest, indices, times }: Use): void {
    const all = this.count(this.shapeOf(instr.out[0]));
    const parts = instr.op === 'concat' || (instr.op === 'view' && instr.view.kind === 'pad');
    for (const { value, indices: at } of this.readsOf(instr, indices)) {
      const share = parts && all > 0 ? this.count(this.shapeOf(value)) / all : 1;
      this.use(value, { nest, indices: at, times: times * share });
    }
  }

  private visitContract(instr: Contract): void {
    const form = formOf(this.program, instr, this.target);
    if (form.kind === 'map') return this.visitInlinable(instr);
    if (form.kind === 'product') return instr.operands.forEach(({ value }) => this.need(value, 'buffer'));
    const nest = this.numbers.next();
    this.readTerms(instr, nest, 1);
    if (instr.semiring.kind === 'soft-min')
      this.use(instr.semiring.beta, { nest, indices: [], times: this.count(this.shapeOf(instr.out[0])) });
  }

  private visitGuardedSelect({ condition, fast, slow }: GuardedSelect, shape: readonly Dim[], share = 1): void {
    const nest = this.numbers.next();
    const indices = this.point(shape);
    for (const value of [condition, fast]) {
      const own = this.shapeOf(value);
      const times = share * this.count(value === fast ? shape : own);
      this.use(value, { nest, indices: broadcastIndex(own, indices), times });
    }
    if (!('instr' in slow)) return this.visitGuardedSelect(slow, shape, share * seldom);
    this.readTerms(slow.instr, nest, share * seldom);
  }

  private visitAddition({ sum, term, byItself }: Addition): void {
    if (byItself) return;
    const shape = this.shapeOf(sum);
    const indices = broadcastIndex(this.shapeOf(term), this.point(shape));
    this.use(term, { nest: this.numbers.next(), indices, times: this.count(shape) });
  }

  private visitGuardedSum(sum: GuardedSum): void {
    const nest = this.numbers.next();
    const at = this.readTerms(unguarded(sum), nest, seldom);
    const own = this.shapeOf(sum.condition);
    const indices = sum.instr.operands[sum.operand]!.axes.map((label) => at.get(label)!);
    this.use(sum.condition, { nest, indices: broadcastIndex(own, indices), times: this.count(own) });
  }

  /** Operands of a contraction at each of its terms, as often as `share` of them. */
  private readTerms(instr: Contract, nest: number, share: number): ReadonlyMap<number, Index> {
    const lengths = lengthsOf(this.program, instr);
    const at = new Map([...lengths].map(([label, length]) => [label, this.numbers.loop(length)]));
    const reads = contractReads(instr, at).map(({ value, indices }) => ({
      value,
      indices: broadcastIndex(this.shapeOf(value), indices),
    }));
    this.readAll(reads, nest, share * this.count([...lengths.values()]));
    return at;
  }

  /** Initial values are copied, those that the body hands on are read where they are. */
  private visitCarries(carry: readonly ValueId[], out: readonly ValueId[], body: Program): void {
    for (const [i, value] of carry.entries()) {
      const shape = this.shapeOf(value);
      if (!handsOn(body, i))
        this.use(value, { nest: this.numbers.next(), indices: this.point(shape), times: this.count(shape) });
      else {
        for (const use of this.uses.get(out[i]!)?.values() ?? []) this.use(value, use);
        if (this.needs.has(out[i]!)) this.need(value, this.needs.get(out[i]!)!);
      }
    }
  }

  /** Decides for the program number `which` in an instruction. */
  private inside(instr: Loop, which: number, runs: number): Found {
    const known = this.before?.stored;
    const costs = operandsOf(instr).map((id, i) =>
      i < instr.carry.length || known?.has(id) === true ? loadCost : this.costs.of.get(id)!,
    );
    const before = this.before?.nested.get(instr)?.[which] ?? null;
    const program = nestedPrograms(instr)[which]!;
    const accumulations = program === instr.body ? accumulationsOf(program, instr.carry.length, this.target) : [];
    const additions = accumulations.flatMap((accumulation) => accumulation.additions);
    return new Decision(
      program,
      costs,
      this.runs * runs,
      additions,
      before,
      this.settled,
      this.target,
      this.numbers,
    ).run();
  }

  /** What the inputs of a nested program are asked for is asked of the values outside. */
  private pass(
    found: Found,
    program: Program,
    from: number,
    outer: readonly ValueId[],
    leading: readonly Index[],
  ): void {
    for (const [i, value] of outer.entries()) {
      const { id } = program.inputs[from + i]!;
      for (const use of found.uses.get(id) ?? []) this.use(value, { ...use, indices: [...leading, ...use.indices] });
      const need = found.needs.get(id);
      if (need !== undefined) this.need(value, leading.length > 0 ? 'buffer' : need);
    }
  }

  private visitScan(instr: Extract<Instr, { op: 'scan' }>): void {
    const { carry, xs, captured, body, length } = instr;
    this.visitCarries(carry, instr.out, body);
    const found = this.inside(instr, 0, entries([length], this.target));
    this.nested.set(instr, [found.decisions]);
    const step = this.numbers.loop(length);
    const entry = instr.reverse ? reversed(step, length) : step;
    this.passHandedOn(found, body, carry);
    this.pass(found, body, carry.length, xs, [entry]);
    this.pass(found, body, carry.length + xs.length, captured, []);
  }

  private visitWhile(instr: Extract<Instr, { op: 'while' }>): void {
    const { carry, captured, body, test, max, every } = instr;
    this.visitCarries(carry, instr.out, body);
    const steps = Math.min(max, expectedSteps);
    const inside = [
      { program: test, runs: steps / every },
      { program: body, runs: steps },
    ].map(({ program, runs }, which) => ({ program, found: this.inside(instr, which, runs) }));
    this.nested.set(instr, inside.map(({ found }) => found.decisions)); // prettier-ignore
    for (const { program, found } of inside) {
      this.pass(found, program, carry.length, captured, []);
      for (const [i, value] of carry.entries()) if (handsOn(body, i)) this.pass(found, program, i, [value], []);
    }
  }

  private passHandedOn(found: Found, body: Program, carry: readonly ValueId[]): void {
    for (const [i, value] of carry.entries()) if (handsOn(body, i)) this.pass(found, body, i, [value], []);
  }
}

/** Decided twice, because what is stored makes what reads it cheap; then expressions that have become too large are cut. */
export const decide = (program: Program, target: KernelTarget): Decisions => {
  const inputs = program.inputs.map(() => loadCost);
  const once = (before: Decisions | null, settled: boolean): Decisions =>
    new Decision(program, inputs, 1, [], before, settled, target, new Numbers()).run().decisions;
  return once(once(once(null, false), false), true);
};
