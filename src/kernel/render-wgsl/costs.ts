// What it takes to run statements in one way or another. In: statements under known sizes, and what a device is like. Out: times, in
// operations of one invocation, by which ways are compared; they cost nothing but time when they are wrong.
import { iterations } from '../extents.ts';
import type { Loop, Statement } from '../kernel.ts';
import { workOfExpr } from '../work.ts';
import type { DeviceProfile } from './device-profile.ts';
import { nestOf } from './loops.ts';
import { iterationsOf, workOfStatements } from './work.ts';

type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

export class Costs {
  constructor(
    readonly profile: DeviceProfile,
    private readonly sizes: Readonly<Record<string, number>>,
    private readonly entries: (buffer: number) => number,
  ) {}

  /** Operations of one run, by one invocation. */
  work(statements: readonly Statement[]): number {
    return workOfStatements(statements, this.sizes, this.entries);
  }

  private count(loops: readonly Loop[]): number {
    return iterationsOf(loops, this.sizes);
  }

  /** Barriers that one run needs when a workgroup runs it together: those of trees and of what is written. */
  private barriers(statements: readonly Statement[]): number {
    return statements.reduce((sum, s) => sum + (s.kind === 'reduce' && this.reducedTogether(s) ? 4 : s.kind === 'let' ? 0 : 1), 0); // prettier-ignore
  }

  /** A reduction by all invocations of a workgroup and a tree, rather than by each of them alone. */
  reducedTogether(reduce: StatementOf<'reduce'>): boolean {
    const { width, lanes, barrier } = this.profile;
    const work = this.work([reduce]);
    return this.count(reduce.loops) >= 32 && work / width + 4 * barrier < (work * lanes) / Math.min(lanes, width);
  }

  /** Of `count` combinations of parallel loops within a workgroup: one after the other, all invocations at each. */
  together(count: number, body: readonly Statement[]): boolean {
    if (!this.canBeTogether(body)) return false;
    const { width } = this.profile;
    const work = this.work(body);
    return count * this.togetherTime(body, work) < Math.ceil(count / width) * work;
  }

  private togetherTime(body: readonly Statement[], work: number): number {
    return work / this.profile.width + this.barriers(body) * this.profile.barrier;
  }

  /** Only reductions are worth it, and what may stand beside them. */
  private canBeTogether(body: readonly Statement[]): boolean {
    return body.some((s) => s.kind === 'reduce') && body.every((s) => s.kind === 'reduce' || s.kind === 'let' || s.kind === 'store'); // prettier-ignore
  }

  /** A dispatch for a nest: an invocation for each combination, or a workgroup. */
  grid(statement: StatementOf<'loop'>): { readonly by: 'invocation' | 'workgroup'; readonly time: number } {
    const { groups, width, apart } = this.profile;
    const { loops, body } = nestOf(statement);
    const count = this.count(loops);
    const work = this.work(body);
    const vectors = Math.ceil(apart / Math.min(apart, width));
    const alone = Math.ceil(Math.ceil(count / apart) / groups) * vectors * work;
    const shared = Math.ceil(count / groups) * this.togetherTime(body, work);
    const isShared = statement.scratch.length + statement.privates.length === 0 && this.canBeTogether(body) && shared < alone; // prettier-ignore
    return { by: isShared ? 'workgroup' : 'invocation', time: isShared ? shared : alone };
  }

  /** One run of the statements by one workgroup; whiles take `steps` steps, all there are unless told. */
  inWorkgroup(statements: readonly Statement[], steps = Infinity): number {
    return statements.reduce((sum, s) => sum + this.oneInWorkgroup(s, steps), 0);
  }

  private oneInWorkgroup(s: Statement, steps: number): number {
    const { width, barrier } = this.profile;
    switch (s.kind) {
      case 'let':
        return workOfExpr(s.value);
      case 'store':
        return workOfExpr(s.value) + barrier;
      case 'reduce':
        return this.reducedTogether(s) ? this.work([s]) / width + 4 * barrier : this.work([s]);
      case 'if':
        return this.inWorkgroup(s.then, steps) + 2 * barrier;
      case 'loop': {
        if (s.role === 'serial' && s.privates.length === 0)
          return iterations(s.loop.extent, this.sizes) * (this.inWorkgroup(s.body, steps) + barrier);
        const { loops, body } = nestOf(s);
        const count = this.count(loops);
        const work = this.work(body);
        const time = this.together(count, body) ? count * this.togetherTime(body, work) : Math.ceil(count / width) * work; // prettier-ignore
        return time + barrier;
      }
      case 'product': {
        const count = this.count([s.rows, s.columns]);
        return Math.ceil(count / width) * this.count([s.inner]) * 3 + barrier;
      }
      case 'routine':
        return this.work([s]) + barrier;
      case 'while': {
        const taken = Math.min(steps, iterations(s.loop.extent, this.sizes));
        return taken * (this.inWorkgroup(s.test, steps) + this.inWorkgroup(s.body, steps) + 4 * barrier);
      }
    }
  }

  /** The same when the host encodes loops and every nest is a dispatch. */
  asDispatches(statements: readonly Statement[], steps: number): number {
    return statements.reduce((sum, s) => sum + this.oneAsDispatches(s, steps), 0);
  }

  private oneAsDispatches(s: Statement, steps: number): number {
    const { dispatch, groups, width } = this.profile;
    switch (s.kind) {
      case 'let':
      case 'store':
      case 'reduce':
      case 'routine':
        return Math.min(dispatch, this.oneInWorkgroup(s, steps)) + this.oneInWorkgroup(s, steps);
      case 'if':
        return dispatch + this.asDispatches(s.then, steps);
      case 'loop':
        if (s.role === 'serial') return iterations(s.loop.extent, this.sizes) * this.asDispatches(s.body, steps);
        return dispatch + this.grid(s).time;
      case 'product':
        return dispatch + (this.count([s.rows, s.columns, s.inner]) * 3) / (groups * width);
      case 'while': {
        const taken = Math.min(steps, iterations(s.loop.extent, this.sizes));
        // Reading the flag back now and then costs some dispatches.
        return 10 * dispatch + taken * (dispatch + this.asDispatches(s.test, steps) + this.asDispatches(s.body, steps));
      }
    }
  }
}
