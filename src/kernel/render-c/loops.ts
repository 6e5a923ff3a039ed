// Loops as C. In: a loop and where it stands. Out: a `for`, or a function for a part of its iterations that threads call at once,
// each with its own scratch and private accumulators.
import { constantValue, product } from '../../tensor/dims.ts';
import { constantIterations } from '../extents.ts';
import type { Extent, Loop, Private, Statement } from '../kernel.ts';
import type { Emission, RenderStatements } from './emission.ts';
import { CFunction } from './function.ts';
import { magnitudeOf } from './numbers.ts';
import { giveUp } from './polling.ts';
import { workOf } from './work.ts';

type LoopStatement = Extract<Statement, { kind: 'loop' }>;

/** Iterations as int64_t. */
export const extentText = (extent: Extent, e: Emission): string => {
  switch (extent.kind) {
    case 'dim':
      return e.fn.dim(extent.dim);
    case 'tiles':
      return `((${e.fn.dim(extent.of)} + ${extent.size - 1}) / ${extent.size})`;
    case 'tile':
      return `eb_smaller(${extent.size}, ${e.fn.dim(extent.of)} - ${e.fn.loop(extent.tile)} * ${extent.size})`;
  }
};

/** Below this many operations a loop is never shared among threads. */
const leastWork = 32768;

export const renderLoop = (statement: LoopStatement, e: Emission, inside: RenderStatements): void => {
  const work = constantValue(workOf([statement]));
  const shares = statement.role === 'parallel' && !e.threaded && (work === null || work >= leastWork);
  if (shares) return renderShared(statement, e, inside);
  initialise(statement.privates, 'b', e);
  renderFor(statement.loop, statement.vector === true && !holdsLoops(statement.body), e, () =>
    inside(statement.body, { ...e, inLoop: true }),
  );
  combine(statement.privates, null, e);
};

const holdsLoops = (body: readonly Statement[]): boolean =>
  body.some((s) => s.kind !== 'let' && s.kind !== 'store' && !(s.kind === 'if' && !holdsLoops(s.then)));

/** `for` with the loop's variable; `vector`: consecutive iterations as lanes. */
export const renderFor = (loop: Loop, vector: boolean, e: Emission, body: () => void): void => {
  const end = extentText(loop.extent, e);
  const variable = e.fn.defineLoop(loop.id);
  if (constantIterations(loop.extent) === null && !/^\w+$/.test(end)) {
    const name = e.fn.temporary('end');
    e.fn.line(`const int64_t ${name} = ${end};`);
    return renderRange(variable, '0', name, vector, e, body);
  }
  renderRange(variable, '0', end, vector, e, body);
};

const renderRange = (
  variable: string,
  from: string,
  end: string,
  vector: boolean,
  e: Emission,
  body: () => void,
): void => {
  if (vector) e.fn.line('EB_SIMD');
  e.fn.block(`for (int64_t ${variable} = ${from}; ${variable} < ${end}; ${variable}++)`, () => {
    if (!e.threaded && !vector) giveUp(e);
    body();
  });
};

// ---------------------------------------------------------------- threads

const renderShared = (statement: LoopStatement, e: Emission, inside: RenderStatements): void => {
  const { loop, privates } = statement;
  const part = new CFunction(e.entry.names);
  const name = e.entry.functionName();
  const vector = statement.vector === true && !holdsLoops(statement.body);
  const inner: Emission = { ...e, fn: part, threaded: true, inLoop: true };
  renderRange(part.defineLoop(loop.id), 'from', 'end', vector, inner, () => inside(statement.body, inner));

  const [count, parts, strip] = ['count', 'parts', 'strip'].map((n) => e.fn.temporary(n)) as [string, string, string];
  e.fn.line(`const int64_t ${count} = ${extentText(loop.extent, e)};`);
  const work = magnitudeOf(workOf([statement]), (size) => e.fn.size(size));
  e.fn.line(`const double ${parts}_work = ${work};`);
  e.fn.line(`const int32_t ${parts} = eb_parts(call->threads, ${count}, ${parts}_work);`);
  e.fn.line(`const int64_t ${strip} = eb_strip(${count}, ${parts}_work);`);
  e.fn.line(`EB_OMP(parallel for num_threads(${parts}) schedule(static, 1) if (${parts} > 1))`);
  e.fn.block(`for (int32_t part = 0; part < ${parts}; part++)`, () => {
    initialise(privates, 'part', e);
    e.fn.line(`const int64_t end = eb_part_start(${count}, ${parts}, part + 1);`);
    const from = `int64_t from = eb_part_start(${count}, ${parts}, part)`;
    e.fn.block(`for (${from}; from < end && *call->control != 2; from += ${strip})`, () =>
      e.fn.line(`${part.callFrom(e.fn, name, 'part', ['from', `eb_smaller(from + ${strip}, end)`])};`),
    );
  });
  e.entry.functions.push(part.text(name, 'EB_NOINLINE', ['const int64_t from', 'const int64_t end']));
  giveUp(e);
  combine(privates, parts, e);
};

// ---------------------------------------------------------------- private accumulators

const startOf: Readonly<Record<Private['op'], string>> = { sum: '0', min: '(real)1e30', max: '(real)-1e30' };

/** The copy of a thread, as a pointer: its own (`b`), or that of a part. */
const copyOf = (copy: number, of: string, e: Emission): string => {
  if (of === 'b') return e.fn.buffer(copy);
  const { type, offset } = e.entry.places[copy]!;
  return `((${type} *)(void *)(call->scratch + ${of} * call->scratch_bytes + ${offset}))`;
};

const initialise = (privates: readonly Private[], of: string, e: Emission): void => {
  for (const { copy, op } of privates) {
    const { shape } = e.entry.kernels.buffers[copy]!;
    const name = e.fn.temporary('copy');
    e.fn.line(`${e.entry.places[copy]!.type} *const ${name} = ${copyOf(copy, of, e)};`);
    e.fn.line(`for (int64_t k = 0; k < ${e.fn.dim(product(shape))}; k++) ${name}[k] = ${startOf[op]};`);
  }
};

/** The copies of all parts into what they accumulate, in order. `parts` is null where this thread's copy is all there is. */
const combine = (privates: readonly Private[], parts: string | null, e: Emission): void => {
  for (const { copy, into, op } of privates) {
    const { shape, scalar } = e.entry.kernels.buffers[copy]!;
    const { type } = e.entry.places[copy]!;
    const count = e.fn.dim(product(shape));
    const name = e.fn.temporary('copy');
    const function_ = `eb_${scalar === 'int' ? 'int_' : ''}${op}`;
    if (op !== 'sum') e.entry.uses(function_);
    const joined = (a: string, b: string): string => (op === 'sum' ? `${a} + ${b}` : `${function_}(${a}, ${b})`);
    const own = parts === null ? copyOf(copy, 'b', e) : copyOf(copy, '0', e);
    e.fn.line(`${type} *const ${name} = ${own};`);
    if (parts !== null)
      e.fn.block(`for (int32_t part = 1; part < ${parts}; part++)`, () => {
        e.fn.line(`const ${type} *const other = ${copyOf(copy, 'part', e)};`);
        e.fn.line('EB_SIMD');
        e.fn.line(`for (int64_t k = 0; k < ${count}; k++) ${name}[k] = ${joined(`${name}[k]`, 'other[k]')};`);
      });
    const target = e.fn.buffer(into);
    const targetType = e.entry.places[into]!.type;
    e.fn.line('EB_SIMD');
    e.fn.line(
      `for (int64_t k = 0; k < ${count}; k++) ${target}[k] = (${targetType})(${joined(`${target}[k]`, `${name}[k]`)});`,
    );
  }
};
