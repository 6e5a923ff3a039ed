// One entry of the module as an async function. In: its name and realisation. Out: lines, and what else the module needs:
// embedded functions and long tables of numbers. Each tensor is a const named after what made it, with its shape beside it.
import type { Dim } from '../../../tensor/dims.ts';
import type { ModuleSpec } from '../../backend.ts';
import { hostFunction, type HostFunction } from '../host-loops/generate.ts';
import { deathsIn, pruned, readsOf } from '../liveness.ts';
import { dimText, identifier, namer, shapeText } from '../names.ts';
import { isTfjs, operations, type OperationName } from '../operations.ts';
import {
  resultsOf,
  type CallStep,
  type Carry,
  type HostScan,
  type Realisation,
  type ScanStep,
  type Step,
  type Tensor,
  type WhileStep,
} from '../realisation.ts';
import type { HelperName } from '../runtime-text.ts';
import type { Writer } from './writer.ts';
import { largestCounts, sizesIn } from './sizes.ts';

/** What the entries of one module share. */
export interface ModuleContext {
  /** Names no local variable may take: entries, embedded functions, tables. */
  readonly reserved: ReadonlySet<string>;
  readonly use: (helper: HelperName) => void;
  /** The name of a module-level array with this text. */
  readonly table: (text: string) => string;
  /** The name of a module-level function with this text. */
  readonly hostFunction: (made: HostFunction) => string;
}

/** Longer literals become tables at module level. */
const inlineLiteral = 60;

export const emitEntry = (
  writer: Writer,
  name: string,
  legal: Realisation,
  context: ModuleContext,
  madeFor: ModuleSpec['madeFor'],
): void => {
  const realisation = pruned(legal);
  const sizes = sizesIn(realisation);
  const body = new EntryWriter(writer, realisation, context, sizes);
  const empty = realisation.inputs.length === 0 ? 'inputs = {}' : 'inputs';
  writer.block(`export async function ${identifier(name)}(${empty}, options = {}) {`, () => {
    writer.line(`const call = openCall(signature, '${name}', inputs, options);`);
    writer.line('const { own, drop } = call;');
    writer.block(
      'try {',
      () => {
        for (const [size, value] of Object.entries(madeFor?.sizes ?? {}))
          writer.line(`call.madeFor('${size}', ${value});`);
        for (const [data, values] of Object.entries(madeFor?.data ?? {}))
          writer.line(`await call.madeWith('${data}', ${literal(context, values)});`);
        for (const size of sizes) writer.line(`const ${identifier(size)} = call.size('${size}');`);
        const largest = largestCounts(realisation);
        if (largest.length > 0)
          writer.line(`call.reserve(${largest.length === 1 ? largest[0]! : `Math.max(${largest.join(', ')})`});`);
        body.decide();
        body.emit();
      },
      '} finally {',
    );
    writer.line('  call.close();');
    writer.line('}');
  });
  context.use('openCall');
};

const literal = (context: ModuleContext, values: readonly number[]): string => {
  const text = `[${values.join(', ')}]`;
  return text.length > inlineLiteral ? context.table(text) : text;
};

/** V8 gives a call about a megabyte of stack, eight bytes a variable. */
const mostLocals = 10_000;

class EntryWriter {
  private readonly names = new Map<number, string>();
  /** Tensors that are elements of an array instead of variables. */
  private readonly shelved = new Set<number>();
  private readonly fresh: (stem: string) => string;
  /** Names of the conditions under which scans run on the host. */
  private readonly conditions = new Map<string, string>();

  constructor(
    private readonly writer: Writer,
    private readonly realisation: Realisation,
    private readonly context: ModuleContext,
    sizes: readonly string[],
  ) {
    this.fresh = namer([...context.reserved, ...sizes.map(identifier)]);
  }

  emit(): void {
    const { inputs, steps, outputs } = this.realisation;
    for (const { name, tensor, shape } of inputs) {
      this.names.set(tensor.id, this.fresh(name));
      const call = `call.input('${name}', ${shapeText(tensor.shape)}, '${tensor.type}')`;
      this.writer.line(
        `const ${this.name(tensor)} = ${call};${comment(shape.length > tensor.shape.length ? shape : [])}`,
      );
    }
    // A result is called what it is returned as, unless it already has a name.
    const taken = new Set(inputs.map((i) => i.tensor.id));
    for (const { name, tensor } of outputs) {
      if (taken.has(tensor.id)) continue;
      taken.add(tensor.id);
      this.names.set(tensor.id, this.fresh(name));
    }
    this.shelve(steps);
    this.steps(
      steps,
      inputs.map((i) => i.tensor),
      outputs.map((o) => o.tensor),
    );
    this.writer.block(
      'return await call.results({',
      () => {
        for (const { name, tensor, shape } of outputs)
          this.writer.line(`${propertyName(name)}: [${this.name(tensor)}, ${shapeText(shape)}],`);
      },
      '});',
    );
  }

  /** Too many local variables overflow the stack of one call: the results of a long program stand in an array instead. */
  private shelve(steps: readonly Step[]): void {
    if (steps.length <= mostLocals) return;
    const shelf = this.fresh('t');
    this.writer.line(`const ${shelf} = [];`);
    for (const step of steps) {
      if (step.kind !== 'call' || step.operation === 'unstack' || step.out.length !== 1) continue;
      const [{ id, alias }] = step.out as [Tensor];
      if (alias !== undefined || this.names.has(id)) continue;
      this.names.set(id, `${shelf}[${this.shelved.size}]`);
      this.shelved.add(id);
    }
  }

  /** Where scans run depends on sizes alone, so it is known at once. */
  decide(): void {
    for (const condition of hostConditionsIn(this.realisation.steps)) {
      if (condition === 'true') {
        this.conditions.set(condition, condition);
        continue;
      }
      const name = this.fresh('onHost');
      this.conditions.set(condition, name);
      this.writer.line(`const ${name} = ${condition};`);
    }
  }

  private name(tensor: Tensor): string {
    const known = this.names.get(tensor.id);
    if (known !== undefined) return known;
    const name = tensor.alias === undefined ? this.fresh(tensor.stem) : this.name(tensor.alias);
    this.names.set(tensor.id, name);
    return name;
  }

  private steps(block: readonly Step[], held: readonly Tensor[], claimed: readonly Tensor[]): void {
    const deaths = deathsIn(block, held, claimed);
    for (const [i, step] of block.entries()) {
      switch (step.kind) {
        case 'call':
          this.call(step, deaths[i]!);
          break;
        case 'scan':
          this.scan(step, deaths[i]!);
          break;
        case 'while':
          this.while(step, deaths[i]!);
          break;
      }
    }
  }

  private call({ operation, out, args, attributes }: CallStep, dead: readonly Tensor[]): void {
    if (operation === 'unstack') return this.unstack(out[0]!, args[0]!, attributes[0], dead);
    const facts = operations[operation];
    if (!isTfjs(operation)) this.context.use(operation);
    const tensors = args.map((arg) => this.name(arg));
    const given = [
      ...(facts.list === true ? [`[${tensors.join(', ')}]`] : tensors),
      ...attributes.map((text, position) => this.attribute(operation, position, text)),
    ];
    const call = `${facts.awaited === true ? 'await ' : ''}${isTfjs(operation) ? 'tf.' : ''}${operation}(${given.join(', ')})`;
    const [first] = out as [Tensor];
    const gone = dead.map((t) => this.name(t));
    if (out.length === 1) {
      const unread = dead.some((t) => t.id === first.id);
      const declaration = this.shelved.has(first.id) ? '' : 'const ';
      this.writer.line(
        `${declaration}${this.name(first)} = own(${[call, ...(unread ? [] : gone)].join(', ')});${comment(first.shape)}`,
      );
      if (unread) this.drop(dead);
    } else {
      this.writer.line(`const [${out.map((t) => this.name(t)).join(', ')}] = (${call}).map((result) => own(result));`);
      this.drop(dead);
    }
  }

  /** A tensor a step, or all numbers in one array where the host runs the scan. */
  private unstack(list: Tensor, tensor: Tensor, together: string | undefined, dead: readonly Tensor[]): void {
    const onHost = together === undefined ? 'false' : this.conditions.get(together)!;
    const numbers = `[await ${this.name(tensor)}.data()]`;
    const steps = `(await unstack(${this.name(tensor)})).map((step) => own(step))`;
    if (onHost !== 'true') this.context.use('unstack');
    const text = onHost === 'true' ? numbers : onHost === 'false' ? steps : `${onHost} ? ${numbers} : ${steps}`;
    this.writer.line(`const ${this.name(list)} = ${text};`);
    this.drop(dead);
  }

  /** A long literal stands at module level, under a name. */
  private attribute(operation: OperationName, position: number, text: string): string {
    const isLong = operation === 'tensor' && position === 0 && text.length > inlineLiteral;
    return isLong ? this.context.table(text) : text;
  }

  private drop(tensors: readonly Tensor[]): void {
    if (tensors.length > 0)
      this.writer.call(
        'drop',
        tensors.map((t) => this.name(t)),
      );
  }

  /** The loop frees and replaces its carries, so they are its own: `let carry = initial;` where nobody else reads the initial
   *  tensor any more, else `let carry = own(tf.clone(initial));`. */
  private startCarries(step: ScanStep | WhileStep, dead: readonly Tensor[]): readonly Tensor[] {
    const within = new Set(
      (step.kind === 'scan' ? step.body : [...step.test, ...step.body]).flatMap(readsOf).map((t) => t.id),
    );
    for (const c of step.carries) within.add(c.next.id);
    if (step.kind === 'scan')
      for (const t of [...step.ys.map((y) => y.value), ...(step.host?.captured ?? [])]) within.add(t.id);
    if (step.kind === 'while') within.add(step.verdict.id);
    const moved = new Set<number>();
    for (const [i, { initial, variable, out }] of step.carries.entries()) {
      const again = within.has(initial.id) || step.carries.slice(i + 1).some((c) => c.initial.id === initial.id);
      const moves = !again && dead.some((t) => t.id === initial.id);
      if (moves) moved.add(initial.id);
      const name = this.names.get(out.id) ?? this.name(variable);
      this.names.set(variable.id, name).set(out.id, name);
      const start = moves ? this.name(initial) : `own(tf.clone(${this.name(initial)}))`;
      this.writer.line(`let ${name} = ${start};${comment(variable.shape)}`);
    }
    return dead.filter((t) => !moved.has(t.id));
  }

  /** Gives each result of a body its own tensor: moved when the body made it, or it is a carry that is about to be replaced,
   *  and nobody took it yet; else copied. `left` are the carries that nobody took. */
  private claim(
    body: readonly Step[],
    carries: readonly Carry[],
    values: readonly Tensor[],
  ): { readonly names: readonly string[]; readonly left: readonly Tensor[] } {
    const free = new Set([...body.flatMap(resultsOf), ...carries.map((c) => c.variable)].map((t) => t.id));
    const names = values.map((value) => {
      if (free.delete(value.id)) return this.name(value);
      const copy = this.fresh(value.stem);
      this.writer.line(`const ${copy} = own(tf.clone(${this.name(value)}));`);
      return copy;
    });
    return { names, left: carries.map((c) => c.variable).filter((t) => free.has(t.id)) };
  }

  private endCarries(carries: readonly Carry[], next: readonly string[], left: readonly Tensor[]): void {
    this.drop(left);
    const variables = carries.map((c) => this.name(c.variable));
    // A carry that becomes another is read before it is replaced.
    const together = next.some((name) => variables.includes(name));
    if (together) this.writer.line(`[${variables.join(', ')}] = [${next.join(', ')}];`);
    else for (const [i, name] of variables.entries()) this.writer.line(`${name} = ${next[i]!};`);
  }

  private scan(step: ScanStep, dead: readonly Tensor[]): void {
    const left = this.startCarries(step, dead);
    const length = dimText(step.length);
    const { host } = step;
    const onHost = host === undefined ? null : this.conditions.get(host.condition)!;
    const count = onHost === null ? length : onHost === 'true' ? '1' : `${onHost} ? 1 : ${length}`;
    for (const { list } of step.ys) this.writer.line(`const ${this.name(list)} = new Array(${count});`);
    if (host === undefined) this.scanLoop(step);
    else if (onHost === 'true') this.scanOnHost(step, host);
    else {
      this.writer.branch(
        onHost!,
        () => this.scanOnHost(step, host),
        () => this.scanLoop(step),
      );
    }
    this.drop(left);
  }

  /** Its numbers go to a function of plain loops and come back once. */
  private scanOnHost(step: ScanStep, host: HostScan): void {
    const moving = step.carries.flatMap((c, i) => (c.next.id === c.variable.id ? [] : [{ ...c, i }]));
    const collected = step.ys.map(({ list }) => ({
      list,
      i: step.carries.length + host.collected.findIndex((t) => t.id === list.id),
    }));
    const wanted = [...moving, ...collected].map(({ i }) => i);
    const made = hostFunction(host.scan, host.given, wanted, this.context.reserved);
    for (const helper of made.helpers) this.context.use(helper);
    this.context.use('toTensor');
    const given = [
      ...step.carries.map((c) => `await ${this.name(c.variable)}.data()`),
      ...step.xs.map(({ list }) => `${this.name(list)}[0]`),
      ...host.captured.map((t) => `await ${this.name(t)}.data()`),
    ];
    const results = wanted.map(() => this.fresh('numbers'));
    this.writer.call(`const [${results.join(', ')}] = ${this.context.hostFunction(made)}`, [
      ...made.sizes.map(identifier),
      ...given,
    ]);
    const tensor = (i: number, { shape, type }: Tensor): string =>
      type === 'int32'
        ? `tf.tensor(${results[i]!}, ${shapeText(shape)}, 'int32')`
        : `toTensor(${results[i]!}, ${shapeText(shape)})`;
    for (const [i, { variable }] of moving.entries())
      this.writer.line(`${this.name(variable)} = own(${tensor(i, variable)}, ${this.name(variable)});`);
    for (const [i, { list }] of collected.entries())
      this.writer.line(`${this.name(list)}[0] = ${results[moving.length + i]!};`);
  }

  private scanLoop(step: ScanStep): void {
    const index = this.fresh('t');
    const length = dimText(step.length);
    const head = step.reverse
      ? `for (let ${index} = ${isOneTerm(step.length) ? length : `(${length})`} - 1; ${index} >= 0; ${index}--) {`
      : `for (let ${index} = 0; ${index} < ${length}; ${index}++) {`;
    this.writer.block(head, () => {
      for (const { list, element } of step.xs)
        this.writer.line(`const ${this.name(element)} = ${this.name(list)}[${index}];${comment(element.shape)}`);
      const carried = step.carries.filter((c) => c.next.id !== c.variable.id);
      const values = [...carried.map((c) => c.next), ...step.ys.map((y) => y.value)];
      this.steps(step.body, [], values);
      const { names, left: replaced } = this.claim(step.body, carried, values);
      for (const [i, { list }] of step.ys.entries())
        this.writer.line(`${this.name(list)}[${index}] = ${names[carried.length + i]!};`);
      this.endCarries(carried, names.slice(0, carried.length), replaced);
    });
  }

  private while(step: WhileStep, dead: readonly Tensor[]): void {
    const left = this.startCarries(step, dead);
    const index = this.fresh('step');
    this.writer.line(`let ${index} = 0;`);
    this.writer.block(`for (; ${index} < ${step.max} && !call.cancelled(); ${index}++) {`, () => {
      this.writer.line('await call.rest();');
      const goesOn = this.fresh('goesOn');
      const test = (): void => {
        this.steps(step.test, [], [step.verdict]);
        this.writer.line(`const ${goesOn} = await call.holds(${this.name(step.verdict)});`);
        if (step.test.flatMap(resultsOf).some((t) => t.id === step.verdict.id)) this.drop([step.verdict]);
        this.writer.line(`if (!${goesOn}) break;`);
      };
      if (step.every === 1) test();
      else this.writer.block(`if (${index} % ${step.every} === 0) {`, test);
      const carried = step.carries.filter((c) => c.next.id !== c.variable.id);
      const values = carried.map((c) => c.next);
      this.steps(step.body, [], values);
      const { names, left: replaced } = this.claim(step.body, carried, values);
      this.endCarries(carried, names, replaced);
      if (step.outermost) this.writer.line(`call.stepped(${index} + 1);`);
    });
    this.writer.line(`const ${this.name(step.count)} = own(tf.scalar(${index}));`);
    this.drop(left);
  }
}

/** Conditions under which scans run on the host, in the order of their text. */
const hostConditionsIn = (steps: readonly Step[]): readonly string[] => {
  const inner = (step: Step): readonly string[] => {
    switch (step.kind) {
      case 'call':
        return step.operation === 'unstack' ? step.attributes : [];
      case 'scan':
        return [...(step.host === undefined ? [] : [step.host.condition]), ...step.body.flatMap(inner)];
      case 'while':
        return [...step.test, ...step.body].flatMap(inner);
    }
  };
  return [...new Set(steps.flatMap(inner))];
};

const isOneTerm = (dim: Dim): boolean => dim.length <= 1;
const comment = (shape: readonly Dim[]): string => (shape.length === 0 ? '' : ` // ${shapeText(shape)}`);
const propertyName = (name: string): string =>
  /^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : `'${name}'`;
