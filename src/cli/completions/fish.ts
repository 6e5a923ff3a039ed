// A completion script for fish 3. In: the commands. Out: its text, one `complete` for each thing that can be completed.
import type { CompletedCommand, CompletedOption, Value } from './commands.ts';

const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** The flags of `complete` that say what may follow. */
const offers = (value: Value): string => {
  switch (value.kind) {
    case 'choice':
      return `-x -a ${quoted(value.words.join(' '))}`;
    case 'file':
      return `-x -a ${quoted(`(__ebmc_files ${value.endings.join(' ')})`)}`;
    case 'named-file':
      return `-x -a ${quoted(`(__ebmc_named_files ${value.endings.join(' ')})`)}`;
    case 'directory':
      return `-x -a ${quoted('(__fish_complete_directories)')}`;
    case 'free':
      return '-x';
  }
};

const optionLine = (command: string, { short, long, description, value }: CompletedOption): string =>
  [
    `complete -c ebmc -n ${quoted(`__fish_seen_subcommand_from ${command}`)}`,
    ...(short === null ? [] : [`-s ${short.slice(1)}`]),
    `-l ${long.slice(2)}`,
    ...(value === null ? [] : [offers(value)]),
    `-d ${quoted(description)}`,
  ].join(' ');

const commandLines = ({ name, description, options, argument }: CompletedCommand): readonly string[] => [
  `complete -c ebmc -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
  ...(argument === null
    ? []
    : [`complete -c ebmc -n ${quoted(`__fish_seen_subcommand_from ${name}`)} ${offers(argument.value)}`]),
  ...options.map((option) => optionLine(name, option)),
];

export const fishScript = (
  commands: readonly CompletedCommand[],
): string => `# Completion of ebmc for fish. Load it with
#   ebmc completions fish | source

# Directories, and files with one of the endings given.
function __ebmc_files
    set -l typed (commandline -ct)
    for path in $typed*
        if test -d $path
            echo $path/
        else
            for ending in $argv
                string match -q -- "*$ending" $path; and echo $path
            end
        end
    end
end

# The same behind NAME=.
function __ebmc_named_files
    set -l typed (commandline -ct)
    set -l name (string match -r '^[^=]*=' -- $typed); or return
    set -l part (string replace -r '^[^=]*=' '' -- $typed)
    for path in $part*
        if test -d $path
            echo $name$path/
        else
            for ending in $argv
                string match -q -- "*$ending" $path; and echo $name$path
            end
        end
    end
end

complete -c ebmc -f
${commands.flatMap(commandLines).join('\n')}
`;
