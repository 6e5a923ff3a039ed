// Kernels as WGSL and what the host encodes. In: a kernel program, the values of all sizes, and what the device is like. Out: a
// program for src/backend/webgpu. Each statement that is not within a parallel loop becomes a dispatch of its own, or is run with
// its neighbours by one workgroup, whole scans and whiles among them, where that takes less than its dispatches would.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { iterations } from '../extents.ts';
import type { KernelProgram, LocalId, Loop, Scalar, Statement } from '../kernel.ts';
import { visitStatements } from '../visit.ts';
import type { Command, Placed, Shader, WgslProgram } from './commands.ts';
import { Costs } from './costs.ts';
import type { DeviceProfile } from './device-profile.ts';
import { Dispatches, type Rendered, type Surroundings } from './dispatches.ts';
import { truthText } from './expressions.ts';
import { Layout } from './layout.ts';
import { nestOf, type LoopStatement } from './loops.ts';
import { productShader, productNestOf } from './product-shader.ts';
import { routineFacts } from './routines.ts';
import { loopName, parameter, parameterWords, type ProgramFacts, type ShaderWriter } from './shader-writer.ts';
import { iterationsOf } from './work.ts';
import type { Workgroup } from './workgroup-statements.ts';

type StatementOf<K extends Statement['kind']> = Extract<Statement, { kind: K }>;
type Close = (group: Workgroup, w: ShaderWriter) => void;

export const renderWgsl = (
  kernels: KernelProgram,
  sizes: Readonly<Record<string, number>>,
  profile: DeviceProfile,
): WgslProgram => new Renderer(kernels, sizes, profile).render();

/** Loops of the host whose values fit into the parameters. */
const deepest = parameterWords - parameter.loops;

class Renderer {
  private readonly layout: Layout;
  private readonly costs: Costs;
  private readonly locals = new Map<LocalId, { word: number; scalar: Scalar }>();
  private readonly shaders: (Rendered & { label: string })[] = [];
  private readonly dispatches: Dispatches;
  private readonly facts: ProgramFacts;

  constructor(
    private readonly kernels: KernelProgram,
    private readonly sizes: Readonly<Record<string, number>>,
    private readonly profile: DeviceProfile,
  ) {
    this.layout = new Layout(kernels, sizes);
    this.costs = new Costs(profile, sizes, (buffer) => this.layout.entries(buffer));
    this.facts = {
      sizes,
      buffers: kernels.buffers,
      baseOf: this.layout.baseOf,
      seedWord: this.layout.seedWord,
      workspace: this.layout.workspace,
      stop: this.layout.stop,
      firstFreeLocal: firstFreeLocal(kernels.body),
    };
    this.dispatches = new Dispatches(this.facts, this.costs, this.locals);
  }

  render(): WgslProgram {
    const commands = this.list(this.kernels.body, { loops: [], alive: null });
    const { words } = this.layout;
    const placed = (name: string, buffer: number): Placed => ({
      name,
      base: this.layout.baseOf(buffer),
      shape: this.layout.shapeOf(buffer),
      scalar: this.kernels.buffers[buffer]!.scalar,
    });
    return {
      words,
      stop: this.layout.stop,
      inputs: this.kernels.inputs.map(({ name, buffer }) => ({ ...placed(name, buffer), seed: this.layout.seedWord(buffer) })), // prettier-ignore
      outputs: this.kernels.outputs.map(({ name, buffer }) => placed(name, buffer)),
      constants: this.kernels.buffers.flatMap(({ name, values }, id) => (values === undefined ? [] : [{ ...placed(name, id), values }])), // prettier-ignore
      shaders: this.shaders.map(({ label, text }): Shader => ({ label, text: text(words) })),
      commands,
    };
  }

  /** A list of statements in which the host is. `close` ends its last dispatch. */
  private list(statements: readonly Statement[], around: Surroundings, close?: Close): readonly Command[] {
    if (around.loops.length > deepest) throw new InternalError(`more than ${deepest} loops in each other on the host`);
    this.shareLocals(statements);
    const commands: Command[] = [];
    let gathered: Statement[] = [];
    let time = 0;
    const flush = (end?: Close): void => {
      if (gathered.length === 0 && end === undefined) return;
      commands.push(this.dispatch(this.dispatches.byOneWorkgroup(gathered, around, null, end), time, gathered));
      gathered = [];
      time = 0;
    };
    for (const statement of statements) {
      const alone = this.costs.inWorkgroup([statement]);
      if (this.isGathered(statement, alone)) {
        if (time + alone > this.profile.longest) flush();
        gathered.push(statement);
        time += alone;
        continue;
      }
      flush();
      commands.push(...this.apart(statement, around));
    }
    flush(close);
    return commands;
  }

  /** Whether one workgroup runs it, along with its neighbours. */
  private isGathered(statement: Statement, alone: number): boolean {
    if (statement.kind === 'let' || statement.kind === 'store') return true;
    if (this.needsHost(statement) || alone > this.profile.longest) return statement.kind === 'reduce';
    // Ten steps stand for a while, of which nobody knows how many there will be.
    const steps = 10;
    return this.costs.inWorkgroup([statement], steps) <= this.costs.asDispatches([statement], steps);
  }

  private needsHost(statement: Statement): boolean {
    let found = false;
    visitStatements([statement], {
      statement: (s) => {
        if (s.kind === 'routine' && this.isOnHost(s)) found = true;
      },
    });
    return found;
  }

  private isOnHost(statement: StatementOf<'routine'>): boolean {
    const { operations } = routineFacts(statement, (buffer) => this.layout.shapeOf(buffer));
    return operations > this.profile.routine;
  }

  /** A statement by commands of its own. */
  private apart(statement: Statement, around: Surroundings): readonly Command[] {
    switch (statement.kind) {
      case 'let':
      case 'store':
      case 'reduce':
        return [this.dispatch(this.dispatches.byOneWorkgroup([statement], around), this.costs.inWorkgroup([statement]), [statement])]; // prettier-ignore
      case 'product':
        return this.product([], statement, around);
      case 'routine':
        return [this.routine(statement, around)];
      case 'if':
        return this.branch(statement, around);
      case 'while':
        return this.ranged(statement, around) ?? [this.whileLoop(statement, around)];
      case 'loop':
        if (statement.role === 'parallel' || statement.privates.length > 0) return this.nest(statement, around);
        return this.ranged(statement, around) ?? [this.repeat(statement, around)];
    }
  }

  private repeat({ loop, body }: LoopStatement, around: Surroundings): Command {
    const inside = { ...around, loops: [...around.loops, loop.id] };
    return { kind: 'repeat', count: iterations(loop.extent, this.sizes), body: this.list(body, inside) };
  }

  private nest(statement: LoopStatement, around: Surroundings): readonly Command[] {
    const product = productNestOf(statement);
    if (product !== null) return this.product(product.loops, product.product, around);
    if (iterationsOf(nestOf(statement).loops, this.sizes) === 0) return [];
    const { by, time } = this.costs.grid(statement);
    const rendered = by === 'workgroup' ? this.dispatches.byWorkgroup(statement, around) : this.dispatches.byInvocation(statement, around); // prettier-ignore
    return [this.dispatch(rendered, time, [statement])];
  }

  private product(loops: readonly Loop[], product: StatementOf<'product'>, around: Surroundings): readonly Command[] {
    const batch = iterationsOf(loops, this.sizes);
    if (batch * iterationsOf([product.rows, product.columns], this.sizes) === 0) return [];
    const time = batch * this.costs.asDispatches([product], 1);
    return [this.dispatch(productShader(loops, product, around, this.facts, this.profile), time, [product])];
  }

  private routine(statement: StatementOf<'routine'>, around: Surroundings): Command {
    if (this.isOnHost(statement)) {
      const placed = (buffer: number): Placed => ({
        name: this.kernels.buffers[buffer]!.name,
        base: this.layout.baseOf(buffer),
        shape: this.layout.shapeOf(buffer),
        scalar: this.kernels.buffers[buffer]!.scalar,
      });
      const { name, args, outs } = statement;
      return { kind: 'host', name, args: args.map(placed), outs: outs.map(placed), alive: around.alive };
    }
    return this.dispatch(this.dispatches.routine(statement, around), this.costs.inWorkgroup([statement]), [statement]);
  }

  /** The condition becomes the word that keeps what is inside alive. */
  private branch(statement: StatementOf<'if'>, around: Surroundings): readonly Command[] {
    const alive = this.layout.take(1);
    const outer = around.alive === null ? '1u' : `m[${around.alive}]`;
    const test = this.dispatches.byOneWorkgroup([], { ...around, alive: null }, null, (group, w) =>
      group.first(() => w.line(`m[${alive}] = select(0u, ${outer}, ${truthText(statement.test, w)});`)),
    );
    return [this.dispatch(test, 0, []), ...this.list(statement.then, { ...around, alive })];
  }

  /** A loop or while that one workgroup runs, but not to its end in one dispatch. Null where even one iteration is too long, or
   *  its iterations are better spread over the device. */
  private ranged(statement: LoopStatement | StatementOf<'while'>, around: Surroundings): readonly Command[] | null {
    if (this.needsHost(statement)) return null;
    const steps = 10;
    if (this.costs.inWorkgroup([statement], steps) > this.costs.asDispatches([statement], steps)) return null;
    const count = iterations(statement.loop.extent, this.sizes);
    const each = this.costs.inWorkgroup([statement]) / Math.max(1, count);
    const step = Math.floor(this.profile.longest / each);
    if (step < 1) return null;
    if (statement.kind === 'loop') {
      const rendered = this.dispatches.byOneWorkgroup([statement], around, { loop: statement.loop.id, alive: null });
      return [
        { ...this.dispatch(rendered, each * Math.min(count, step), [statement]), range: { count, step, stops: null } },
      ];
    }
    const { alive, begin } = this.beginWhile(statement, around);
    const rendered = this.dispatches.byOneWorkgroup([statement], { ...around, alive }, { loop: statement.loop.id, alive }); // prettier-ignore
    const part = {
      ...this.dispatch(rendered, each * Math.min(count, step), [statement]),
      range: { count, step, stops: { alive, count: this.layout.baseOf(statement.count) } },
    };
    return [begin, part];
  }

  private beginWhile({ count }: StatementOf<'while'>, around: Surroundings): { readonly alive: number; readonly begin: ReturnType<Renderer['dispatch']> } {
    const alive = this.layout.take(1);
    const steps = this.layout.baseOf(count);
    const rendered = this.dispatches.byOneWorkgroup([], { ...around, alive: null }, null, (group, w) =>
      group.first(() => {
        const outer = around.alive === null ? '1u' : `m[${around.alive}]`;
        w.line(`m[${alive}] = ${outer};`);
        w.line(`m[${steps}] = select(m[${steps}], 0u, ${outer} != 0u);`);
      }),
    );
    return { alive, begin: this.dispatch(rendered, 0, []) };
  } // prettier-ignore

  private whileLoop(statement: StatementOf<'while'>, around: Surroundings): Command {
    const { loop, every, flag, count } = statement;
    const { alive, begin } = this.beginWhile(statement, around);
    const inside: Surroundings = { loops: [...around.loops, loop.id], alive };
    const steps = this.layout.baseOf(count);
    const close: Close = (group, w) =>
      group.first(() => {
        w.line(`m[${steps}] = u32(${loopName(loop.id)});`);
        w.line(`if (bitcast<f32>(m[${this.layout.baseOf(flag)}]) == 0f) { m[${alive}] = 0u; }`);
      });
    const end = this.dispatches.byOneWorkgroup([], inside, null, (group, w) =>
      group.first(() => {
        w.line(`m[${steps}] = u32(${loopName(loop.id)});`);
        w.line(`m[${alive}] = 0u;`);
      }),
    );
    return {
      kind: 'while',
      most: iterations(loop.extent, this.sizes),
      every,
      alive,
      count: steps,
      begin: [begin],
      test: this.list(statement.test, inside, close),
      body: this.list(statement.body, inside),
      end: [this.dispatch(end, 0, [])],
    };
  }

  private dispatch(rendered: Rendered, time: number, statements: readonly Statement[]): Extract<Command, { kind: 'dispatch' }> {
    const label = statements.map((s) => s.kind).join(' ') || 'control';
    this.shaders.push({ ...rendered, label });
    return { kind: 'dispatch', shader: this.shaders.length - 1, groups: rendered.groups, time, range: null };
  } // prettier-ignore

  /** Words for locals that a statement of the list makes and another reads. */
  private shareLocals(statements: readonly Statement[]): void {
    const madeIn = new Map<LocalId, number>();
    statements.forEach((s, i) => {
      if (s.kind === 'let') madeIn.set(s.local, i);
      else if (s.kind === 'reduce') s.accumulators.forEach(({ local }) => madeIn.set(local, i));
    });
    statements.forEach((statement, i) =>
      visitStatements([statement], {
        expr: (e) => {
          if (e.kind !== 'local' || !madeIn.has(e.local) || madeIn.get(e.local) === i || this.locals.has(e.local)) return; // prettier-ignore
          this.locals.set(e.local, { word: this.layout.take(1), scalar: e.scalar });
        },
      }),
    );
  }
}

const firstFreeLocal = (body: readonly Statement[]): number => {
  let first = 0;
  visitStatements(body, {
    statement: (s) => {
      const made = s.kind === 'let' ? [s] : s.kind === 'reduce' ? [...s.lets, ...s.accumulators] : [];
      for (const { local } of made) first = Math.max(first, local + 1);
    },
  });
  return first;
};
