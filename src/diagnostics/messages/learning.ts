// The messages of EBM65x: learning and its checkpoints. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { Message, MessageTable } from '../message.ts';
import { transcript } from '../transcript.ts';

const line = (name: string, train: string): string =>
  `model ${name}\nsize N\nparam w : real\nplate n in N {\n  target y : real\n  factor fit = (y - w)^2\n}\n${train}`;
const steps = 'train { loss energy  learn w by sgd(rate = 0.1)  epochs 3  batch 2 }';
const files = { 'm.ebm': line('m', steps), 'y.csv': '1\n2\n4' };
const begin = 'ebmc train m.ebm --data y=y.csv -o P.safetensors';

const message = <P>(entry: Message<P>): Message<P> => entry;

/** What has no finite number, and where in the step. */
export type Culprit =
  | { readonly kind: 'energy' | 'slope'; readonly factor: string; readonly value: number }
  | { readonly kind: 'loss'; readonly value: number }
  | { readonly kind: 'update'; readonly param: string };

const word = (value: number): string => (Number.isNaN(value) ? 'not a number' : 'infinite');

const culpritText = (culprit: Culprit): string => {
  switch (culprit.kind) {
    case 'energy':
      return `the energy of factor ${culprit.factor} is ${word(culprit.value)}`;
    case 'slope':
      return `the gradient of factor ${culprit.factor} is ${word(culprit.value)}`;
    case 'loss':
      return `the loss is ${word(culprit.value)}, though every factor is finite`;
    case 'update':
      return `the step of ${culprit.param} leaves the finite numbers`;
  }
};

const culpritHints: Readonly<Record<Culprit['kind'], readonly string[]>> = {
  energy: ['a smaller rate keeps steps short; log, / and sqrt need arguments that stay away from 0'],
  slope: ['a norm, sqrt or log has no finite slope at 0: add a small constant inside it, or take the square'],
  loss: ['a smaller rate keeps steps short; log, / and sqrt in the loss need arguments that stay away from 0'],
  update: ['a smaller rate keeps steps short'],
};

export const learningMessages = {
  EBM650: message<{ file: string; problem: string }>({
    severity: 'error',
    title: 'not a checkpoint',
    text: ({ file, problem }) => ({
      message: `${file} is not a checkpoint that a training can go on from: ${problem}`,
      hints: ['without --resume the training begins anew and replaces the file'],
    }),
    explanation:
      '`ebmc train … -o P.safetensors --resume` goes on from the checkpoint in P.safetensors. Besides the params a checkpoint ' +
      'holds what the optimizers remember, where the training stands and with what it was begun; a file of params alone, from ' +
      'another program or from `ebmc run`, does not.',
    example: transcript(
      ['ebmc run m.ebm --data y=y.csv -o out', 'ebmc train m.ebm --data y=y.csv -o out/params.safetensors --resume'],
      files,
    ),
  }),
  EBM651: message<{ file: string; found: string; model: string }>({
    severity: 'error',
    title: 'checkpoint of another model',
    text: ({ file, found, model }) => ({
      message:
        found === model
          ? `${file} was learned by another text of model ${model}`
          : `${file} is a checkpoint of model ${found}, and this is model ${model}`,
      hints: [
        found === model
          ? 'take back the change of the model, or begin anew without --resume'
          : 'choose another file for -o, or begin anew without --resume',
      ],
    }),
    explanation:
      'A resumed training ends with the numbers of one that was never interrupted. So it goes on only with the very model ' +
      'text that it was begun with. To begin another training at learned params, give them: `ebmc run --params P.safetensors` ' +
      'uses them, and params may start at written values: `param w : real[D] = 0`.',
    example: transcript([begin, 'ebmc train n.ebm --data y=y.csv -o P.safetensors --resume'], {
      ...files,
      'n.ebm': line('n', steps),
    }),
  }),
  EBM652: message<{ file: string; setting: string; then: string; now: string }>({
    severity: 'error',
    title: 'checkpoint of other settings',
    text: ({ file, setting, then, now }) => ({
      message: setting.startsWith('data ')
        ? `${file} was begun with other values of ${setting.slice('data '.length)}`
        : `${file} was begun with ${setting} ${then}, and this run has ${setting} ${now}`,
      hints: ['repeat the command that began it, or begin anew without --resume'],
    }),
    explanation:
      'A resumed training ends with the numbers of one that was never interrupted. So the data, the seed, the backend and ' +
      'everything else that the numbers depend on must be what they were when it was begun. The number of steps in a call and ' +
      'the moment of the interruption do not matter.',
    example: transcript([`${begin} --seed 1`, `${begin} --seed 2 --resume`], files),
  }),
  EBM653: message<{ epoch: number; step: number; culprit: Culprit }>({
    severity: 'error',
    title: 'learning diverged',
    text: ({ epoch, step, culprit }) => ({
      message: `learning stopped in epoch ${epoch}, step ${step}: ${culpritText(culprit)}`,
      hints: culpritHints[culprit.kind],
    }),
    explanation:
      'An energy, its gradient or a param became infinite or not a number; from there on every number would be. The training ' +
      'stops at once. The checkpoint of the last good epoch stays as it is. The step is repeated from the params before it, ' +
      'factor by factor, to say which one it was. Mostly the rate of the optimizer is too large: steps overshoot, each further ' +
      'than the one before. Otherwise a factor has a pole that the params came to: a logarithm or a division at 0.',
    example: transcript(begin, { ...files, 'm.ebm': line('m', steps.replace('0.1', '1e30')) }),
  }),
  EBM654: message<{ file: string; process: number; host: string | null; lock: string }>({
    severity: 'error',
    title: 'another process writes here',
    text: ({ file, process, host, lock }) => ({
      message: `${file} is being written by process ${process}${host === null ? '' : ` on ${host}`}`,
      hints: [
        'wait for it, or choose another file for -o',
        ...(host === null ? [] : [`if that process is gone, remove ${lock}`]),
      ],
    }),
    explanation:
      'Two trainings that write one file would replace each other\u2019s checkpoints, and only one of them would be left. So the ' +
      'second one does not begin. A process that was killed holds nothing: what it left behind is recognised and removed. ' +
      '`ebmc run -o DIR`, which writes once at its end, waits ten seconds for its turn.',
    example: transcript(`${begin} & ${begin}`, files),
  }),
  EBM655: message<{ model: string }>({
    severity: 'error',
    title: 'nothing to learn',
    text: ({ model }) => ({
      message: `model ${model} has no param without a value`,
      hints: ['`ebmc run` infers what is unknown'],
    }),
    explanation:
      '`ebmc train` finds the params of a model and writes them to a file. All params of this one have values already, or it ' +
      'has none: what varies from point to point is a target or a latent, and `ebmc run` finds those.',
    example: transcript('ebmc train m.ebm --data y=y.csv --data w=w.json -o P.safetensors', {
      ...files,
      'w.json': '2',
    }),
  }),
} as const satisfies MessageTable;

export const diagnoseLearning = diagnoser(learningMessages);
