// The example of every message brings about that very message: a model when it is checked, planned or run; commands with
// their files when they are carried out.
import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/compile.ts';
import { messages } from '../../src/diagnostics/messages.ts';
import { carryOut, inFolder } from '../corpus/carry-out.ts';

/** What no example can bring about on every machine, and where the message is tested instead. */
const elsewhere: Readonly<Record<string, string>> = {
  EBM515: 'needs a machine without a GPU but with the packages for one: test/backend',
  EBM516: 'needs a device that fails: test/backend',
  EBM517: 'needs a compiler that fails: test/backend/native',
  EBM518: 'needs a machine without a C compiler: test/backend/native',
  EBM519: 'needs a cache folder that cannot be written: test/backend/native',
  EBM654: 'needs a second process: test/cli/train.test.ts',
};

interface Transcript {
  readonly commands: readonly string[];
  readonly files: Readonly<Record<string, string | Uint8Array>>;
}

/** The text that transcript.ts writes, taken apart again. */
const read = (example: string): Transcript => {
  const [first, ...rest] = example.split('\n\n');
  const files = rest.map((part): [string, string | Uint8Array] => {
    const long = /^(\S+): (\d+) MB without a line break\n?$/.exec(part);
    if (long !== null) return [long[1]!, Buffer.alloc(Number(long[2]) * 2 ** 20, '1.25000,')];
    const [name, ...lines] = part.trimEnd().split('\n');
    return [name!.replace(/:$/, ''), lines.map((line) => `${line.slice(2)}\n`).join('')];
  });
  return { commands: first!.trimEnd().split('\n').map((line) => line.replace(/^\$ /, '')), files: Object.fromEntries(files) }; // prettier-ignore
};

/** A model alone is looked at in every way, from the quickest to the slowest, until something is found. */
const looks = ['check', 'graph -o m.dot', 'explain', 'explain --query marginals', 'run --backend reference'];

const codesOf = async (code: string, example: string): Promise<readonly string[]> => {
  const found = async (command: string) => (await carryOut(command)).diagnostics.map((d) => d.code);
  if (!example.startsWith('model')) {
    const { commands, files } = read(example);
    return inFolder(files, async () => {
      for (const command of commands.slice(0, -1)) await carryOut(command);
      return found(commands.at(-1)!);
    });
  }
  // An editor may hold what no file of text can.
  const analysed = analyse(example, 'm.ebm').diagnostics.map((d) => d.code);
  if (analysed.includes(code)) return analysed;
  return inFolder({ 'm.ebm': example }, async () => {
    for (const look of looks) {
      const [command, ...flags] = look.split(' ');
      const codes = await found([`ebmc ${command} m.ebm`, ...flags].join(' '));
      if (codes.includes(code)) return codes;
    }
    return [];
  });
};

const entries = Object.entries(messages).filter(([code]) => elsewhere[code] === undefined);

describe('the example of', () => {
  test.each(entries)('%s brings it about', async (code, { example }) => {
    expect(await codesOf(code, example)).toContain(code);
  });
});

test('what is left out is a message', () => {
  expect(Object.keys(elsewhere).filter((code) => messages[code] === undefined)).toEqual([]);
});
