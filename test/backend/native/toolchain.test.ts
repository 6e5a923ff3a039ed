// The search for a C compiler: real commands of this machine and pretenders in their place. What needs a compiler is skipped where
// there is none.
import { chmodSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LibraryCache } from '../../../src/backend/native/library-cache.ts';
import { thisMachine } from '../../../src/backend/native/run.ts';
import { runCommand } from '../../../src/backend/native/compiler-process.ts';
import { findToolchain, isLack, wordsOf } from '../../../src/backend/native/toolchain.ts';
import type { Machine, Toolchain } from '../../../src/backend/native/trial.ts';
import { hasCompiler } from './compiler.ts';
import { folder } from './hand-written.ts';

const script = (text: string, name = 'compiler'): string => {
  const path = join(folder(), name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
};

const withCC = (CC: string, more: Partial<Machine> = {}): Machine => ({
  ...thisMachine,
  ...more,
  environment: { ...process.env, CC },
});
const nothingRemembered = { recall: async () => null, remember: async () => undefined };
const find = (machine: Machine) => findToolchain(machine, nothingRemembered);
const lackOf = async (CC: string): Promise<string> => {
  const found = await find(withCC(CC));
  return isLack(found) ? found.detail : `works: ${found.version}`;
};

it('splits CC into words as a shell does', () => {
  expect(wordsOf(' ccache gcc  -m64 ')).toEqual(['ccache', 'gcc', '-m64']);
  expect(wordsOf('"/opt/my tools/cc" -I\'/a b\'')).toEqual(['/opt/my tools/cc', '-I/a b']);
  expect(wordsOf('')).toEqual([]);
});

describe('what is no compiler', () => {
  it.each([
    ['true', 'makes no library: it is no C compiler'],
    ['false', 'compiles no C'],
    ['cat', 'compiles no C: '],
    ['no-such-command', 'CC names no-such-command, and there is no such command'],
    ['/etc/passwd', 'CC names /etc/passwd, and there is no such command'],
  ])('%s', async (command, words) => {
    expect(await lackOf(command)).toContain(words);
  });

  it('one that prints what it is given', async () => {
    expect(await lackOf(script('exec cat'))).toMatch(/it is no C compiler: #include <math.h>$/);
  });

  it('one that writes a file which is no library', async () => {
    const path = script('while [ "$1" != -o ]; do shift; done; echo text > "$2"');
    expect(await lackOf(path)).toMatch(/makes a library that does not run here: .*ELF|does not run here/);
  });

  it('one that ends by a signal', async () => {
    expect(await lackOf(script('kill -9 $$'))).toContain('(SIGKILL)');
  });
});

describe('a compiler that hangs', () => {
  // As the machine runs commands, but without its patience.
  const impatient: Partial<Machine> = { run: (command) => runCommand({ ...command, milliseconds: 300 }) };

  it('is killed with its children, and remembered', async () => {
    const mark = `${Date.now() % 1e6}.125`;
    const path = script(`sleep ${mark} & sleep ${mark}`);
    const cache = new LibraryCache(folder());
    const machine = withCC(path, impatient);
    const found = await findToolchain(machine, cache);
    expect(found).toMatchObject({ detail: `${path} did not answer within 20 s` });
    const alive = await runCommand({ file: 'ps', args: ['-eo', 'stat,args'], milliseconds: 5000 });
    expect(alive.stdout.split('\n').filter((line) => line.includes(mark) && !line.startsWith('Z'))).toEqual([]);
    const refusing: Machine = { ...machine, run: () => Promise.reject(new Error('it was asked again')) };
    expect(await findToolchain(refusing, cache)).toEqual(found);
  });
});

describe('no compiler', () => {
  it('is told with what would bring one', async () => {
    const machine: Machine = { ...thisMachine, environment: { PATH: folder() }, platform: 'linux' };
    expect(await find(machine)).toEqual({
      detail: 'no C compiler was found (cc, gcc, clang)',
      remedy: 'apt-get install gcc',
    });
    expect(await find({ ...machine, platform: 'darwin' })).toMatchObject({ remedy: 'xcode-select --install' });
  });
});

describe.skipIf(!hasCompiler)('a compiler (skipped where there is none)', () => {
  const real = 'cc';

  it('is found, with its flags; -ffast-math is none of them', async () => {
    const found = (await find({ ...thisMachine, environment: { PATH: process.env['PATH'] } })) as Toolchain;
    expect(found.version).toMatch(/\d+\.\d+/);
    expect(found.flags).toEqual(expect.arrayContaining(['-O3', '-fPIC', '-shared']));
    expect(found.flags.filter((flag) => flag.includes('fast-math'))).toEqual([]);
    expect(found.threads).toBe(found.flags.includes('-fopenmp'));
  });

  it('is used with the arguments of CC', async () => {
    expect(await find(withCC('cc -DMINE'))).toMatchObject({ command: ['cc', '-DMINE'] });
  });

  it('goes without the flags that it does not take', async () => {
    const path = script(
      `for a in "$@"; do case "$a" in -fopenmp|-march=native|-mcpu=native) echo "error: $a" >&2; exit 1;; esac; done; exec ${real} "$@"`,
    );
    const found = (await find(withCC(path))) as Toolchain;
    expect(found.threads).toBe(false);
    expect(found.flags).toEqual(expect.arrayContaining(['-O3', '-fno-math-errno', '-fno-trapping-math']));
    expect(found.flags.filter((flag) => /openmp|native/.test(flag))).toEqual([]);
  });

  it('is asked once: another process reads what was found, and no command runs', async () => {
    const place = folder();
    const machine = withCC(script(`exec ${real} "$@"`));
    const found = await findToolchain(machine, new LibraryCache(place));
    expect(isLack(found)).toBe(false);
    const refusing: Machine = { ...machine, run: () => Promise.reject(new Error('it was asked again')) };
    expect(await findToolchain(refusing, new LibraryCache(place))).toEqual(found);
  });

  it('is asked again once it has changed, or what was remembered is damaged', async () => {
    const place = folder();
    const path = script(`exec ${real} "$@"`);
    let asked = 0;
    const machine = withCC(path, { run: (command) => runCommand((asked++, command)) });
    await findToolchain(machine, new LibraryCache(place));
    const once = asked;
    utimesSync(path, new Date(1e12), new Date(1e12));
    await findToolchain(machine, new LibraryCache(place));
    expect(asked).toBe(2 * once);
    for (const name of readdirSync(place)) writeFileSync(join(place, name), '{"command": 7');
    await findToolchain(machine, new LibraryCache(place));
    expect(asked).toBe(3 * once);
  });

  it('that fails is passed over for the next one in PATH', async () => {
    const place = folder();
    writeFileSync(join(place, 'cc'), '#!/bin/sh\necho broken >&2; exit 1\n');
    writeFileSync(join(place, 'gcc'), `#!/bin/sh\nexec "$(PATH=\${PATH#*:} command -v cc)" "$@"\n`);
    for (const name of ['cc', 'gcc']) chmodSync(join(place, name), 0o755);
    const PATH = `${place}:${process.env['PATH']}`;
    const machine: Machine = {
      ...thisMachine,
      environment: { PATH },
      // The search is by its own PATH; commands are run with that of the machine.
      run: (command) => runCommand({ ...command, file: command.file === 'gcc' ? join(place, 'gcc') : command.file === 'cc' ? join(place, 'cc') : command.file }), // prettier-ignore
    };
    expect(await find(machine)).toMatchObject({ command: ['gcc'] });
  });
});
