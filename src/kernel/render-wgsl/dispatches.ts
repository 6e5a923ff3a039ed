// Shaders of one dispatch each. In: statements, how they are spread over invocations, and what stands around them. Out: the text.
import type { LocalId, LoopId, Scalar, Statement } from '../kernel.ts';
import { visitStatements } from '../visit.ts';
import type { Costs } from './costs.ts';
import { typeText } from './expressions.ts';
import { decode, mostCount, nestOf, productOf, type LoopStatement } from './loops.ts';
import { routineCall } from './routines.ts';
import { declareScratch, serialStatements } from './serial-statements.ts';
import { loopName, localName, parameter, parameterText, ShaderWriter, type ProgramFacts } from './shader-writer.ts';
import { Workgroup, type Range } from './workgroup-statements.ts';

/** What stands around a dispatch. */
export interface Surroundings {
  /** Loops that the host runs, the outermost first. */
  readonly loops: readonly LoopId[];
  /** The word that is 0 when the dispatch is to do nothing. */
  readonly alive: number | null;
}

export interface Rendered {
  readonly text: (words: number) => string;
  readonly groups: number;
}

/** Words in which locals go from one dispatch to the next. */
export type LocalWords = ReadonlyMap<LocalId, { readonly word: number; readonly scalar: Scalar }>;

/** Makes shaders of a program. */
export class Dispatches {
  constructor(
    private readonly facts: ProgramFacts,
    private readonly costs: Costs,
    private readonly locals: LocalWords,
  ) {}

  /** An invocation for each combination of the loops. */
  byInvocation(statement: LoopStatement, around: Surroundings): Rendered {
    const { apart } = this.costs.profile;
    const w = new ShaderWriter(this.facts);
    const nest = nestOf(statement);
    if (statement.privates.length > 0) return this.alone(statement, around);
    const count = productOf(nest.loops.map((loop) => mostCount(loop.extent, w)));
    const groups = Math.ceil(count / apart);
    w.line(`let n = ${this.groupText(groups)} * ${apart}u + lane;`);
    w.line(`if (n >= ${count}u) { return; }`);
    if (around.alive !== null) w.line(`if (m[${around.alive}] == 0u) { return; }`);
    this.begin([statement], around, w);
    decode(nest.loops, 'n', w, 'return;');
    declareScratch(statement.scratch, w);
    serialStatements(nest.body, w);
    return { text: (words) => w.module(words, apart), groups };
  }

  /** One invocation for everything. */
  private alone(statement: Statement, around: Surroundings): Rendered {
    const w = new ShaderWriter(this.facts);
    if (around.alive !== null) w.line(`if (m[${around.alive}] == 0u) { return; }`);
    this.begin([statement], around, w);
    serialStatements([statement], w);
    return { text: (words) => w.module(words, 1), groups: 1 };
  }

  /** An invocation for each matrix of the batch. */
  routine(statement: Extract<Statement, { kind: 'routine' }>, around: Surroundings): Rendered {
    const { apart } = this.costs.profile;
    const w = new ShaderWriter(this.facts);
    const { batch, text } = routineCall(statement, w);
    const groups = Math.ceil(batch / apart);
    w.line(`let n = i32(${this.groupText(groups)} * ${apart}u + lane);`);
    w.line(`if (n >= ${batch}i) { return; }`);
    if (around.alive !== null) w.line(`if (m[${around.alive}] == 0u) { return; }`);
    w.line(text('n'));
    return { text: (words) => w.module(words, apart), groups };
  }

  /** A workgroup for each combination of the loops. */
  byWorkgroup(statement: LoopStatement, around: Surroundings): Rendered {
    const { lanes } = this.costs.profile;
    const w = new ShaderWriter(this.facts);
    const nest = nestOf(statement);
    const groups = productOf(nest.loops.map((loop) => mostCount(loop.extent, w)));
    w.line(`let n = ${this.groupText(groups)};`);
    w.line(`if (n >= ${groups}u) { return; }`);
    this.guard(around, w);
    this.begin([statement], around, w);
    decode(nest.loops, 'n', w, 'return;');
    new Workgroup(w, lanes, this.costs).run(nest.body);
    return { text: (words) => w.module(words, lanes), groups };
  }

  /** One workgroup for everything, the statements in order. `close` may add lines. */
  byOneWorkgroup(
    statements: readonly Statement[],
    around: Surroundings,
    range: Range | null = null,
    close: (group: Workgroup, w: ShaderWriter) => void = () => undefined,
  ): Rendered {
    const { lanes } = this.costs.profile;
    const w = new ShaderWriter(this.facts);
    this.guard(around, w);
    this.begin(statements, around, w);
    const group = new Workgroup(w, lanes, this.costs, range);
    const leaving = new Set(localsMadeFor(statements, this.locals));
    for (const statement of statements) {
      group.run([statement]);
      for (const local of madeBy(statement)) {
        const to = this.locals.get(local);
        if (to === undefined || !leaving.has(local)) continue;
        group.first(() => w.line(`m[${to.word}] = bitcast<u32>(${localName(local)});`));
      }
    }
    close(group, w);
    return { text: (words) => w.module(words, lanes), groups: 1 };
  }

  private groupText(groups: number): string {
    const { mostGroups } = this.costs.profile;
    return groups > mostGroups ? `(group.x + group.y * ${mostGroups}u)` : 'group.x';
  }

  private guard({ alive }: Surroundings, w: ShaderWriter): void {
    if (alive === null) return;
    w.share('agreed', 'u32');
    w.line(`if (lane == 0u) { agreed = m[${alive}]; }`);
    w.line('workgroupBarrier();');
    w.line('if (workgroupUniformLoad(&agreed) == 0u) { return; }');
  }

  /** Loops of the host, and locals that other dispatches made. */
  private begin(statements: readonly Statement[], { loops }: Surroundings, w: ShaderWriter): void {
    loops.forEach((loop, depth) => w.line(`let ${loopName(loop)} = i32(${parameterText(parameter.loops + depth)});`));
    const made = new Set<LocalId>();
    const read = new Set<LocalId>();
    visitStatements(statements, {
      statement: (s) => madeBy(s).forEach((local) => made.add(local)),
      expr: (e) => {
        if (e.kind === 'local') read.add(e.local);
      },
    });
    for (const local of read) {
      const from = this.locals.get(local);
      if (made.has(local) || from === undefined) continue;
      w.line(`let ${localName(local)} = bitcast<${typeText[from.scalar]}>(m[${from.word}]);`);
    }
  }
}

const madeBy = (statement: Statement): readonly LocalId[] => {
  if (statement.kind === 'let') return [statement.local];
  if (statement.kind !== 'reduce') return [];
  return [...statement.lets, ...statement.accumulators].map(({ local }) => local);
};

/** Locals of these statements that have a word. */
const localsMadeFor = (statements: readonly Statement[], words: LocalWords): readonly LocalId[] =>
  statements.flatMap(madeBy).filter((local) => words.has(local));
