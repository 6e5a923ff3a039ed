// A loss in words: its formula, and for each free energy in it what is eliminated and how. In: a planned loss. Out: lines.
import { exprText } from '../graph/draw/index-text.ts';
import type { LossName } from '../semantics/losses.ts';
import { losses } from '../semantics/losses.ts';
import { explainBlock } from './explain-blocks.ts';
import type { PlannedEnergy, PlannedLoss } from './plan.ts';

/** "the free energy", "the loss hinge". */
export const lossTitle = ({ loss }: PlannedLoss): string => {
  if (loss.name === 'energy') return 'the free energy';
  return loss.name === 'expression' ? 'a loss of its own' : `the loss ${loss.name}`;
};

export const explainLoss = (planned: PlannedLoss): readonly string[] => {
  const { loss, energies, subject } = planned;
  if (loss.name === 'energy')
    return energies.flatMap((e) => e.blocks).flatMap((q) => explainBlock(q, '  ', 'inside, '));
  const nameOf = (id: string): string => subject.model.plates.find((p) => p.binder.id === id)?.binder.name ?? id;
  const text = subject.expression === null ? null : exprText(subject.expression, nameOf);
  const { formula, source } = losses[loss.name as LossName] ?? { formula: text, source: null };
  const points = subject.plate === null ? '' : `, for each point of ${subject.plate.name}`;
  return [
    `  loss: ${text ?? formula}${points}${source === null ? '' : ` (${source})`}`,
    ...distinct(planned).flatMap((e) => explainEnergy(planned, e)),
  ];
};

/** Energies that are computed alike are told once. */
const distinct = (planned: PlannedLoss): readonly PlannedEnergy[] => {
  const told = planned.energies.map((e) => explainEnergy(planned, e).join('\n'));
  return planned.energies.filter((_, i) => told.indexOf(told[i]!) === i);
};

const explainEnergy = (
  { loss, subject }: PlannedLoss,
  { kind, replaced, blocks }: PlannedEnergy,
): readonly string[] => {
  const targets = subject.targets.join(', ');
  const needs = loss.needs(subject);
  const states = typeof needs === 'string' ? null : needs.states;
  const searched = states !== null && replaced.length === 1 && replaced[0] === states;
  const others = searched ? `F at every state of ${states}` : `F with other values of ${replaced.join(', ')}`;
  const title = {
    given: replaced.length === 0 ? 'F' : others,
    soft: `the integral over ${targets}`,
    hard: `the least F over ${targets}`,
  }[kind];
  if (blocks.length === 0) return [`  ${title}: ${searched ? 'all at once' : 'nothing to eliminate'}`];
  return blocks.flatMap((q) => explainBlock(q, '  ', `${title}${searched ? ', one after another' : ''}: `));
};
