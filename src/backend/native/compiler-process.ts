// Runs a compiler (or what is said to be one) and never waits for it forever. In: a command, what it reads, a time. Out: how it
// ended and what it said.
import { spawn } from 'node:child_process';

export interface Ending {
  /** `absent`: there is no such command; `late`: it ran out of time and was killed. */
  readonly kind: 'exited' | 'absent' | 'late';
  /** Null where a signal ended it, and where it did not begin. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly input?: string;
  readonly directory?: string;
  readonly milliseconds: number;
}

export type RunCommand = (command: Command) => Promise<Ending>;

/** What is kept of an output: a compiler that prints forever fills no memory. */
const keptCharacters = 64 * 1024;

/** A compiler is a driver of other processes: they are a group, which ends as a whole, when time is up and when we exit. */
export const runCommand: RunCommand = ({ file, args, input, directory, milliseconds }) =>
  new Promise((resolve) => {
    const child = spawn(file, [...args], {
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(directory === undefined ? {} : { cwd: directory }),
    });
    const kill = (): void => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    };
    let [stdout, stderr, settled] = ['', '', false];
    const settle = (ending: Omit<Ending, 'stdout' | 'stderr'>): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      process.removeListener('exit', kill);
      // A process that it left behind may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ ...ending, stdout, stderr });
    };
    const timer = setTimeout(() => {
      kill();
      settle({ kind: 'late', exitCode: null, signal: 'SIGKILL' });
    }, milliseconds);
    process.once('exit', kill);
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout = (stdout + text).slice(0, keptCharacters)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(0, keptCharacters)));
    // Who does not read its input closes the pipe.
    child.stdin.on('error', () => undefined);
    child.on('error', ({ message, ...error }: NodeJS.ErrnoException) => {
      const absent = 'code' in error && error.code === 'ENOENT';
      if (!absent) stderr += message;
      settle({ kind: absent ? 'absent' : 'exited', exitCode: null, signal: null });
    });
    child.on('close', (exitCode, signal) => settle({ kind: 'exited', exitCode, signal }));
    child.stdin.end(input ?? '');
  });

/** The lines of an output that say what is wrong: errors first, else what it began with. */
export const saidBy = ({ stdout, stderr }: Pick<Ending, 'stdout' | 'stderr'>): readonly string[] => {
  const lines = (text: string): readonly string[] => text.split('\n').map((l) => l.trimEnd()).filter((l) => l !== ''); // prettier-ignore
  const said = lines(stderr).length > 0 ? lines(stderr) : lines(stdout);
  const errors = said.filter((line) => /\berror\b/i.test(line));
  return (errors.length > 0 ? errors : said).slice(0, 3);
};
