// `ebmc energy`: the energy of a full assignment, factor by factor, in float64 on the reference backend.
import type { Analysis, EnergyReport, RunOptions } from '../api.ts';
import { referenceBackend } from '../backend/reference.ts';
import type { Checked } from '../diagnostics/diagnostic.ts';
import { hasErrors } from '../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../diagnostics/messages/planning.ts';
import { followerNames } from '../graph/nets/followers.ts';
import { lengthsAsData } from '../graph/ragged.ts';
import { lowerEnergyModule } from '../plan/lower-energy.ts';
import { prepareGroups } from '../plan/prepare.ts';
import { bindTask } from './bind-task.ts';

export const energyReport = async (analysis: Analysis, options: RunOptions): Promise<Checked<EnergyReport | null>> => {
  const { value, diagnostics } = bindTask(analysis, options, false);
  if (value === null) return { value: null, diagnostics };
  const graph = lengthsAsData(analysis.graph!);
  const { model } = graph;
  const prepared = prepareGroups(graph, value.task);
  const followers = followerNames(model);
  const missing = model.variables
    // What is conditioned on and still not there is read by lets alone.
    .filter(
      (v) => ['target', 'latent', 'param'].includes(v.role) && !value.task.given.has(v.name) && !followers.has(v.name),
    )
    .map((v) =>
      diagnosePlanning('EBM512', v.span, {
        name: v.name,
        role: v.role,
        assignment: value.task.partial.has(v.name) ? 'missing cells' : 'no data',
      }),
    );
  const all = [...diagnostics, ...prepared.diagnostics, ...missing];
  if (hasErrors(all)) return { value: null, diagnostics: all };
  const spec = lowerEnergyModule(
    model,
    prepared.groups,
    value.bound.consts,
    options.beta ?? value.beta ?? 1,
    analysis.file,
  );
  const runner = await referenceBackend.load(spec);
  const sizes = Object.fromEntries(Object.entries(value.bound.sizes).map(([name, s]) => [name, s.value]));
  const inputs = Object.fromEntries(
    spec.entries['energy']!.inputs.map(({ name }) => [name, value.bound.values[name]!]),
  );
  const outputs = await runner.call('energy', inputs, { sizes });
  const factors = Object.fromEntries(prepared.groups.map((g) => [g.name, outputs[`energy.${g.name}`]!.data[0]!]));
  const total = Object.values(factors).reduce((a, c) => a + c, 0);
  return { value: { model: model.name, energy: { total, factors } }, diagnostics: all };
};
