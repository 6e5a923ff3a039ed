// The parts of the language reference that are made from the tables of the compiler. In: the tables. Out: Markdown by section.
import { messages } from '../diagnostics/messages.ts';
import { methods as servedMethods, parameterSteps } from '../methods/index.ts';
import type { Builtin } from '../semantics/builtin.ts';
import { builtinNames, builtins, namedNumbers } from '../semantics/builtins.ts';
import { arithmeticBuiltins } from '../semantics/builtins/arithmetic.ts';
import { arrayBuiltins } from '../semantics/builtins/arrays.ts';
import { elementwiseBuiltins } from '../semantics/builtins/elementwise.ts';
import { linearAlgebraBuiltins } from '../semantics/builtins/linear-algebra.ts';
import { normBuiltins } from '../semantics/builtins/norms.ts';
import { reductionBuiltins } from '../semantics/builtins/reductions.ts';
import { distributions } from '../semantics/distributions.ts';
import { domains } from '../semantics/domains.ts';
import { layers } from '../semantics/layers.ts';
import { lossMethods } from '../losses/index.ts';
import type { LossName } from '../semantics/losses.ts';
import { losses, negativesTable } from '../semantics/losses.ts';
import { methods } from '../semantics/methods.ts';
import { optimizers } from '../semantics/optimizers.ts';
import type { Callable, Option } from '../semantics/options.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import { code, prose, table } from './markdown.ts';

// ---------------------------------------------------------------- functions

const builtinFamilies: readonly (readonly [title: string, family: Readonly<Record<string, Builtin>>])[] = [
  ['Operators and arithmetic', arithmeticBuiltins],
  ['Entry by entry', elementwiseBuiltins],
  ['Linear algebra', linearAlgebraBuiltins],
  ['Reductions', reductionBuiltins],
  ['Norms', normBuiltins],
  ['Making and reshaping arrays; derivatives', arrayBuiltins],
];

const builtinRow = ({ signatures, documentation }: Builtin): readonly string[] => [
  signatures.map(code).join('<br>'),
  prose(documentation),
];

const builtinSection = (): string => {
  const shown = new Set(builtinFamilies.flatMap(([, family]) => Object.keys(family)));
  const forgotten = builtinNames.filter((name) => !shown.has(name));
  if (forgotten.length > 0) throw new InternalError(`the reference has no family for ${forgotten.join(', ')}`);
  const numbers = Object.keys(namedNumbers).map(code).join(' ');
  return [
    ...builtinFamilies.map(
      ([title, family]) =>
        `**${title}**\n\n${table(
          ['written', 'meaning'],
          Object.keys(family).map((name) => builtinRow(builtins[name as keyof typeof builtins])),
        )}`,
    ),
    `**Named numbers**: ${numbers}.`,
  ].join('\n\n');
};

const distributionSection = (): string =>
  table(
    ['distribution', 'of', 'density or probability', 'meaning'],
    Object.values(distributions).map((d) => [
      code(d.signature),
      d.support.map(code).join(' '),
      code(d.formula),
      prose(d.documentation),
    ]),
  );

const domainSection = (): string =>
  table(
    ['domain', 'values', 'one element is'],
    Object.values(domains).map((d) => [
      code(d.signature),
      prose(d.documentation),
      `${{ entry: 'an entry', vector: 'a vector', matrix: 'a matrix', square: 'a square matrix' }[d.event]}${d.discrete ? ', discrete' : ''}`,
    ]),
  );

// ---------------------------------------------------------------- what is called with options

const optionText = (name: string, o: Option): string => {
  const spelled = [name, ...(o.aliases ?? [])].map(code).join(' or ');
  const standard = o.required === true ? ', required' : o.default === null ? '' : ` = ${code(o.default)}`;
  const choices = o.words ?? Object.keys(o.methods ?? {});
  const list = choices.length === 0 ? '' : ` (${choices.map(code).join(', ')})`;
  return `${spelled}${standard}: ${prose(o.documentation)}${list}`;
};

const optionsText = ({ options }: Callable): string =>
  Object.entries(options)
    .map(([name, o]) => optionText(name, o))
    .join('<br>');

const callableTable = (what: string, entries: Readonly<Record<string, Callable>>): string =>
  table(
    [what, 'meaning', 'options'],
    Object.entries(entries).map(([name, entry]) => [code(name), prose(entry.documentation), optionsText(entry)]),
  );

const lossSection = (): string =>
  table(
    ['loss', 'formula', 'needs', 'options', 'source'],
    (Object.keys(losses) as LossName[]).map((name) => [
      lossMethods[name] === null ? `${code(name)}, *later*` : code(name),
      `${prose(losses[name].documentation)} ${code(losses[name].formula)}`,
      prose(losses[name].needs),
      optionsText(losses[name]),
      prose(losses[name].source),
    ]),
  );

const negativesSection = (): string =>
  table(
    ['negatives', 'meaning'],
    Object.entries(negativesTable).map(([name, facts]) => [
      code(`${name}(${['y', ...facts.options].join(', ')})`),
      prose(facts.documentation),
    ]),
  );

const methodSection = (): string =>
  table(
    ['method', 'for', 'meaning', 'options'],
    Object.entries(methods).map(([name, method]) => [
      code(name),
      method.operations.map(code).join(' '),
      prose(method.documentation),
      optionsText(method),
    ]),
  );

const servedSection = (): string =>
  table(
    ['method', 'what it needs and certifies'],
    [...servedMethods, ...parameterSteps].map(({ name, documentation }) => [name, prose(documentation)]),
  );

// ---------------------------------------------------------------- messages

const messageFamilies: Readonly<Record<string, string>> = {
  1: 'syntax',
  2: 'names',
  3: 'shapes and domains',
  4: 'the factor graph and index bounds',
  5: 'planning',
  6: 'data and running',
};

const messageSection = (): string =>
  Object.entries(messageFamilies)
    .map(([digit, title]) => {
      const rows = Object.entries(messages)
        .filter(([name]) => name.startsWith(`EBM${digit}`))
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
      const lines = rows.map(([name, m]) => [code(name), prose(m.title), m.severity === 'error' ? '' : m.severity]);
      return `**EBM${digit}xx, ${title}**\n\n${table(['code', 'what is wrong', ''], lines)}`;
    })
    .join('\n\n');

/** Every generated section by its name in the markers. */
export const languageSections: Readonly<Record<string, () => string>> = {
  domains: domainSection,
  functions: builtinSection,
  distributions: distributionSection,
  layers: () => callableTable('layer', layers),
  methods: methodSection,
  'methods of this version': servedSection,
  losses: lossSection,
  negatives: negativesSection,
  optimizers: () => callableTable('optimizer', optimizers),
  messages: messageSection,
};
