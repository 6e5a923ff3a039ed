// All functions that the kernels in WGSL may call. In: the names that a kernel calls. Out: the texts of these and of all that they
// call, each once, in an order that does not depend on that of the names.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { blockTridiagonalText } from './block-tridiagonal-text.ts';
import { circularText } from './circular-text.ts';
import { doubleFloatText } from './double-float-text.ts';
import { eigenText } from './eigen-text.ts';
import { elementaryText } from './elementary-text.ts';
import type { FunctionText } from './function-text.ts';
import { linearAlgebraText } from './linear-algebra-text.ts';
import { randomText } from './random-text.ts';
import { sortText } from './sort-text.ts';
import { specialText } from './special-text.ts';

const functions = {
  ...elementaryText,
  ...circularText,
  ...doubleFloatText,
  ...specialText,
  ...randomText,
  ...linearAlgebraText,
  ...eigenText,
  ...blockTridiagonalText,
  ...sortText,
};
export type FunctionName = keyof typeof functions;

const table: Readonly<Record<string, FunctionText>> = functions;

export const functionTexts = (names: Iterable<FunctionName>): readonly string[] => {
  const needed = new Set<string>();
  const add = (name: string): void => {
    const found = table[name];
    if (found === undefined) throw new InternalError(`no function ${name} in WGSL`);
    if (needed.has(name)) return;
    needed.add(name);
    found.calls.forEach(add);
  };
  for (const name of names) add(name);
  return Object.keys(table).flatMap((name) => (needed.has(name) ? [table[name]!.text] : []));
};
