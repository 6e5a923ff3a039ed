// Which sizes become numbers in a compiled program. Kernels for a fixed length unroll loops and keep accumulators in registers;
// but what is compiled for one length serves no other.
import { sizesOf } from '../../tensor/dims.ts';
import { nestedPrograms } from '../../tensor/instructions.ts';
import type { Program } from '../../tensor/program.ts';
import type { Sizes } from './call-sizes.ts';

/** Longer loops gain nothing from a known length. */
const mostConstant = 512;

/** As short as this a length that also counts steps is that of a small axis (states, centres). */
const fewSteps = 64;

/** Sizes in the lengths of scans: steps are never unrolled. */
const countsOfSteps = (program: Program, resumable = false): readonly string[] =>
  program.instrs.flatMap((instr) => [
    ...(instr.op === 'scan' && (!resumable || instr.resumable === true) ? sizesOf(instr.length) : []),
    ...nestedPrograms(instr).flatMap((nested) => countsOfSteps(nested, resumable)),
  ]);

/** Chooses for one entry, call by call. A size that has had two values stays symbolic, so that an entry is compiled at most once
 *  more than it has sizes. */
export class ConstantSizes {
  private readonly symbolic: Set<string>;
  private readonly steps: ReadonlySet<string>;
  private readonly seen = new Map<string, number>();

  constructor(program: Program) {
    this.steps = new Set(countsOfSteps(program));
    // One that goes on from call to call has other numbers of steps from call to call.
    this.symbolic = new Set(countsOfSteps(program, true));
  }

  of(sizes: Sizes): Sizes {
    for (const [name, value] of Object.entries(sizes)) {
      if ((this.seen.get(name) ?? value) !== value) this.symbolic.add(name);
      this.seen.set(name, value);
    }
    const chosen = Object.entries(sizes).filter(
      ([name, value]) => value <= (this.steps.has(name) ? fewSteps : mostConstant) && !this.symbolic.has(name),
    );
    return Object.fromEntries(chosen.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
