// `--watch`: a command runs, and again whenever one of its files changes, until Ctrl-C ends the process.
// In: the files, and the run. Out: never, but for wrong usage. Directories are watched, not files: an editor that saves by
// replacing the file, a deletion and a renaming all show there.
import { resolve, dirname } from 'node:path';
import { watch as watchPaths } from 'chokidar';
import { UsageError, note } from './terminal.ts';
import type { Context } from './terminal.ts';

/** Changes that come together are one: editors write a file in several steps. */
const settleMilliseconds = 100;
/** Clears what is seen; what was scrolled off stays. */
const clearScreen = '\u001b[2J\u001b[H';

/** What stands between two runs: a cleared terminal, or a line in whatever else receives the text. */
const separate = (context: Context, changed: readonly string[]): void => {
  const { terminal, diagnosticFormat } = context;
  if (terminal.stderrIsTerminal) terminal.stderr(clearScreen);
  // JSON lines are separated already, and nothing else belongs between them.
  if (diagnosticFormat === 'json') return;
  const time = new Date().toTimeString().slice(0, 8);
  note(context, `${terminal.stderrIsTerminal ? '' : '\n'}[${time}] ${changed.join(', ')} changed`);
};

const announce = (context: Context, files: readonly string[]): void => {
  if (context.diagnosticFormat !== 'json') note(context, `watching ${files.join(', ')}; Ctrl-C ends`);
};

export const watch = async (
  context: Context,
  files: readonly string[],
  run: (context: Context) => Promise<number>,
): Promise<number> => {
  if (files.includes('-')) throw new UsageError('--watch watches files; standard input cannot be read again');
  const wanted = new Map(files.map((file) => [resolve(file), file]));
  const directories = new Set([...wanted.keys()].map(dirname));
  const watcher = watchPaths([...directories], {
    depth: 0,
    ignoreInitial: true,
    ignored: (path) => !wanted.has(resolve(path)) && !directories.has(resolve(path)),
  });
  await new Promise<void>((ready) => watcher.once('ready', ready));
  let changed = new Set<string>();
  let wake = (): void => undefined;
  watcher.on('all', (_, path) => {
    const file = wanted.get(resolve(path));
    if (file === undefined) return;
    changed.add(file);
    wake();
  });
  for (;;) {
    await run(context);
    announce(context, files);
    if (changed.size === 0) await new Promise<void>((resume) => (wake = resume));
    await new Promise((settled) => setTimeout(settled, settleMilliseconds));
    const names = [...changed];
    changed = new Set();
    separate(context, names);
  }
};
