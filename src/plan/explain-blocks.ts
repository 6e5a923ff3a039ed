// A planned block in words: what is done with its unknowns, why, how, and what was rejected. In: a block. Out: lines.
import type { Candidate, Refusal } from '../methods/method.ts';
import type { Decision } from './operations.ts';
import type { PlannedBlock } from './plan.ts';

/** The unknowns of a block by what is done with them and why. */
export const waysOf = (
  q: PlannedBlock,
): readonly { readonly unknowns: readonly string[]; readonly decision: Decision }[] => {
  const ways = new Map<string, { unknowns: string[]; decision: Decision }>();
  for (const [name, decision] of q.decisions) {
    const key = `${decision.operation} ${decision.beta} ${decision.reason}`;
    const way = ways.get(key);
    if (way === undefined) ways.set(key, { unknowns: [name], decision });
    else way.unknowns.push(name);
  }
  return [...ways.values()];
};

export const explainBlock = (q: PlannedBlock, indent: string, prefix: string): readonly string[] => {
  const lines = waysOf(q).map(({ unknowns, decision: d }) => {
    const verb = d.operation === 'minimize' ? 'minimise' : `marginalise (β = ${d.beta})`;
    return [
      `${indent}${prefix}${verb} ${unknowns.join(', ')} by ${q.chosen.method} [${q.chosen.certificate}]`,
      `${indent}  because: ${d.reason}`,
    ];
  });
  return [
    ...lines.flat(),
    `${indent}  how: ${q.chosen.summary}`,
    `${indent}  cost: ${cost(q.chosen)}`,
    ...rejected(q.others, indent),
  ];
};

const cost = (c: Candidate): string => `about ${compact(c.cost.operations)} operations, ${compact(c.cost.bytes)} bytes`;
const compact = (n: number): string => (n < 1e4 ? String(Math.round(n)) : n.toExponential(1));

/** What was refused for several params for one reason is said once, of the first. */
export const rejected = (
  others: readonly (Candidate | Refusal)[],
  indent: string,
  params: readonly string[] = [],
): readonly string[] => {
  const alike = new Map<string, string[]>();
  const names = params.toSorted((a, b) => b.length - a.length);
  for (const o of others) {
    if (o.kind === 'refusal' && o.otherOperation === true) continue;
    const line =
      o.kind === 'refusal'
        ? `${indent}  not ${o.method}: ${o.reason}`
        : `${indent}  not ${o.method}: dearer or weaker (${o.certificate}, ${compact(o.cost.operations)} operations)`;
    const key = names.reduce((text, name) => text.replaceAll(name, ''), line);
    const known = alike.get(key) ?? [];
    if (!known.includes(line)) alike.set(key, [...known, line]);
  }
  return [...alike.values()].map(([first, ...rest]) =>
    rest.length === 0 ? first! : `${first} (and ${rest.length} more like it)`,
  );
};
