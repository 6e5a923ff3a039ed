// The command line as completions see it. In: the commander program itself. Out: for each command its options and arguments,
// and what may follow each: a word of a list, a file of certain endings, a directory, or something that cannot be guessed.
import type { Argument, Command, Option } from 'commander';
import { backendNames } from '../../backend/registry.ts';
import { dataEndings } from '../../data/data-formats.ts';

export type Value =
  | { readonly kind: 'choice'; readonly words: readonly string[] }
  | { readonly kind: 'file'; readonly endings: readonly string[] }
  /** NAME=FILE */
  | { readonly kind: 'named-file'; readonly endings: readonly string[] }
  | { readonly kind: 'directory' }
  | { readonly kind: 'free' };

export interface CompletedOption {
  /** `-o` */
  readonly short: string | null;
  /** `--output` */
  readonly long: string;
  readonly description: string;
  /** null: the option is a switch. */
  readonly value: Value | null;
}

export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
  /** What stands without an option; null when the command takes nothing. */
  readonly argument: { readonly value: Value; readonly many: boolean } | null;
}

const free: Value = { kind: 'free' };
const models: Value = { kind: 'file', endings: ['.ebm'] };
const compressed = dataEndings.map((ending) => `${ending}.gz`);
const data: Value = { kind: 'named-file', endings: [...dataEndings, ...compressed] };
const params: Value = { kind: 'file', endings: ['.safetensors', '.npz', '.json'] };

/** What commander does not know of options: by long name, or by command and long name where commands differ. */
const values: Readonly<Record<string, Value>> = {
  '--data': data,
  '--set': data,
  '--params': params,
  '--backend': { kind: 'choice', words: backendNames },
  '--size': free,
  '--ask': free,
  '--show': free,
  '--beta': free,
  '--minimize': free,
  '--marginalize': free,
  '--seed': free,
  '--budget': free,
  '--restarts': free,
  '--stdin-filename': free,
  'compile --output': { kind: 'file', endings: ['.js', '.mjs'] },
  'graph --output': { kind: 'file', endings: ['.svg', '.dot', '.json'] },
  'run --output': { kind: 'directory' },
  'train --output': { kind: 'file', endings: ['.safetensors'] },
};

/** undefined: the table says nothing about it, which a test finds. */
const valueOf = (command: Command, option: Option): Value | null | undefined => {
  if (!option.required && !option.optional) return null;
  if (option.argChoices !== undefined) return { kind: 'choice', words: option.argChoices };
  return values[`${command.name()} ${option.long}`] ?? values[option.long ?? ''];
};

/** Options that take a value of which neither commander nor the table says anything. */
export const undescribedOptions = (program: Command): readonly string[] =>
  program.commands.flatMap((command) =>
    command.options
      .filter((option) => valueOf(command, option) === undefined)
      .map((option) => `${command.name()} ${option.long}`),
  );

const completedOption = (command: Command, option: Option): CompletedOption => ({
  short: option.short ?? null,
  long: option.long ?? option.short ?? '',
  description: option.description,
  value: valueOf(command, option) ?? (option.required ? free : null),
});

const help: CompletedOption = { short: '-h', long: '--help', description: 'print this help', value: null };

const argumentOf = (argument: Argument | undefined): CompletedCommand['argument'] =>
  argument === undefined
    ? null
    : {
        value: argument.argChoices === undefined ? models : { kind: 'choice', words: argument.argChoices },
        many: argument.variadic,
      };

export const completedCommands = (program: Command): readonly CompletedCommand[] =>
  program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...command.options.map((option) => completedOption(command, option)), help],
    argument: argumentOf(command.registeredArguments[0]),
  }));
