// Calls of methods, optimizers and losses, `hinge(margin = 1, negatives = shuffled(y))`, checked against their tables.
// In: a call, the table, the context of option values. Out: a MethodCall; null with the unknown or misfitting parts reported.
import { diagnoseName } from '../diagnostics/messages/names.ts';
import { diagnoseShape } from '../diagnostics/messages/shapes.ts';
import type { Argument, CallSyntax, Expression } from '../syntax/ast.ts';
import { isAtLeast } from './dim-sign.ts';
import { writtenNumber } from './builtin.ts';
import { elaborateDistribution } from './distribution-values.ts';
import { isNegatives, negatives } from './loss-terms.ts';
import { negativesTable } from './losses.ts';
import { argumentOf } from './make.ts';
import type { DistributionValue, Expr, MethodCall } from './model.ts';
import { nearestName } from '../diagnostics/nearest-name.ts';
import type { Callable, Option } from './options.ts';
import { elaborate, type Context } from './session.ts';
import { describeType, isNumeric, isScalar, isWhole } from './types.ts';

type Table = Readonly<Record<string, Callable>>;

/** What an option may become. */
type Filled =
  | { readonly kind: 'value'; readonly value: Expr }
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'distribution'; readonly distribution: DistributionValue }
  | { readonly kind: 'method'; readonly method: MethodCall };

const asCall = (e: Expression): CallSyntax | null => {
  if (e.kind === 'call') return e.call;
  if (e.kind === 'parenthesised') return asCall(e.inner);
  return e.kind === 'name' ? { name: e.name, arguments: [], parenthesised: false, span: e.span } : null;
};

const number = (
  context: Context,
  e: Expression,
  what: string,
  { kind, range }: Pick<Option, 'kind' | 'range'>,
): Filled | null => {
  const whole = kind === 'count';
  const value = elaborate(context, e);
  if (value === null) return null;
  const found = describeType(value.type);
  if (!isScalar(value.type) || !isNumeric(value.type) || (whole && !isWhole(value.type)))
    return context.session.report(
      diagnoseShape('EBM303', e.span, { name: what, expected: whole ? 'a whole number' : 'a number', found }),
    );
  const dim = argumentOf(value).dim;
  if (whole && dim !== null && !isAtLeast(dim, 1))
    return context.session.report(
      diagnoseShape('EBM317', e.span, { what: `\`${what}\``, expected: 'a whole number ≥ 1', found: 'a smaller one' }),
    );
  // What follows from consts and sizes is not known yet.
  const written = writtenNumber(value);
  if (range !== undefined && written !== null && !range.holds(written))
    return context.session.report(
      diagnoseShape('EBM317', e.span, { what: `\`${what}\``, expected: range.words, found: String(written) }),
    );
  return { kind: 'value', value };
};

const word = (context: Context, option: Option, e: Expression, what: string): Filled | null => {
  const words = option.words ?? [];
  if (e.kind === 'missing') return null;
  const text = e.kind === 'name' ? e.name.text : null;
  if (text !== null && words.includes(text)) return { kind: 'word', word: text };
  return context.session.report(
    diagnoseName('EBM210', e.span, {
      what: `\`${what}\``,
      name: text ?? '…',
      nearest: text === null ? null : nearestName(text, words),
      known: words,
    }),
  );
};

/** The name of a variable or let; its value is checked as an expression. */
const named = (context: Context, e: Expression, what: string): Filled | null => {
  const value = elaborate(context, e);
  if (value === null) return null;
  if (value.kind === 'ref' && value.of !== 'const') return { kind: 'value', value };
  return context.session.report(
    diagnoseShape('EBM303', e.span, { name: what, expected: 'the name of a variable or let', found: 'an expression' }),
  );
};

const negativesOption = (context: Context, e: Expression, what: string): Filled | null => {
  const call = asCall(e);
  if (call !== null && isNegatives(call.name.text)) {
    const value = negatives(context, call.name, call.arguments, e.span);
    return value === null ? null : { kind: 'value', value };
  }
  if (call !== null && call.parenthesised)
    return context.session.report(
      diagnoseName('EBM210', call.name.span, {
        what: 'negatives',
        name: call.name.text,
        nearest: nearestName(call.name.text, Object.keys(negativesTable)),
        known: Object.keys(negativesTable),
      }),
    );
  return named(context, e, what);
};

const fill = (context: Context, option: Option, e: Expression, what: string): Filled | null => {
  switch (option.kind) {
    case 'number':
    case 'count':
      return number(context, e, what, option);
    case 'word':
      return word(context, option, e, what);
    case 'name':
      return named(context, e, what);
    case 'negatives':
      return negativesOption(context, e, what);
    case 'distribution': {
      const call = asCall(e);
      if (call === null)
        return e.kind === 'missing'
          ? null
          : context.session.report(
              diagnoseShape('EBM303', e.span, { name: what, expected: 'a distribution', found: 'an expression' }),
            );
      const typed = elaborateDistribution(context, call);
      return typed === null ? null : { kind: 'distribution', distribution: { ...typed, span: e.span } };
    }
    case 'method': {
      const call = asCall(e);
      if (call === null)
        return e.kind === 'missing'
          ? null
          : context.session.report(
              diagnoseShape('EBM303', e.span, { name: what, expected: 'a method', found: 'an expression' }),
            );
      const method = elaborateMethodCall(context, call, option.methods ?? {}, `\`${what}\``);
      return method === null ? null : { kind: 'method', method };
    }
  }
};

const optionFor = (options: Callable['options'], name: string): string | null =>
  Object.entries(options).find(([key, o]) => key === name || o.aliases?.includes(name) === true)?.[0] ?? null;

/** `what` names the table in messages: "optimizer", "loss". */
export const elaborateMethodCall = (
  context: Context,
  call: CallSyntax,
  table: Table,
  what: string,
): MethodCall | null => {
  const { session } = context;
  const name = call.name.text;
  if (name === '') return null;
  const entry = Object.hasOwn(table, name) ? table[name]! : null;
  if (entry === null) {
    const known = Object.keys(table);
    return session.report(
      diagnoseName('EBM210', call.name.span, { what, name, nearest: nearestName(name, known), known }),
    );
  }
  const filled = new Map<string, Filled>();
  const tried = new Set<string>();
  let fine = true;
  const known = Object.keys(entry.options);
  const place = (argument: Argument): string | null => {
    if (argument.name !== null) return optionFor(entry.options, argument.name.text);
    return known.find((k) => !tried.has(k)) ?? null;
  };
  for (const argument of call.arguments) {
    const key = place(argument);
    if (key === null || tried.has(key)) {
      fine = false;
      if (argument.name === null) {
        session.report(
          diagnoseName('EBM208', argument.span, {
            of: name,
            expected: `at most ${known.length}`,
            found: String(call.arguments.length),
          }),
        );
        break;
      }
      const { text, span } = argument.name;
      session.report(diagnoseName('EBM207', span, { name: text, of: name, nearest: nearestName(text, known), known }));
      continue;
    }
    tried.add(key);
    const value = fill(context, entry.options[key]!, argument.value, key);
    if (value === null) fine = false;
    else filled.set(key, value);
  }
  const missing = Object.entries(entry.options).find(([key, o]) => o.required === true && !tried.has(key));
  if (missing !== undefined && fine)
    return session.report(
      diagnoseName('EBM208', call.span, { of: name, expected: `the argument \`${missing[0]}\``, found: 'none' }),
    );
  return fine ? methodCall(name, filled, call.span) : null;
};

const methodCall = (name: string, filled: ReadonlyMap<string, Filled>, span: MethodCall['span']): MethodCall => {
  const options: Record<string, Expr> = {};
  const words: Record<string, string> = {};
  const methods: Record<string, MethodCall> = {};
  const args: DistributionValue[] = [];
  for (const [key, value] of filled) {
    if (value.kind === 'value') options[key] = value.value;
    else if (value.kind === 'word') words[key] = value.word;
    else if (value.kind === 'method') methods[key] = value.method;
    else args.push(value.distribution);
  }
  return { name, options, args, words, methods, span };
};
