// The messages of EBM3xx: shapes and domains. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { MessageTable } from '../message.ts';

export const shapesMessages = {} as const satisfies MessageTable;

export const diagnoseShape = diagnoser(shapesMessages);
