// Kernels as text, one statement a line, for `--emit kernels` and golden tests. In: a kernel program. Out: text that depends on
// nothing but the kernels: buffers with their storage and shape, then the tree of statements.
import { print as printDim, printShape } from '../tensor/dims.ts';
import type { Accumulator, Buffer, Extent, KernelProgram, Loop, Private, Statement } from './kernel.ts';
import { printAccess, printExpr } from './print-expressions.ts';

const shownNumbers = 8;

const printValues = (values: readonly number[]): string => {
  const shown = values.slice(0, shownNumbers).join(' ');
  return values.length > shownNumbers ? ` = ${shown} … ${values.length} numbers` : ` = ${shown}`;
};

const printBuffer = ({ name, scalar, shape, storage, values }: Buffer, id: number): string =>
  `%${id} ${storage} ${scalar}${shape.length === 0 ? '' : ` ${printShape(shape)}`} "${name}"${values === undefined ? '' : printValues(values)}`;

const printExtent = (extent: Extent): string => {
  switch (extent.kind) {
    case 'dim':
      return printDim(extent.dim);
    case 'tiles':
      return `tiles of ${extent.size} in ${printDim(extent.of)}`;
    case 'tile':
      return `tile i${extent.tile} of ${extent.size} in ${printDim(extent.of)}`;
  }
};

const printLoop = ({ id, extent }: Loop): string => `i${id} < ${printExtent(extent)}`;
const printLoops = (loops: readonly Loop[]): string => loops.map(printLoop).join(', ');
const printIds = (ids: readonly number[]): string => ids.map((id) => `%${id}`).join(' ');
const printPrivate = ({ copy, into, op }: Private): string => `%${copy} ${op} into %${into}`;

const printAccumulator = ({ local, op, value, beta }: Accumulator): string =>
  `v${local} = ${op}${beta === undefined ? '' : ` at ${printExpr(beta)} of`} ${printExpr(value)}`;

const assignments = { set: '=', sum: '+=', min: 'min=', max: 'max=' } as const;

/** What stands on the line of the statement. */
const printHead = (statement: Statement): string => {
  switch (statement.kind) {
    case 'loop': {
      const { role, loop, vector, work, scratch, privates } = statement;
      return [
        `${role} ${printLoop(loop)}`,
        ...(vector === true ? ['vector'] : []),
        ...(work === undefined ? [] : [`work ${printDim(work)}`]),
        ...(scratch.length === 0 ? [] : [`scratch ${printIds(scratch)}`]),
        ...(privates.length === 0 ? [] : [`private ${privates.map(printPrivate).join(', ')}`]),
      ].join('; ');
    }
    case 'reduce': {
      const { loops, vector, lets, accumulators } = statement;
      const parts = [
        ...lets.map(({ local, value }) => `v${local} = ${printExpr(value)}`),
        ...accumulators.map(printAccumulator),
      ];
      return `reduce ${printLoops(loops)}${vector === true ? '; vector' : ''}: ${parts.join('; ')}`;
    }
    case 'let':
      return `v${statement.local} = ${printExpr(statement.value)}`;
    case 'store':
      return `${printAccess(statement.to)} ${assignments[statement.mode]} ${printExpr(statement.value)}`;
    case 'if':
      return `if ${printExpr(statement.test)}`;
    case 'product': {
      const { rows, columns, inner, out, left, right, accumulate } = statement;
      return `product ${printLoops([rows, columns, inner])}: ${printAccess(out)} ${accumulate ? '+=' : '='} ${printAccess(left)} * ${printAccess(right)}`;
    }
    case 'routine':
      return `${printIds(statement.outs)} = ${statement.name} ${printIds(statement.args)}`;
    case 'while':
      return `while ${printLoop(statement.loop)} every ${statement.every} flag %${statement.flag} count %${statement.count}`;
  }
};

const printStatement = (statement: Statement, indent: string): readonly string[] => {
  const head = `${indent}${printHead(statement)}`;
  const nested = (list: readonly Statement[], more = '  '): readonly string[] =>
    list.flatMap((inner) => printStatement(inner, indent + more));
  switch (statement.kind) {
    case 'loop':
      return [head, ...nested(statement.body)];
    case 'if':
      return [head, ...nested(statement.then)];
    case 'while':
      return [
        head,
        `${indent}  test`,
        ...nested(statement.test, '    '),
        `${indent}  body`,
        ...nested(statement.body, '    '),
      ];
    default:
      return [head];
  }
};

export const printKernels = ({ inputs, outputs, buffers, body }: KernelProgram): string =>
  [
    ...buffers.map(printBuffer),
    ...inputs.map(({ name, buffer }) => `input ${name} = %${buffer}`),
    ...outputs.map(({ name, buffer }) => `output ${name} = %${buffer}`),
    ...body.flatMap((statement) => printStatement(statement, '')),
  ].join('\n');
