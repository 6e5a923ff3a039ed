// The parts of the runtime that a file needs. In: functions that its text calls, and what `real` is. Out: lines of C.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Real } from './numbers.ts';
import { runtimeText, type RuntimePart } from './runtime-text.ts';
import { optionsText, supportParts, supportText } from './support.ts';

const partOf: ReadonlyMap<string, RuntimePart> = new Map(
  (Object.keys(runtimeText) as RuntimePart[]).flatMap((part) => runtimeText[part].provides.map((name) => [name, part] as const)), // prettier-ignore
);

/** Of everything that is called, also by what is included. */
export const includedText = (used: ReadonlySet<string>, real: Real): readonly string[] => {
  const support = supportParts.filter(({ provides }) => provides.some((name) => used.has(name)));
  const wanted = [...used, ...support.flatMap(({ calls }) => calls)].filter(
    (name) => !supportParts.some(({ provides }) => provides.includes(name)),
  );
  const ordered: RuntimePart[] = [];
  const add = (part: RuntimePart): void => {
    if (ordered.includes(part)) return;
    runtimeText[part].needs.forEach(add);
    if (!ordered.includes(part)) ordered.push(part);
  };
  add('real');
  for (const name of wanted.toSorted()) {
    const part = partOf.get(name);
    if (part === undefined) throw new InternalError(`the runtime has no ${name}`);
    add(part);
  }
  const texts = [
    optionsText,
    ...ordered.map((part) => runtimeText[part].text),
    supportText,
    ...support.map(({ text }) => text),
  ];
  return [...(real === 'double' ? ['#define EB_DOUBLE'] : []), ...texts.map((text) => text.trimEnd())];
};
