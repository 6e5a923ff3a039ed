// The verifier of kernels, run on what is lowered and after every pass. In: a kernel program. Out: what is wrong with it, as
// sentences: buffers and their storage, loops and locals in sight and made once, scalars, canonical indices, products, scratch and
// private accumulators, and accesses that leave their buffer whatever the sizes.
import { InternalError } from '../diagnostics/diagnostic.ts';
import { constantValue } from '../tensor/dims.ts';
import type { KernelProgram } from './kernel.ts';
import { checkBounds } from './verify/bounds.ts';
import { Context } from './verify/context.ts';
import { checkStatements } from './verify/statements.ts';

const checkBuffers = ({ kernels, report }: { kernels: KernelProgram; report: (problem: string) => void }): void => {
  const { buffers, inputs, outputs } = kernels;
  for (const [id, { storage, shape, values, scalar }] of buffers.entries()) {
    if ((storage === 'constant') !== (values !== undefined))
      report(`%${id} is ${storage} and has ${values === undefined ? 'no ' : ''}values`);
    if (values === undefined) continue;
    const count = shape.reduce<number | null>((n, d) => (n === null || constantValue(d) === null ? null : n * constantValue(d)!), 1); // prettier-ignore
    if (count !== values.length) report(`constant %${id} has ${values.length} values for ${count ?? 'an open number of'} entries`); // prettier-ignore
    if (scalar === 'int' && !values.every(Number.isInteger)) report(`constant %${id} is int and its values are not`);
  }
  for (const [list, wanted] of [
    [inputs, 'input'],
    [outputs, 'output'],
  ] as const) {
    // prettier-ignore
    const names = list.map(({ name }) => name);
    const ids = list.map(({ buffer }) => buffer);
    if (new Set(names).size < names.length) report(`two ${wanted}s have one name`);
    if (new Set(ids).size < ids.length) report(`two ${wanted}s are one buffer`);
    for (const { name, buffer } of list)
      if (buffers[buffer]?.storage !== wanted) report(`${wanted} ${name} is %${buffer}, which is ${buffers[buffer]?.storage ?? 'no buffer'}`); // prettier-ignore
    const listed = new Set(ids);
    for (const [id, { storage }] of buffers.entries())
      if (storage === wanted && !listed.has(id)) report(`%${id} is an ${wanted} without a name`);
  }
};

export const verifyKernels = (kernels: KernelProgram): readonly string[] => {
  const context = new Context(kernels);
  const report = (problem: string): void => context.report(problem);
  checkBuffers({ kernels, report });
  checkStatements(kernels.body, context);
  for (const [id, { storage, name }] of kernels.buffers.entries()) {
    if (storage === 'output' && !context.written.has(id)) report(`output %${id} ${name} is never written`);
    if ((storage === 'arena' || storage === 'scratch') && context.read.has(id) && !context.written.has(id))
      report(`%${id} ${name} is read and never written`);
  }
  checkBounds(kernels, report);
  return context.problems;
};

/** Throws InternalError listing every problem; returns the kernels when there is none. */
export const verifiedKernels = (kernels: KernelProgram, where: string): KernelProgram => {
  const problems = verifyKernels(kernels);
  if (problems.length > 0) throw new InternalError(`malformed kernels (${where}): ${problems.join('; ')}`);
  return kernels;
};
