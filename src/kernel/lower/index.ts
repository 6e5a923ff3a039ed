// A tensor program as kernels: one nest for each value that is stored. In: a rewritten program. Out: a kernel program. Each value
// is a function of indices (values.ts) or stored (stored.ts says which); instructions that need loops of their own have a file
// each.
import type { Program, ValueId } from '../../tensor/program.ts';
import type { BufferId, KernelProgram, KernelTarget } from '../kernel.ts';
import { Context, type Scope } from './context.ts';
import { destinationsOf } from './destinations.ts';
import { setAt, whole } from './places.ts';
import { lowerProgram } from './program.ts';
import { decide } from './stored.ts';

export const lowerToKernels = (program: Program, target: KernelTarget): KernelProgram => {
  const context = new Context(target);
  const external = (name: string, id: ValueId, storage: 'input' | 'output'): BufferId => {
    const { shape, dtype } = program.values[id]!;
    return context.buffer({ name, scalar: dtype === 'int' ? 'int' : 'real', shape, storage });
  };
  const inputs = program.inputs.map(({ name, id }) => ({ name, id, buffer: external(name, id, 'input') }));
  const outputs = program.outputs.map(({ name, id }) => ({ name, id, buffer: external(name, id, 'output') }));
  const scope: Scope = {
    number: context.scopeNumber(),
    prefix: '',
    program,
    context,
    decisions: decide(program, target),
    sources: new Map(inputs.map(({ id, buffer }) => [id, { kind: 'stored', place: whole(buffer) }])),
    destinations: destinationsOf(
      program,
      outputs.map(({ buffer }) => setAt(whole(buffer))),
    ),
    additions: { sums: new Map(), terms: new Map() },
    statements: [],
  };
  lowerProgram(scope);
  return {
    inputs: inputs.map(({ name, buffer }) => ({ name, buffer })),
    outputs: outputs.map(({ name, buffer }) => ({ name, buffer })),
    buffers: context.buffers,
    body: scope.statements,
  };
};
