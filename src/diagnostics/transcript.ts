// Examples of messages that take more than a model: commands and the files they read. In: both. Out: text that a person
// reads in `ebmc explain EBM603` and that a test carries out; the last command brings about the message.
//
//     $ ebmc run m.ebm --data y=points.csv
//
//     m.ebm:
//       model m
//       …

/** A file that is too long to be shown. */
export const longLine = { description: '20 MB without a line break' } as const;

export const transcript = (
  commands: string | readonly string[],
  files: Readonly<Record<string, string | typeof longLine>>,
): string => {
  const lines = [commands].flat().map((command) => `$ ${command}`);
  const contents = Object.entries(files).map(([name, content]) =>
    typeof content === 'string'
      ? `${name}:\n${content.trimEnd().replace(/^/gm, '  ')}`
      : `${name}: ${content.description}`,
  );
  return `${[lines.join('\n'), ...contents].join('\n\n')}\n`;
};
