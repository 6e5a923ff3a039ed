// `ebmc backends`: each place where tensors can be computed, whether this machine has it, and how to get it.
import { exitCodes } from '../exit-codes.ts';
import type { Context } from '../terminal.ts';

export const backends = async (context: Context, options: { readonly json: boolean }): Promise<number> => {
  const statuses = await (await context.compiler()).backends();
  const { stdout } = context.terminal;
  if (options.json) stdout(`${JSON.stringify(statuses, null, 2)}\n`);
  else {
    const width = Math.max(...statuses.map(({ name }) => name.length));
    for (const { name, available, detail, remedy } of statuses) {
      stdout(`${name.padEnd(width)}  ${available ? 'yes' : 'no '}  ${detail}\n`);
      if (remedy !== null) stdout(`${' '.repeat(width + 7)}${remedy}\n`);
    }
  }
  return exitCodes.done;
};
