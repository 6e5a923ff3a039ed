// The messages of EBM52x: what a train block asks for and the model cannot give. In: the parameters of one occurrence. Out:
// Diagnostic values.
import { diagnoser } from '../message.ts';
import type { MessageTable } from '../message.ts';
import { list } from '../wording.ts';

export const lossMessages = {
  EBM520: {
    severity: 'error',
    title: 'the loss does not fit the model',
    text: (p: { loss: string; reason: string }) => ({
      message: `the loss ${p.loss} does not fit this model: ${p.reason}`,
      hints: ['the language reference says for each loss what it needs'],
    }),
    explanation:
      'Each loss needs some structure: `nll` needs targets to normalise over, `hinge_all` one discrete target a point whose ' +
      'states it can run through, every loss with negatives an energy that is a sum over the points of one plate. Where the ' +
      'model lacks it, the loss is refused rather than replaced by another one.',
    example: `model m
size N, D
param w : real[D]
plate n in N {
  target y : real[D]
  factor distance = ||y - w||^2
}
train { loss hinge_all(margin = 1)  learn by adam }
`,
  },
  EBM521: {
    severity: 'error',
    title: 'a param is learned twice',
    text: (p: { name: string; everyone: boolean }) => ({
      message: p.everyone
        ? 'two losses or learn lines name no params, and each is for all that no other line names'
        : `${p.name} stands in two learn lines`,
      hints: ['each param follows one loss by one optimizer: name it in one learn line only'],
    }),
    explanation:
      'A loss governs the learn lines up to the next loss, and a param moves along the gradient of the one loss whose line ' +
      'names it. A learn line without names is for all params that no other line names, so there can be one such line. To ' +
      'learn a param by a sum of losses, write the sum: `loss = F + ||w||^2`.',
    example: `model m
size N
param w : real = 0
plate n in N {
  target y : real
  factor f = (y - w)^2
}
train { loss energy  learn w by adam  loss = F  learn w by sgd }
`,
  },
  EBM522: {
    severity: 'error',
    title: 'a param without a value',
    text: (p: { names: readonly string[] }) => ({
      message: `${list(p.names)} ${p.names.length === 1 ? 'is' : 'are'} in no learn line and ${p.names.length === 1 ? 'has' : 'have'} no value to keep`,
      hints: [
        `learn ${p.names.length === 1 ? 'it' : 'them'}, write a start (\`param ${p.names[0]} : … = 0\`), or give ${p.names.map((n) => `--data ${n}=FILE`).join(' ')}`,
      ],
    }),
    explanation:
      'Where learn lines name params, the others stay as they are: at the start that their declaration has, or at the value ' +
      'that is given. A param with neither has no value that it could keep.',
    example: `model m
size N
param w, offset : real
plate n in N {
  target y : real
  factor f = (y - w - offset)^2
}
train { learn w by adam }
`,
  },
  EBM523: {
    severity: 'error',
    title: 'the data have no such batches',
    text: (p: { reason: string }) => ({
      message: `no step can look at a batch of points alone: ${p.reason}`,
      hints: ['leave `batch` out, and each step sees all points'],
    }),
    explanation:
      'A batch is some points of one plate, and a step of stochastic gradient takes their energy for a sample of the whole. ' +
      'That needs a plate of known length whose points are alike: no factor may read the point before, no axis may be longer ' +
      'or shorter than the plate, and an optimizer that searches along a line (lbfgs) needs all points in each step.',
    example: `model m
size N
param w : real
plate n in N {
  target y : real
  factor f = (y - w)^2
}
train { loss nll  learn by lbfgs  batch 8 }
`,
  },
} as const satisfies MessageTable;

export const diagnoseLoss = diagnoser(lossMessages);
