// Stages of the compiler as text, for `--emit`. In: an analysis, and its plan and programs once they are asked for. Out: the text,
// with the diagnostics of the planning.
import type { Analysis, Stage } from '../api.ts';
import type { ModuleSpec } from '../backend/backend.ts';
import { emitKernels } from '../backend/native/emit-kernels.ts';
import type { Checked } from '../diagnostics/diagnostic.ts';
import { drawJson } from '../graph/draw/draw.ts';
import { explainPlan } from '../plan/explain.ts';
import type { Plan } from '../plan/plan.ts';
import { printProgram } from '../tensor/print.ts';
import { nominalSize } from './bind-task.ts';
import { printTree } from './print-tree.ts';

const printPrograms = ({ entries }: ModuleSpec): string =>
  Object.entries(entries)
    .map(([name, program]) => `// ${name}\n${printProgram(program)}\n`)
    .join('\n');

/** For the sizes of the task; those without a value are taken as the plan takes them. */
const printKernelsOf = (module: ModuleSpec, { task }: Plan): string => {
  const known = Object.entries(task.sizes).filter(([, { source }]) => source !== 'nominal');
  const values = Object.fromEntries(known.map(([name, { value }]) => [name, value]));
  return emitKernels(module, values, (name) => task.sizes[name]?.value ?? nominalSize);
};

export const emitStage = <P extends { readonly plan: Plan }>(
  stage: Stage,
  analysis: Analysis,
  planned: () => Checked<P | null>,
  moduleOf: (planned: P) => ModuleSpec,
): Checked<string | null> => {
  if (stage === 'ast') return { value: printTree(analysis.tree), diagnostics: [] };
  if (stage === 'model') return { value: printTree(analysis.model), diagnostics: [] };
  if (stage === 'graph') return { value: `${JSON.stringify(drawJson(analysis.graph!), null, 2)}\n`, diagnostics: [] };
  const { value, diagnostics } = planned();
  if (value === null) return { value: null, diagnostics };
  if (stage === 'plan') return { value: explainPlan(value.plan), diagnostics };
  const module = moduleOf(value);
  return { value: stage === 'kernels' ? printKernelsOf(module, value.plan) : printPrograms(module), diagnostics };
};
