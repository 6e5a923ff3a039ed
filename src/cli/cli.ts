// The process around main.ts: real streams, the exit code, and a quiet end when the reader of a pipe goes away.
import { writeSync } from 'node:fs';
import packageFile from '../../package.json' with { type: 'json' };
import type { Compiler } from '../api.ts';
import { DiagnosticError } from '../diagnostics/diagnostic.ts';
import { exitCodes } from './exit-codes.ts';
import { main } from './main.ts';
import type { Terminal } from './terminal.ts';
import { cannotWrite } from './write-files.ts';

const isClosedPipe = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EPIPE';

/** Writes all of it before returning: process.exit must not cut a pipe short. */
const writeAll = (descriptor: 1 | 2, text: string | Uint8Array): void => {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'utf8') : text;
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      if (isClosedPipe(error)) process.exit(0);
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) {
        // Of a full disk behind stderr nothing can be said anywhere.
        if (descriptor === 2) return;
        throw new DiagnosticError([cannotWrite('standard output', error)]);
      }
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5); // the pipe is full: let its reader work
    }
  }
};

const readStdin = async (): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

const terminal: Terminal = {
  stdout: (text) => writeAll(1, text),
  stderr: (text) => writeAll(2, text),
  stdin: readStdin,
  stderrIsTerminal: process.stderr.isTTY === true,
  onInterrupt: (handle) => {
    const listener = (): void => {
      if (handle() === 'quit') process.exit(exitCodes.interrupted);
    };
    process.on('SIGINT', listener);
    return () => process.removeListener('SIGINT', listener);
  },
  environment: process.env,
};

const compiler = (): Promise<Compiler> => import('../compile.ts');

// Where nothing would be lost, Ctrl-C keeps its default meaning: it ends the process at once, even inside a long tensor
// operation, and a shell sees 130.
process.exit(await main(process.argv.slice(2), terminal, { version: packageFile.version, compiler }));
