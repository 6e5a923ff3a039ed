// The messages of EBM1xx: syntax. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { MessageTable } from '../message.ts';

export const syntaxMessages = {} as const satisfies MessageTable;

export const diagnoseSyntax = diagnoser(syntaxMessages);
