// The messages of EBM5xx: planning. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { MessageTable } from '../message.ts';

export const planningMessages = {} as const satisfies MessageTable;

export const diagnosePlanning = diagnoser(planningMessages);
