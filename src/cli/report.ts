// A run's result for people: what was done and why, the energy by factor, the values. In: the report that --json prints.
// Out: lines of text. Small arrays are printed, larger ones summarised.
import type { Marginal, PlanLine, ResultArray, RunReport } from '../api.ts';
import { flatten, isArrayData } from '../data/nest.ts';
import type { ArrayData } from '../data/table.ts';

/** Arrays of more numbers are summarised. */
const largestPrinted = 64;
const widestPrinted = 12;
/** Of larger ones, so many rows are shown. */
const rowsShown = 3;

const dense = (value: ResultArray): ArrayData => (isArrayData(value) ? value : flatten(value));

const number = (value: number): string => {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? '—' : value > 0 ? '∞' : '-∞';
  const magnitude = Math.abs(value);
  return magnitude >= 1e-3 && magnitude < 1e7 ? String(Number(value.toPrecision(6))) : value.toExponential(3);
};

/** Columns flush right. */
const aligned = (rows: readonly (readonly string[])[]): readonly string[] => {
  const widths = rows[0]?.map((_, j) => Math.max(...rows.map((row) => row[j]!.length))) ?? [];
  return rows.map((row) => row.map((cell, j) => cell.padStart(widths[j]!)).join('  '));
};

const cells = ({ data }: ArrayData, from: number, length: number): string[] =>
  Array.from({ length }, (_, i) => number(data[from + i]!));

const summary = ({ data }: ArrayData): string => {
  let [least, greatest, total, count] = [Infinity, -Infinity, 0, 0];
  for (const value of data) {
    // The padding of a ragged array.
    if (Number.isNaN(value)) continue;
    least = Math.min(least, value);
    greatest = Math.max(greatest, value);
    total += value;
    count++;
  }
  return `from ${number(least)} to ${number(greatest)}, mean ${number(total / count)}`;
};

/** Rows of numbers, a blank line between matrices. */
const rowLines = (array: ArrayData, count: number): readonly string[] => {
  const columns = array.shape.at(-1)!;
  const height = array.shape.at(-2) ?? 1;
  const lines = aligned(Array.from({ length: count }, (_, i) => cells(array, i * columns, columns)));
  return lines.flatMap((line, i) => (i > 0 && i % height === 0 ? ['', `    ${line}`] : [`    ${line}`]));
};

/** The value of one variable, its name in front. */
const valueLines = (name: string, value: ResultArray): readonly string[] => {
  const array = dense(value);
  const { shape, data } = array;
  if (shape.length === 0) return [`  ${name} = ${number(data[0]!)}`];
  const title = `  ${name} [${shape.join(', ')}]`;
  const columns = shape.at(-1)!;
  const small = data.length <= largestPrinted;
  if (shape.length === 1) {
    const shown = small ? columns : widestPrinted;
    return [`${title}  ${cells(array, 0, shown).join('  ')}${small ? '' : '  …'}`];
  }
  if (columns > widestPrinted) return [`${title}  ${summary(array)}`];
  const rows = data.length / columns;
  const shown = small ? rows : rowsShown;
  const rest = small ? [] : [`    … ${rows - shown} more rows; ${summary(array)}`];
  return [title, ...rowLines(array, shown), ...rest];
};

const marginalLines = (name: string, marginal: Marginal): readonly string[] =>
  typeof marginal === 'object' && marginal !== null && 'mean' in marginal
    ? [...valueLines(`${name} mean`, marginal.mean), ...valueLines(`${name} sd`, marginal.sd)]
    : valueLines(name, marginal);

const planLines = (plan: readonly PlanLine[]): readonly string[] =>
  plan.flatMap(({ unknowns, operation, beta, method, certificate, reason }) => [
    `  ${operation} ${unknowns.join(', ')}${operation === 'marginalize' ? ` at beta ${beta ?? '∞'}` : ''} by ${method} (${certificate})`,
    `    ${reason}`,
  ]);

export const energyLines = (energy: {
  readonly total: number;
  readonly factors: Readonly<Record<string, number>>;
}): readonly string[] => {
  const rows = Object.entries(energy.factors);
  const width = Math.max(0, ...rows.map(([name]) => name.length));
  return [
    `energy ${number(energy.total)}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${number(value)}`),
  ];
};

const section = (title: string, lines: readonly string[]): readonly string[] =>
  lines.length === 0 ? [] : [title, ...lines];

export const reportLines = (report: RunReport): readonly string[] => {
  const { model, backend, task, converged, iterations, gap, seconds } = report;
  const seconds2 = (seconds.compile + seconds.run).toFixed(2);
  const steps = iterations === null ? '' : `, ${iterations} iteration${iterations === 1 ? '' : 's'}`;
  const variables = Object.entries(report.variables);
  return [
    `${model}: ${task} on ${backend}${steps}, ${seconds2} s${converged ? '' : ' (did not converge)'}`,
    ...section('plan', planLines(report.plan)),
    ...(report.energy === null ? [] : energyLines(report.energy)),
    ...(report.freeEnergy === null ? [] : [`free energy ${number(report.freeEnergy)}`]),
    ...(report.objective === null ? [] : [`objective ${number(report.objective)}`]),
    ...(report.logPartition === null ? [] : [`log partition ${number(report.logPartition)}`]),
    ...(gap === null ? [] : [`gap ${number(gap)}`]),
    ...section(
      'params',
      Object.entries(report.params).flatMap(([name, value]) => valueLines(name, value)),
    ),
    ...section(
      'variables',
      variables.flatMap(([name, value]) => valueLines(name, value)),
    ),
    ...section(
      'marginals',
      Object.entries(report.marginals).flatMap(([name, value]) => marginalLines(name, value)),
    ),
    ...section(
      'shown',
      Object.entries(report.shown ?? {}).flatMap(([name, value]) => valueLines(name, value)),
    ),
  ];
};
