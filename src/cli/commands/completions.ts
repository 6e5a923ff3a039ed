// `ebmc completions bash|zsh|fish`: a completion script on standard output, generated from the program that parses the
// command line, so that it cannot fall behind it.
import type { Command } from 'commander';
import { bashScript } from '../completions/bash.ts';
import { completedCommands } from '../completions/commands.ts';
import type { CompletedCommand } from '../completions/commands.ts';
import { fishScript } from '../completions/fish.ts';
import type { Shell } from '../completions/shells.ts';
import { zshScript } from '../completions/zsh.ts';
import type { Context } from '../terminal.ts';

const scripts: Readonly<Record<Shell, (commands: readonly CompletedCommand[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const completions = (context: Context, shell: Shell, program: Command): Promise<number> => {
  context.terminal.stdout(scripts[shell](completedCommands(program)));
  return Promise.resolve(0);
};
