// The messages of EBM4xx: the graph and index bounds. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { MessageTable } from '../message.ts';

export const graphMessages = {} as const satisfies MessageTable;

export const diagnoseGraph = diagnoser(graphMessages);
