// `ebmc bench`: what compiled programs reach on this machine. With --tune it searches for better block sizes and remembers them.
import type { BenchReport } from '../../api.ts';
import { exitCodeOf, exitCodes } from '../exit-codes.ts';
import { showDiagnostics } from '../show-diagnostics.ts';
import type { Context } from '../terminal.ts';

export interface BenchOptions {
  readonly tune: boolean;
  readonly json: boolean;
}

const table = ({ lines }: BenchReport): string =>
  lines
    .map(({ workload, what, ms, gflops, gigabytes }) => {
      const figures = `${ms.toFixed(1).padStart(8)} ms  ${gflops.toFixed(1).padStart(7)} GFLOP/s  ${gigabytes.toFixed(1).padStart(6)} GB/s`;
      return `${workload.padEnd(12)}${figures}  ${what}\n`;
    })
    .join('');

export const bench = async (context: Context, { tune, json }: BenchOptions): Promise<number> => {
  const { stdout, stderr } = context.terminal;
  const { value, diagnostics } = await (
    await context.compiler()
  ).bench(tune, (choice, number, ratio) => {
    if (!context.quiet) stderr(`${choice} = ${number}: ${ratio.toFixed(2)} of the best so far\n`);
  });
  showDiagnostics(context, diagnostics, null);
  if (value === null) return exitCodeOf(diagnostics);
  if (json) stdout(`${JSON.stringify(value, null, 2)}\n`);
  else {
    stdout(table(value));
    const choices = Object.entries(value.tuning).map(([name, number]) => `${name} ${number}`);
    stdout(`tuning: ${choices.join(', ')}\n`);
    if (value.tuned !== null)
      stdout(`after ${value.tuned.tries} tries, ${value.tuned.ratio.toFixed(2)} of the time before; remembered in ${value.tuned.path}\n`); // prettier-ignore
  }
  return exitCodes.done;
};
