// Names on the command line that the model does not have, each with the nearest it has, or the flag that was meant.
import { diagnoseData } from '../diagnostics/messages/data.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Model, Role } from '../semantics/model.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';

type Named = Readonly<Record<string, unknown>>;

export interface NamedFlags {
  readonly data?: Named;
  readonly params?: Named;
  readonly sizes?: Named;
  readonly consts?: Named;
  readonly ask?: readonly string[];
  readonly show?: readonly string[];
  readonly minimize?: readonly string[];
  readonly marginalize?: readonly string[];
}

/** What --ask, --minimize and --marginalize may speak of. */
const unknownRoles: ReadonlySet<Role> = new Set<Role>(['target', 'latent', 'param', 'noise', 'observed']);

/** For each flag: what it names, and the names the model has. */
const flagFacts: Readonly<
  Record<
    keyof NamedFlags,
    { readonly flag: string; readonly kind: string; readonly names: (model: Model) => readonly string[] }
  >
> = {
  data: {
    flag: '--data',
    kind: 'variable',
    names: (m) => [...m.variables.map((v) => v.name), ...m.sizes.filter((s) => s.ragged.length > 0).map((s) => s.name)],
  },
  params: {
    flag: '--params',
    kind: 'param',
    names: (m) => m.variables.filter((v) => v.role === 'param').map((v) => v.name),
  },
  sizes: { flag: '--size', kind: 'size', names: (m) => m.sizes.map((s) => s.name) },
  consts: { flag: '--set', kind: 'const', names: (m) => m.consts.map((c) => c.name) },
  ask: {
    flag: '--ask',
    kind: 'unknown',
    names: (m) => m.variables.filter((v) => unknownRoles.has(v.role)).map((v) => v.name),
  },
  show: { flag: '--show', kind: 'let', names: (m) => m.lets.map((l) => l.name) },
  minimize: {
    flag: '--minimize',
    kind: 'unknown',
    names: (m) => m.variables.filter((v) => unknownRoles.has(v.role)).map((v) => v.name),
  },
  marginalize: {
    flag: '--marginalize',
    kind: 'unknown',
    names: (m) => m.variables.filter((v) => unknownRoles.has(v.role)).map((v) => v.name),
  },
};

/** Sizes, consts and variables have flags of their own; say which when one stands behind another's. */
const otherFlag = (model: Model, name: string, asked: keyof NamedFlags): string | null => {
  if (asked === 'show' && model.variables.some((v) => v.name === name))
    return `${name} is a variable: it is in the result, unless it is given`;
  for (const key of ['data', 'sizes', 'consts'] as const) {
    const { flag, kind, names } = flagFacts[key];
    if (names(model).includes(name)) return `${name} is a ${kind}: use ${flag}`;
  }
  return null;
};

export const unknownNames = (model: Model, flags: NamedFlags): readonly Diagnostic[] =>
  (Object.keys(flagFacts) as (keyof NamedFlags)[]).flatMap((key) => {
    const given = flags[key];
    if (given === undefined) return [];
    const { flag, kind, names } = flagFacts[key];
    const known = names(model);
    const used: readonly string[] = Array.isArray(given) ? given : Object.keys(given);
    return used
      .filter((name) => !known.includes(name))
      .map((name) => {
        const instead = otherFlag(model, name, key);
        return diagnoseData('EBM620', null, { flag, name, kind, known, nearest: nearestName(name, known), instead });
      });
  });
