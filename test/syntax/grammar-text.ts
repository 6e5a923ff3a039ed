// The parser's own productions, written the way grammar/ebm.ebnf writes them, so that the two can be compared.
import { Lexer } from 'chevrotain';
import type { ISerializedGast } from 'chevrotain';
import { EbmParser } from '../../grammar/parser.ts';
import { allTokens } from '../../grammar/tokens.ts';

const types = new Map(allTokens.map((type) => [type.name, type]));

const terminal = (name: string): string => {
  const pattern = types.get(name)?.PATTERN;
  return typeof pattern === 'string' ? `"${pattern}"` : name;
};

type Serialized = ISerializedGast & {
  readonly type: string;
  readonly name?: string;
  readonly nonTerminalName?: string;
  readonly separator?: Serialized;
  readonly definition?: readonly Serialized[];
};

const parts = (s: Serialized): string => (s.definition ?? []).map((part) => write(part)).join(' ');

const enclosed = (s: Serialized): string => {
  const [only, ...others] = s.definition ?? [];
  const single = only !== undefined && others.length === 0;
  if (single && (only.type === 'Terminal' || only.type === 'NonTerminal')) return write(only);
  return single && only.type === 'Alternation' ? write(only) : `(${parts(s)})`;
};

const alternatives = (s: Serialized): string => (s.definition ?? []).map(parts).join(' | ');

const write = (s: Serialized): string => {
  switch (s.type) {
    case 'Terminal':
      return terminal(s.name!);
    case 'NonTerminal':
      return s.nonTerminalName ?? s.name!;
    case 'Alternation':
      return `(${alternatives(s)})`;
    case 'Option':
      return `${enclosed(s)}?`;
    case 'Repetition':
      return `${enclosed(s)}*`;
    case 'RepetitionWithSeparator':
      return `(${parts(s)} (${write(s.separator!)} ${parts(s)})*)?`;
    case 'RepetitionMandatoryWithSeparator':
      return `${parts(s)} (${write(s.separator!)} ${parts(s)})*`;
    default:
      throw new Error(`the grammar uses ${s.type}, which this writer does not know`);
  }
};

/** Rule name → right-hand side. */
export const parserProductions = (): ReadonlyMap<string, string> => {
  const rules = new EbmParser().getSerializedGastProductions() as unknown as readonly Serialized[];
  return new Map(
    rules.map((rule) => {
      const [only, ...others] = rule.definition ?? [];
      const topLevel = only?.type === 'Alternation' && others.length === 0;
      return [rule.name!, topLevel ? alternatives(only) : parts(rule)];
    }),
  );
};

/** Token name → the source of its regular expression, for the tokens that are no fixed text. */
export const tokenPatterns = (): ReadonlyMap<string, string> =>
  new Map(
    allTokens.flatMap((type) =>
      type.PATTERN instanceof RegExp && type.PATTERN !== Lexer.NA ? [[type.name, type.PATTERN.source]] : [],
    ),
  );

/** Token category → the tokens directly in it. */
export const tokenCategories = (): ReadonlyMap<string, ReadonlySet<string>> => {
  const categories = allTokens.filter((type) => type.PATTERN === Lexer.NA);
  const members = (category: (typeof allTokens)[number]): ReadonlySet<string> =>
    new Set(allTokens.filter((type) => type.CATEGORIES?.includes(category)).map((type) => terminal(type.name)));
  return new Map(categories.map((category) => [category.name, members(category)]));
};

export interface GrammarText {
  readonly rules: ReadonlyMap<string, string>;
  readonly tokens: ReadonlyMap<string, string>;
  /** Names with a capital that are no pattern: the choice of other tokens. */
  readonly categories: ReadonlyMap<string, ReadonlySet<string>>;
}

/** `name : right-hand side` with comments in (* *) and further lines indented; tokens are `Name : /pattern/`. */
export const readGrammar = (text: string): GrammarText => {
  const entries = text
    .replace(/\(\*[\s\S]*?\*\)/g, '')
    .split(/^(?=[A-Za-z]\w*\s*:)/m)
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const colon = entry.indexOf(':');
      return [
        entry.slice(0, colon).trim(),
        entry
          .slice(colon + 1)
          .trim()
          .replace(/\s+/g, ' '),
      ] as const;
    });
  const isToken = ([, right]: readonly [string, string]): boolean => right.startsWith('/');
  const isCategory = (e: readonly [string, string]): boolean => /^[A-Z]/.test(e[0]) && !isToken(e);
  return {
    rules: new Map(entries.filter((e) => !isToken(e) && !isCategory(e))),
    tokens: new Map(entries.filter(isToken).map(([name, right]) => [name, right.slice(1, -1)])),
    categories: new Map(entries.filter(isCategory).map(([name, right]) => [name, new Set(right.split(' | '))])),
  };
};
