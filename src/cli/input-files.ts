// The files that a command reads besides its model. In: the task options as typed. Out: paths; `-` is standard input.
import { formatOf } from '../data/data-formats.ts';
import type { TaskOptions } from './program.ts';

/** `steps.csv:2` is a file too: what follows a colon chooses within it. */
const withoutSelection = (value: string): string => {
  const path = value.replace(/:[^:]*$/, '');
  return path === '-' || formatOf(path).format !== null ? path : value;
};

/** Whether the value of `--set` is a data file rather than the numbers themselves. */
export const namesFile = (value: string): boolean => value === '-' || formatOf(withoutSelection(value)).format !== null;

export const inputFiles = ({
  data = [],
  set = [],
  params = null,
}: Partial<Pick<TaskOptions, 'data' | 'set' | 'params'>>): readonly string[] => {
  const values = [...data, ...set.filter(({ value }) => namesFile(value))].map(({ value }) => withoutSelection(value));
  return params === null ? values : [...values, params];
};
