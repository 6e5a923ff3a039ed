// Loops as C. In: a loop and where it stands. Out: a `for`, or a function for a part of its iterations that threads call at once,
// each with its own scratch and private accumulators.
import { constantValue } from '../../tensor/dims.ts';
import type { Extent, Statement } from '../kernel.ts';
import { workOf } from '../work.ts';
import type { Emission, RenderStatements } from './emission.ts';
import { CFunction } from './function.ts';
import { magnitudeOf } from './numbers.ts';
import { giveUp, giveUpIn } from './polling.ts';
import { clearCopies, joinCopies } from './privates.ts';

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

/** Whether threads share its iterations. */
export const isShared = (statement: Statement, { threaded, entry }: Emission): boolean => {
  if (statement.kind !== 'loop' || statement.role !== 'parallel' || threaded) return false;
  const work = constantValue(workOf([statement], entry.kernels.buffers));
  return work === null || work >= leastWork;
};

export const renderLoop = (statement: LoopStatement, e: Emission, inside: RenderStatements): void => {
  if (isShared(statement, e)) return renderShared(statement, e, inside);
  clearCopies(statement.privates, e);
  const inner = { ...e, inLoop: true, inLanes: isVector(statement) };
  renderFor(statement, inner.inLanes, e, () => inside(statement.body, inner));
  joinCopies(statement.privates, null, e);
};

const isVector = ({ vector, body }: LoopStatement): boolean => vector === true && !holdsLoops(body);

const holdsLoops = (body: readonly Statement[]): boolean =>
  body.some((s) => s.kind !== 'let' && s.kind !== 'store' && !(s.kind === 'if' && !holdsLoops(s.then)));

/** `for` with the loop's variable. */
const renderFor = ({ loop, body }: LoopStatement, lanes: boolean, e: Emission, inside: () => void): void => {
  const text = extentText(loop.extent, e);
  const variable = e.fn.defineLoop(loop.id);
  const end = /^\w+$/.test(text) ? text : e.fn.temporary('end');
  if (end !== text) e.fn.line(`const int64_t ${end} = ${text};`);
  renderRange(variable, '0', end, lanes, e, () => {
    if (!lanes) giveUpIn(loop, variable, body, e);
    inside();
  });
};

/** `lanes`: consecutive iterations are lanes of a vector. */
const renderRange = (
  variable: string,
  from: string,
  end: string,
  lanes: boolean,
  e: Emission,
  inside: () => void,
): void => {
  // Where nothing long runs, lanes cost more to compile than they bring.
  if (lanes && !e.cold) e.fn.line('EB_SIMD');
  e.fn.block(`for (int64_t ${variable} = ${from}; ${variable} < ${end}; ${variable}++)`, inside);
};

/** A function for a part of the iterations, and a call of it by all threads. */
const renderShared = (statement: LoopStatement, e: Emission, inside: RenderStatements): void => {
  const { loop, privates } = statement;
  const part = new CFunction(e.entry.names);
  const name = e.entry.functionName();
  const sums = new Set(privates.filter(({ op }) => op === 'sum').map(({ copy }) => copy));
  const inner: Emission = {
    ...e,
    fn: part,
    part: { fn: part, sums },
    threaded: true,
    inLoop: true,
    inLanes: isVector(statement),
  };
  if (privates.length > 0) part.block('if (starts)', () => clearCopies(privates, inner));
  renderRange(part.defineLoop(loop.id), 'from', 'end', isVector(statement), inner, () => inside(statement.body, inner));
  e.entry.functions.push(part.partText(name));
  const count = extentText(loop.extent, e);
  const work = magnitudeOf(workOf([statement], e.entry.kernels.buffers), (size) => e.fn.size(size));
  const call = `eb_share(${name}, call, call->threads, call->control, ${count}, ${work}, ${part.givenFrom(e.fn)})`;
  if (privates.length === 0) {
    e.fn.line(`${call};`);
    return giveUp(e);
  }
  const parts = e.fn.temporary('parts');
  e.fn.line(`const int32_t ${parts} = ${call};`);
  giveUp(e);
  joinCopies(privates, parts, e);
};
