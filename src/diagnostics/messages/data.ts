// The messages of EBM6xx: data and runtime. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { MessageTable } from '../message.ts';

export const dataMessages = {} as const satisfies MessageTable;

export const diagnoseData = diagnoser(dataMessages);
