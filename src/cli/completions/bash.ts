// A completion script for bash 4 and later, without the bash-completion package. In: the commands. Out: its text.
import type { CompletedCommand, Value } from './commands.ts';

const words = (list: readonly string[]): string => `COMPREPLY=($(compgen -W '${list.join(' ')}' -- "$cur"))`;
const files = (endings: readonly string[]): string => `_ebmc_files ${endings.join(' ')}`;

/** null: nothing can be offered. */
const reply = (value: Value): string | null => {
  switch (value.kind) {
    case 'choice':
      return words(value.words);
    case 'file':
      return files(value.endings);
    case 'named-file':
      // Bash splits words at =, so that what follows it arrives as a word of its own.
      return `[[ -n $named ]] && ${files(value.endings)}`;
    case 'directory':
      return '_ebmc_files';
    case 'free':
      return null;
  }
};

const optionCases = ({ name, options }: CompletedCommand): readonly string[] =>
  options.flatMap(({ short, long, value }) => {
    if (value === null) return [];
    const patterns = [short, long].filter((flag) => flag !== null).map((flag) => `'${name} ${flag}'`);
    return [`    ${patterns.join(' | ')}) ${reply(value) ?? ':'}; return ;;`];
  });

const argumentCase = ({ name, argument, options }: CompletedCommand): readonly string[] => {
  const flags = options.flatMap(({ short, long }) => (short === null ? [long] : [short, long]));
  const argumentReply = argument === null ? null : reply(argument.value);
  return [`    ${name})`, `      if [[ $cur == -* ]]; then ${words(flags)}; else ${argumentReply ?? ':'}; fi ;;`];
};

export const bashScript = (
  commands: readonly CompletedCommand[],
): string => `# Completion of ebmc for bash. Load it with
#   source <(ebmc completions bash)

# Directories, and files with one of the endings given.
_ebmc_files() {
  local ending
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(
    compgen -d -- "$cur"
    for ending in "$@"; do compgen -f -X "!*$ending" -- "$cur"; done
  )
}

_ebmc() {
  local cur=\${COMP_WORDS[COMP_CWORD]} at=$((COMP_CWORD - 1)) named= command= word
  COMPREPLY=()
  # --query=map, --data y=FILE: bash makes three words of what stands around an =.
  if [[ $cur == '=' ]]; then
    cur=
    at=$((COMP_CWORD - 1))
    named=yes
  elif [[ \${COMP_WORDS[at]} == '=' ]]; then
    at=$((COMP_CWORD - 2))
    named=yes
  fi
  if [[ -n $named && \${COMP_WORDS[at]} == -* ]]; then
    named=
  elif [[ -n $named ]]; then
    at=$((at - 1))
    if [[ \${COMP_WORDS[at]} == '=' ]]; then at=$((at - 1)); fi # --data=y=FILE
  fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [[ $word != -* ]]; then
      command=$word
      break
    fi
  done
  if [[ -z $command ]]; then
    if [[ $cur == -* ]]; then ${words(['--help', '--version'])}; else
      ${words(commands.map(({ name }) => name))}
    fi
    return
  fi
  case "$command \${COMP_WORDS[at]}" in
${commands.flatMap(optionCases).join('\n')}
  esac
  case $command in
${commands.flatMap(argumentCase).join('\n')}
  esac
}

complete -F _ebmc ebmc
`;
