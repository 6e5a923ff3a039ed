// The messages of EBM4xx: the graph and index bounds. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { MessageTable } from '../message.ts';

export const graphMessages = {
  EBM450: {
    severity: 'warning',
    title: 'plates cross',
    text: (p: { first: string; second: string; shared: string }) => ({
      message: `the plates over ${p.first} and ${p.second} cross: both hold ${p.shared}, and neither lies inside the other`,
      hints: ['the model is fine; the drawing shows two overlapping boxes'],
    }),
    explanation: [
      'A plate is a box in the drawing of a factor graph. Boxes are easy to read when they are nested or apart.',
      'Here two plates share variables, yet each also holds variables that are not in the other, as in a table whose rows and columns have variables of their own.',
      'Inference does not care. The drawing shows overlapping boxes, and shared variables lie in the overlap.',
    ].join('\n\n'),
    example: [
      'model ratings',
      'size U, I',
      'latent a[u in U] : real',
      'latent b[i in I] : real',
      'target r[u in U, i in I] : real',
      'factor fit[u in U, i in I] = (r[u, i] - a[u] * b[i])^2',
    ].join('\n'),
  },
} as const satisfies MessageTable;

export const diagnoseGraph = diagnoser(graphMessages);
