// A completion script for zsh. In: the commands. Out: its text, a function for the compsys of zsh 5.
import type { CompletedCommand, CompletedOption, Value } from './commands.ts';

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
/** Inside an option's specification brackets and colons have a meaning. */
const escaped = (text: string): string => text.replaceAll(/[[\]:\\]/g, '\\$&');

const pattern = (endings: readonly string[]): string => `*.(${endings.map((ending) => ending.slice(1)).join('|')})(-.)`;

/** What follows the second colon of a specification: how the value is completed. */
const action = (value: Value): string => {
  switch (value.kind) {
    case 'choice':
      return `(${value.words.join(' ')})`;
    case 'file':
      return `_files -g "${pattern(value.endings)}"`;
    case 'named-file':
      return `{ if compset -P "*="; then _files -g "${pattern(value.endings)}"; fi }`;
    case 'directory':
      return '_files -/';
    case 'free':
      return ' ';
  }
};

const valueName: Readonly<Record<Value['kind'], string>> = {
  choice: 'choice',
  file: 'file',
  'named-file': 'NAME=FILE',
  directory: 'directory',
  free: 'value',
};

const optionSpecs = ({ short, long, description, value }: CompletedOption): readonly string[] =>
  [short, long]
    .filter((flag) => flag !== null)
    .map((flag) => {
      const after = value === null ? '' : `:${valueName[value.kind]}:${action(value)}`;
      return quoted(`*${flag}[${escaped(description)}]${after}`);
    });

const commandCase = ({ name, options, argument }: CompletedCommand): string => {
  const specs = options.flatMap(optionSpecs);
  if (argument !== null)
    specs.push(quoted(`${argument.many ? '*' : '1'}:${valueName[argument.value.kind]}:${action(argument.value)}`));
  return `    ${name})\n      _arguments -s \\\n        ${specs.join(' \\\n        ')} ;;`;
};

export const zshScript = (commands: readonly CompletedCommand[]): string => `#compdef ebmc
# Completion of ebmc for zsh. Save it as _ebmc in a directory of $fpath, or load it with
#   source <(ebmc completions zsh)

_ebmc() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  local -a commands=(
    ${commands.map(({ name, description }) => quoted(`${name}:${escaped(description)}`)).join('\n    ')}
  )
  _arguments -C '1: :->command' '*:: :->rest'
  case $state in
    command)
      _describe -t commands command commands
      return ;;
  esac
  case $words[1] in
${commands.map(commandCase).join('\n')}
  esac
}

# Sourced, it registers itself; found through $fpath, it is called.
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _ebmc "$@"; else compdef _ebmc ebmc; fi
`;
