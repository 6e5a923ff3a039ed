// The messages of EBM66x: what shows only while a model runs, and the surroundings it runs in. Joined into data.ts.
import type { Message, MessageTable } from '../message.ts';

const message = <P>(entry: Message<P>): Message<P> => entry;

export const runtimeMessages = {
  EBM660: message<{ variable: string; energy: number }>({
    severity: 'error',
    title: 'energy unbounded below',
    text: ({ variable, energy }) => ({
      message: `the energy has no minimum: ${variable} runs away (the energy has fallen to ${energy.toPrecision(3)})`,
      hints: [`bound it with a regularizer on ${variable}, a narrower domain or a \`where\` condition`],
    }),
    explanation:
      'Minimising found ever lower energies while an unknown grew without end, so there is no answer to return. ' +
      'Usually a term is missing that keeps the unknown near, or a sign is wrong.',
    example: 'model m\ntarget y : real\nfactor f = -y^2',
  }),
  EBM661: message<{ what: string; factors: readonly string[] }>({
    severity: 'error',
    title: 'result is not a number',
    text: ({ what, factors }) => ({
      message: `${what} is not a finite number`,
      hints: factors.length === 0 ? [] : [`factors that are not finite here: ${factors.join(', ')}`],
    }),
    explanation:
      'The energy or one of its parts became infinite or undefined: the logarithm of 0, a division by 0, a probability of an ' +
      'impossible value.',
    example: 'model m\nobserved x : real\ntarget y : real\nfactor f = (y - log(x))^2, with x = 0',
  }),
  EBM662: message<{ backend: string; detail: string; remedy: string | null }>({
    severity: 'error',
    title: 'backend not available',
    text: ({ backend, detail, remedy }) => ({
      message: `backend ${backend} is not available here: ${detail}`,
      hints: [...(remedy === null ? [] : [remedy]), '`ebmc backends` lists what this machine offers'],
    }),
    explanation: 'A backend needs something that this machine lacks. `ebmc backends` shows each one and how to get it.',
    example: '--backend no-such-backend',
  }),
} as const satisfies MessageTable;
