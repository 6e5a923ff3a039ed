// Which values are stored. In: a program, sizes of the target. Out: for it and for the programs in its loops, the values that get
// a buffer; all others are computed where they are read. Stored are results, what reductions and routines read whole, and what
// computing again would cost more than writing and loading it.
import { nestedPrograms, operandsOf } from '../../tensor/instructions.ts';
import type { Instr, Program, ValueId } from '../../tensor/program.ts';
import type { Index, KernelTarget } from '../kernel.ts';
import { accumulationsOf, type Addition } from './accumulators.ts';
import { handsOn } from './carries.ts';
import type { Decisions } from './context.ts';
import { entries, formOf, type Contract } from './contract-form.ts';
import { arrangedOutput } from './destinations.ts';
import { unguarded } from './guarded.ts';
import { guardsOf, type GuardedSelect, type GuardedSum, type Guards } from './guards.ts';
import { inlineCosts, loadCost, type InlineCost, type InlineCosts } from './inline-costs.ts';
import { isInlinable, type Inlinable } from './reads.ts';
import { Numbers, Uses, type Use } from './uses.ts';
import { reversed } from './views.ts';

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
interface Inside {
  readonly decisions: Decisions;
  readonly uses: Uses;
}

class Decision {
  private readonly stored = new Set<ValueId>();
  private readonly nested = new Map<Instr, readonly Decisions[]>();
  private readonly additions: ReadonlyMap<ValueId, Addition>;
  private readonly guards: Guards;
  private readonly costs: InlineCosts;

  constructor(
    readonly uses: Uses,
    inputs: readonly InlineCost[],
    /** What the program adds to its carries. */
    additions: readonly Addition[],
    /** What was decided when less was known to be stored. */
    private readonly before: Decisions | null,
    /** Whether that stays, but for expressions that are too large. */
    private readonly settled: boolean,
  ) {
    const { program, target, numbers } = uses;
    this.guards = guardsOf(program, target);
    this.costs = inlineCosts(program, inputs, this.guards, before?.stored ?? new Set(), target, numbers.next);
    this.additions = new Map(additions.map((addition) => [addition.sum, addition]));
  }

  run(): Decisions {
    const { program, producers } = this.uses;
    for (const { id } of program.outputs) {
      if (this.additions.has(id)) continue;
      const { value } = arrangedOutput(program, producers, id);
      if (producers.has(value)) this.uses.need(value, 'buffer', true);
      else this.uses.add(value, this.uses.nestOver(this.uses.shapeOf(value)));
    }
    for (const instr of program.instrs.toReversed()) this.visit(instr);
    return { stored: this.stored, guards: this.guards, nested: this.nested };
  }

  private visit(instr: Instr): void {
    const { uses } = this;
    const out = instr.out[0]!;
    if (this.guards.inside.has(out)) return;
    const addition = this.additions.get(out);
    if (addition !== undefined) return this.visitAddition(addition);
    const select = this.guards.selects.get(out);
    if (select !== undefined) return this.visitGuardedSelect(select, uses.nestOver(uses.shapeOf(out)), 1);
    const sum = this.guards.sums.get(out);
    if (sum !== undefined) return this.visitGuardedSum(sum);
    if (instr.op === 'contract') return this.visitContract(instr);
    if (isInlinable(instr)) return this.visitInlinable(instr);
    switch (instr.op) {
      case 'argmin':
        return uses.add(instr.arg, uses.nestOver(uses.shapeOf(instr.arg)));
      case 'scatter-add': {
        const nest = uses.nestOver(uses.shapeOf(instr.updates));
        const at = nest.indices.slice(instr.axis, instr.axis + uses.shapeOf(instr.indices).length);
        uses.add(instr.updates, nest);
        return uses.add(instr.indices, { ...nest, indices: at });
      }
      case 'routine':
        return instr.args.forEach((arg) => uses.need(arg, 'whole'));
      case 'scan':
        return this.visitScan(instr);
      case 'while':
        return this.visitWhile(instr);
    }
  }

  private visitInlinable(instr: Inlinable): void {
    const [out] = instr.out;
    if (instr.op === 'constant') return;
    if (this.isStored(instr, this.uses.of(out))) {
      this.stored.add(out);
      this.uses.spread(instr, this.uses.nestOver(this.uses.shapeOf(out)));
    } else for (const use of this.uses.of(out)) this.uses.spread(instr, use);
  }

  private isStored(instr: Inlinable, uses: readonly Use[]): boolean {
    const [out] = instr.out;
    if (this.uses.needs.has(out) || this.costs.cut.has(out)) return true;
    if (this.settled) return this.before!.stored.has(out);
    const computed = uses.reduce((sum, { times }) => sum + times, 0);
    const { runs } = this.uses;
    const all = this.uses.count(this.uses.shapeOf(out));
    if (instr.op === 'concat' && (instr.args.length > mostInlinedParts || computed > 2 * all)) return true;
    // Views cost nothing by themselves: what they look at may be worth storing.
    if (instr.op === 'view' && instr.view.kind !== 'pad') return false;
    const cost = this.costs.of.get(out)!;
    if (all === runs && cost.operations < leastOfScalar) return false;
    return isWorthStoring(cost, computed, all, runs);
  }

  private visitContract(instr: Contract): void {
    const { uses } = this;
    const form = formOf(uses.program, instr, uses.target);
    if (form.kind === 'map') return this.visitInlinable(instr);
    if (form.kind === 'product') return instr.operands.forEach(({ value }) => uses.need(value, 'buffer'));
    const nest = uses.numbers.next();
    uses.addTerms(instr, nest, 1);
    if (instr.semiring.kind === 'soft-min')
      uses.add(instr.semiring.beta, { nest, indices: [], times: uses.count(uses.shapeOf(instr.out[0])) });
  }

  private visitAddition({ sum, term, byItself }: Addition): void {
    if (!byItself) this.uses.add(term, this.uses.nestOver(this.uses.shapeOf(sum)));
  }

  private visitGuardedSelect({ condition, fast, slow }: GuardedSelect, nest: Use, share: number): void {
    const { uses } = this;
    uses.add(fast, { ...nest, times: share * nest.times });
    uses.add(condition, { ...nest, times: share * uses.count(uses.shapeOf(condition)) });
    if ('instr' in slow) uses.addTerms(slow.instr, nest.nest, share * seldom);
    else this.visitGuardedSelect(slow, nest, share * seldom);
  }

  private visitGuardedSum(sum: GuardedSum): void {
    const { uses } = this;
    const nest = uses.numbers.next();
    const at = uses.addTerms(unguarded(sum), nest, seldom);
    const indices = sum.instr.operands[sum.operand]!.axes.map((label) => at.get(label)!);
    uses.add(sum.condition, { nest, indices, times: uses.count(uses.shapeOf(sum.condition)) });
  }

  /** Initial values are copied, those that the body hands on are read where they are. */
  private visitCarries({ carry, out, body }: Loop): void {
    const { uses } = this;
    for (const [i, value] of carry.entries()) {
      if (!handsOn(body, i)) {
        uses.add(value, uses.nestOver(uses.shapeOf(value)));
        continue;
      }
      for (const use of uses.of(out[i]!)) uses.add(value, use);
      const need = uses.needs.get(out[i]!);
      if (need !== undefined) uses.need(value, need);
    }
  }

  /** Decides for the program number `which` in an instruction, which runs so often each time. */
  private inside(instr: Loop, which: number, runs: number): Inside {
    const { target, numbers } = this.uses;
    const known = this.before?.stored;
    const costs = operandsOf(instr).map((id, i) =>
      i < instr.carry.length || known?.has(id) === true ? loadCost : this.costs.of.get(id)!,
    );
    const before = this.before?.nested.get(instr)?.[which] ?? null;
    const program = nestedPrograms(instr)[which]!;
    const additions = program === instr.body ? accumulationsOf(instr, target).flatMap((a) => a.additions) : [];
    const uses = new Uses(program, this.uses.runs * runs, target, numbers);
    const decisions = new Decision(uses, costs, additions, before, this.settled).run();
    return { decisions, uses };
  }

  /** What an input of a nested program is asked for is asked of the value outside. */
  private pass({ uses }: Inside, input: number, value: ValueId, leading: readonly Index[]): void {
    const { id } = uses.program.inputs[input]!;
    for (const use of uses.of(id)) this.uses.add(value, { ...use, indices: [...leading, ...use.indices] });
    const need = uses.needs.get(id);
    if (need !== undefined) this.uses.need(value, leading.length > 0 ? 'buffer' : need);
  }

  private passAll(
    inside: Inside,
    { carry, body }: Loop,
    rest: readonly (readonly [ValueId, readonly Index[]])[],
  ): void {
    for (const [i, value] of carry.entries()) if (handsOn(body, i)) this.pass(inside, i, value, []);
    for (const [i, [value, leading]] of rest.entries()) this.pass(inside, carry.length + i, value, leading);
  }

  private visitScan(instr: Extract<Instr, { op: 'scan' }>): void {
    const { xs, captured, length } = instr;
    this.visitCarries(instr);
    const body = this.inside(instr, 0, entries([length], this.uses.target));
    this.nested.set(instr, [body.decisions]);
    const step = this.uses.numbers.loop(length);
    const entry = instr.reverse ? reversed(step, length) : step;
    const rest = [...xs.map((x) => [x, [entry]] as const), ...captured.map((value) => [value, []] as const)];
    this.passAll(body, instr, rest);
  }

  private visitWhile(instr: Extract<Instr, { op: 'while' }>): void {
    this.visitCarries(instr);
    const steps = Math.min(instr.max, expectedSteps);
    const inside = [steps / instr.every, steps].map((runs, which) => this.inside(instr, which, runs));
    this.nested.set(instr, inside.map(({ decisions }) => decisions)); // prettier-ignore
    for (const program of inside) this.passAll(program, instr, instr.captured.map((value) => [value, []] as const)); // prettier-ignore
  }
}

/** Decided twice, because what is stored makes what reads it cheap; then expressions that have become too large are cut. */
export const decide = (program: Program, target: KernelTarget): Decisions => {
  const inputs = program.inputs.map(() => loadCost);
  const once = (before: Decisions | null, settled: boolean): Decisions =>
    new Decision(new Uses(program, 1, target, new Numbers()), inputs, [], before, settled).run();
  return once(once(once(null, false), false), true);
};
