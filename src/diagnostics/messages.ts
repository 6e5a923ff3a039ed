// Every message of the compiler: the tables of all phases joined into one, for `ebmc explain CODE` and the tests.
import type { Message } from './message.ts';
import { backendMessages } from './messages/backends.ts';
import { dataMessages } from './messages/data.ts';
import { graphMessages } from './messages/graph.ts';
import { learningMessages } from './messages/learning.ts';
import { lossMessages } from './messages/losses.ts';
import { namesMessages } from './messages/names.ts';
import { planningMessages } from './messages/planning.ts';
import { shapesMessages } from './messages/shapes.ts';
import { syntaxMessages } from './messages/syntax.ts';

// oxlint-disable-next-line no-explicit-any
export const messages: Readonly<Record<string, Message<any>>> = {
  ...syntaxMessages,
  ...namesMessages,
  ...shapesMessages,
  ...graphMessages,
  ...planningMessages,
  ...backendMessages,
  ...lossMessages,
  ...dataMessages,
  ...learningMessages,
};
