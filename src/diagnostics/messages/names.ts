// The messages of EBM2xx: names. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { MessageTable } from '../message.ts';

export const namesMessages = {} as const satisfies MessageTable;

export const diagnoseName = diagnoser(namesMessages);
