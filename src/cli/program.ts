// The commands and their options, as commander sees them. Each action imports its command's file when it is called, so
// that `check` never loads what `run` needs.
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import { graphFormats, queries, stages, targets } from '../api.ts';
import type { CompileTarget, GraphFormat, QueryName, Stage } from '../api.ts';
import { shells } from './completions/shells.ts';
import type { Shell } from './completions/shells.ts';
import { colorChoices, diagnosticFormats } from './terminal.ts';
import type { CommonOptions } from './terminal.ts';
import { dataEndings } from '../data/data-formats.ts';

/** `NAME=VALUE` as typed. Names may come twice here; the command says so with its own message. */
export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

export interface TaskOptions {
  readonly data: readonly NamedValue[];
  readonly ask: readonly string[];
  readonly show: readonly string[];
  readonly size: readonly NamedValue[];
  readonly set: readonly NamedValue[];
  readonly query: QueryName;
  readonly params: string | null;
  readonly beta: number | null;
  readonly minimize: readonly string[];
  readonly marginalize: readonly string[];
  readonly withoutRegularizers: boolean;
  readonly seed: number;
  readonly backend: string;
  readonly budget: number;
  readonly restarts: number | null;
}

/** Of the commands that can go on and run again whenever a file changes. */
export interface WatchOptions {
  readonly watch: boolean;
}

export interface RunCommandOptions extends TaskOptions {
  readonly output: string | null;
  readonly json: boolean;
  readonly plot: boolean;
}

export interface TrainCommandOptions extends TaskOptions {
  readonly output: string | null;
  readonly resume: boolean;
}

/** What each command does, by name: main.ts supplies them, lazily. Each resolves to the exit code. */
export interface Actions {
  check(
    files: readonly string[],
    options: CommonOptions & WatchOptions & { readonly denyWarnings: boolean },
  ): Promise<number>;
  compile(
    file: string,
    options: CommonOptions &
      TaskOptions &
      WatchOptions & { readonly output: string | null; readonly emit: Stage | null; readonly target: CompileTarget },
  ): Promise<number>;
  explain(subject: string, options: CommonOptions & TaskOptions): Promise<number>;
  graph(
    file: string,
    options: CommonOptions &
      TaskOptions &
      WatchOptions & { readonly output: string | null; readonly format: GraphFormat | null },
  ): Promise<number>;
  run(file: string, options: CommonOptions & RunCommandOptions): Promise<number>;
  train(file: string, options: CommonOptions & TrainCommandOptions): Promise<number>;
  energy(file: string, options: CommonOptions & TaskOptions & { readonly json: boolean }): Promise<number>;
  fmt(files: readonly string[], options: CommonOptions & { readonly check: boolean }): Promise<number>;
  backends(options: CommonOptions & { readonly json: boolean }): Promise<number>;
  bench(options: CommonOptions & { readonly json: boolean; readonly tune: boolean }): Promise<number>;
  /** `program` is the command line itself, from which the script is generated. */
  completions(shell: Shell, program: Command, options: CommonOptions): Promise<number>;
}

const namedValue = (text: string, before: readonly NamedValue[]): readonly NamedValue[] => {
  const equals = text.indexOf('=');
  if (equals <= 0 || equals === text.length - 1) throw new InvalidArgumentError('It must read NAME=VALUE.');
  return [...before, { name: text.slice(0, equals).trim(), value: text.slice(equals + 1).trim() }];
};

const namedSize = (text: string, before: readonly NamedValue[]): readonly NamedValue[] => {
  const all = namedValue(text, before);
  if (!/^[1-9]\d{0,14}$/.test(all.at(-1)!.value))
    throw new InvalidArgumentError('A size is a whole number, at least 1.');
  return all;
};

const names = (text: string, before: readonly string[]): readonly string[] => [
  ...before,
  ...text.split(',').map((name) => name.trim()).filter((name) => name !== ''), // prettier-ignore
];

const temperature = (text: string): number => {
  const value = /^(inf|infinity|∞)$/i.test(text) ? Infinity : text.trim() === '' ? NaN : Number(text);
  if (!(value > 0)) throw new InvalidArgumentError('It is a number above 0, or inf.');
  return value;
};

const wholeNumber =
  (least: number) =>
  (text: string): number => {
    if (!/^\d{1,15}$/.test(text) || Number(text) < least)
      throw new InvalidArgumentError(`It is a whole number, at least ${least}.`);
    return Number(text);
  };

const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

const byteCount = (text: string): number => {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?$/i.exec(text.trim());
  if (match === null) throw new InvalidArgumentError('It is a number of bytes, such as 500M or 2G.');
  return Number(match[1]) * units[match[2]!.toUpperCase()]!;
};

const common = (command: Command): Command =>
  command
    .optionsGroup('Output and errors:')
    .addOption(
      new Option('--diagnostic-format <format>', 'how errors are printed').choices(diagnosticFormats).default('human'),
    )
    .addOption(new Option('--color <when>', 'colours in errors').choices(colorChoices).default('auto'))
    .option('-q, --quiet', 'print results and errors only', false)
    .option('-v, --verbose', 'say more', false)
    .addOption(new Option('--stdin-filename <name>', 'what errors call a model read from -').default(null, 'none'));

const list: readonly never[] = [];

const task = (command: Command): Command =>
  command
    .addOption(
      new Option(
        '-d, --data <NAME=PATH>',
        `values of a variable: ${dataEndings.join(', ')} (also .gz), file.csv:a,b, file.npz:name, or -`,
      )
        .argParser(namedValue)
        .default(list, 'none'),
    )
    .addOption(new Option('--size <NAME=N>', 'the value of a size').argParser(namedSize).default(list, 'none'))
    .addOption(
      new Option('--set <NAME=VALUE>', 'another value for a const: a number, [[1, 2]], or a data file')
        .argParser(namedValue)
        .default(list, 'none'),
    )
    .addOption(
      new Option('--ask <NAME>', 'treat a supplied variable as unknown').argParser(names).default(list, 'none'),
    )
    .addOption(new Option('--show <LET>', 'add a let to the result').argParser(names).default(list, 'none'))
    .addOption(new Option('--query <task>', 'what to compute').choices(queries).default('map'))
    .addOption(
      new Option('--params <FILE>', 'learned params: .safetensors, .npz, or what run --json printed').default(
        null,
        'none',
      ),
    )
    .addOption(
      new Option('--beta <B>', 'inverse temperature, or inf')
        .argParser(temperature)
        .default(null, 'what the model says'),
    )
    .addOption(new Option('--minimize <NAME>', 'minimise this unknown').argParser(names).default(list, 'none'))
    .addOption(new Option('--marginalize <NAME>', 'marginalise this unknown').argParser(names).default(list, 'none'))
    .option('--without-regularizers', 'leave the regularizers out', false)
    .addOption(new Option('--seed <N>', 'seed of random numbers').argParser(wholeNumber(0)).default(0))
    .addOption(new Option('--backend <NAME>', 'where tensors are computed').default('auto'))
    .addOption(new Option('--budget <BYTES>', 'memory per tensor group').argParser(byteCount).default(2 ** 30, '1G'))
    .addOption(
      new Option('--restarts <N>', 'starts of a local search')
        .argParser(wholeNumber(1))
        .default(null, 'what the method chooses'),
    );

const output = (meaning: string): Option => new Option('-o, --output <PATH>', meaning).default(null, 'none');

const watch = (command: Command): Command =>
  command.option('--watch', 'run again whenever the model or its data change', false);

/** Description, choices and default; where there is no default to speak of, none is spoken of. */
const describe = ({ description, argChoices, defaultValue, defaultValueDescription }: Option): string => {
  const shown =
    defaultValueDescription ?? (typeof defaultValue === 'boolean' ? 'none' : String(defaultValue ?? 'none'));
  const facts = [
    ...(argChoices === undefined ? [] : [argChoices.join(', ')]),
    ...(shown === 'none' ? [] : [`default ${shown}`]),
  ];
  return facts.length === 0 ? description : `${description} (${facts.join('; ')})`;
};

/** `report` receives the exit code of the action that ran. */
export const makeProgram = (version: string, actions: Actions, report: (exitCode: number) => void): Command => {
  const program = new Command('ebmc')
    .description('A compiler for energy-based models.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .configureHelp({ optionDescription: describe })
    .showHelpAfterError('(ebmc --help lists commands and options)')
    .showSuggestionAfterError();
  const command = (name: string, description: string): Command => program.command(name).description(description);

  watch(command('check', 'report everything that is wrong with models'))
    .argument('<files...>', 'models; - is standard input')
    .option('--deny-warnings', 'fail on warnings too', false)
    .action(async (files, options) => report(await actions.check(files, options)));
  watch(task(command('compile', 'write a model as a tfjs module and its types, or as a library in C')))
    .argument('<file>', 'a model; - is standard input')
    .addOption(output('where to write; - is standard output'))
    .addOption(new Option('--target <target>', 'what to write').choices(targets).default('tfjs'))
    .addOption(
      new Option('--emit <stage>', 'print a stage of the compiler instead').choices(stages).default(null, 'none'),
    )
    .action(async (file, options) => report(await actions.compile(file, options)));
  task(command('explain', 'say how a model would be solved and why, or what an error code means'))
    .argument('<file-or-code>', 'a model, or a code such as EBM301')
    .action(async (subject, options) => report(await actions.explain(subject, options)));
  watch(task(command('graph', 'draw the factor graph')))
    .argument('<file>', 'a model; - is standard input')
    .addOption(output('a .svg, .dot or .json file; - is standard output'))
    .addOption(
      new Option('--format <format>', 'overrides the ending')
        .choices(graphFormats)
        .default(null, 'from the ending, else svg'),
    )
    .action(async (file, options) => report(await actions.graph(file, options)));
  task(command('run', 'learn what is not given, then infer'))
    .argument('<file>', 'a model; - is standard input')
    .addOption(output('a directory for results'))
    .option('--json', 'print one JSON object', false)
    .option('--plot', 'draw convergence and, for targets of one or two numbers, the energy', false)
    .action(async (file, options) => report(await actions.run(file, options)));
  task(command('train', 'learn the params and write them, with checkpoints'))
    .argument('<file>', 'a model; - is standard input')
    .addOption(output('a .safetensors file for the params'))
    .option('--resume', 'go on from the checkpoint in that file', false)
    .action(async (file, options) => report(await actions.train(file, options)));
  task(command('energy', 'the energy of a full assignment, term by term'))
    .argument('<file>', 'a model; - is standard input')
    .option('--json', 'print one JSON object', false)
    .action(async (file, options) => report(await actions.energy(file, options)));
  command('fmt', 'format models in place')
    .argument('<files...>', 'models; - is standard input, printed to standard output')
    .option('--check', 'change nothing; fail if something would change', false)
    .action(async (files, options) => report(await actions.fmt(files, options)));
  command('backends', 'list where tensors can be computed on this machine')
    .option('--json', 'print one JSON object', false)
    .action(async (options) => report(await actions.backends(options)));
  command('bench', 'measure what compiled programs reach on this machine')
    .option('--tune', 'search for better block sizes, and remember them', false)
    .option('--json', 'print one JSON object', false)
    .action(async (options) => report(await actions.bench(options)));
  command('completions', 'print a script that completes commands, options and files in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .action(async (shell, options) => report(await actions.completions(shell, program, options)));
  for (const each of program.commands) common(each);
  return program;
};
