// The parts of the architecture tour that are made by the compiler: its example seen in every phase, its passes, its packages.
// In: the model of the example, package.json, package-lock.json. Out: Markdown by section.
import type { RunOptions, Stage } from '../api.ts';
import { analyse, compileModule, emit, planTask } from '../compile.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import { fusions } from '../kernel/fuse/index.ts';
import { rewrites } from '../kernel/rewrite/index.ts';
import { schedulePasses } from '../kernel/schedule/index.ts';
import { passes } from '../tensor/passes/index.ts';
import { code, prose, table } from './markdown.ts';

const options: RunOptions = {
  data: {},
  ask: [],
  show: [],
  sizes: {},
  consts: {},
  query: 'map',
  params: {},
  beta: null,
  minimize: [],
  marginalize: [],
  withoutRegularizers: false,
  seed: 0,
  backend: 'wasm',
  budget: 2 ** 30,
  restarts: null,
  plot: false,
};

const block = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\``;

// ---------------------------------------------------------------- the example in every phase

const present = <T>(value: T | null | undefined): T => {
  if (value === null || value === undefined)
    throw new InternalError('the example of the architecture tour does not compile');
  return value;
};

const stage = (source: string, name: Stage): string =>
  present(emit(name, analyse(source, 'example.ebm'), options).value);

/** What a JSON stage says of a few keys, each value on one line. */
const lines = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join('\n');

interface GraphJson {
  readonly factors: readonly unknown[];
  readonly structure: {
    readonly unknowns: readonly {
      readonly variable: string;
      readonly curvature: string;
      readonly convexity: string;
      readonly separableAxes: readonly number[];
    }[];
  };
}

const graphSection = (source: string): string => {
  const { factors, structure } = JSON.parse(stage(source, 'graph')) as GraphJson;
  const unknowns = structure.unknowns.map(({ variable, curvature, convexity, separableAxes }) => ({
    variable,
    curvature,
    convexity,
    separableAxes,
  }));
  return block('json', lines([...factors, ...unknowns]));
};

const modelSection = (source: string): string => {
  const { factors } = JSON.parse(stage(source, 'model')) as {
    readonly factors: readonly { readonly energy: unknown }[];
  };
  return block('json', lines(factors.map(({ energy }) => shortened(energy))));
};

/** An expression without the types of its parts below the first level. */
const shortened = (expr: unknown): unknown => {
  if (Array.isArray(expr)) return expr.map(shortened);
  if (typeof expr !== 'object' || expr === null) return expr;
  return Object.fromEntries(
    Object.entries(expr)
      .filter(([key]) => key !== 'type')
      .map(([key, value]) => [key, shortened(value)]),
  );
};

/** One entry of the printed programs. */
const programSection = (source: string, entry: string): string => {
  const text = stage(source, 'program');
  const start = text.indexOf(`// ${entry}\n`);
  const next = text.indexOf('\n// ', start + 1);
  return block('', text.slice(start, next < 0 ? undefined : next));
};

/** One function of the module that tfjs runs. */
const moduleSection = (source: string, entry: string): string => {
  const { js } = compileModule(present(planTask(analyse(source, 'example.ebm'), options).value));
  const start = js.indexOf(`export async function ${entry}(`);
  return block('js', js.slice(start, js.indexOf('\n}\n', start) + 3));
};

/** The first loop with private accumulators and what is in it: neighbouring nests that have become one over tiles of rows. */
const rowBlockSection = (source: string): string => {
  const all = stage(source, 'kernels').split('\n');
  const first = all.findIndex((line) => line.includes('; private '));
  const indent = present(/^ */.exec(all[first] ?? '')?.[0]);
  const inside = all.slice(first + 1);
  const end = inside.findIndex((line) => !line.startsWith(`${indent} `));
  return block('', [all[first]!, ...inside.slice(0, end)].map((line) => line.slice(indent.length)).join('\n'));
};

export const exampleOf = (text: string): string => present(/^```ebm\n(.*?)^```$/ms.exec(text)?.[1]);

// ---------------------------------------------------------------- passes and packages

interface Named {
  readonly name: string;
  readonly why: string;
}

const passSection = (list: readonly Named[]): string =>
  table(['pass', 'why it stands there'], list.map(({ name, why }) => [name, prose(why)])); // prettier-ignore

const kernelPassSection = (): string =>
  table(
    ['folder', 'pass', 'why it stands there'],
    Object.entries({ rewrite: rewrites, fuse: fusions, schedule: schedulePasses } as const).flatMap(([folder, list]) =>
      list.map(({ name, why }: Named) => [code(`kernel/${folder}/`), name, prose(why)]),
    ),
  );

/** Why each package is there. A package without a reason fails the test of the tour. */
export const reasons: Readonly<Record<string, string>> = {
  '@observablehq/plot': 'plots of convergence and of energies, as SVG',
  '@tensorflow/tfjs-backend-cpu': 'tensors in plain JavaScript: no set-up, for comparison',
  '@tensorflow/tfjs-backend-wasm': 'tensors in WebAssembly: the default backend',
  '@tensorflow/tfjs-core': 'what compiled modules call',
  '@viz-js/viz': 'Graphviz, for the layout of drawings too large for our own placement',
  chokidar: 'watching files for --watch: survives editors that replace a file',
  chevrotain: 'the parser: error recovery, and the grammar as code; 11.2 is the last that runs on Node 20',
  'cli-progress': 'the bar of a training, with the time left',
  commander: 'commands, options and help of the command line',
  'csv-parse': 'reading CSV: refuses ragged rows, knows quotes',
  fflate: 'unpacks .npz archives',
  linkedom: 'the document that plots are drawn into, without a browser',
  picocolors: 'colours in error messages',
  '@tensorflow/tfjs-backend-webgpu': 'tensors on WebGPU: the backend `webgpu`',
  '@tensorflow/tfjs-node':
    'the backend `tensorflow`; its installation downloads libtensorflow, so that whoever wants it installs it',
  '@tensorflow/tfjs-node-gpu':
    'tensors on NVIDIA GPUs: the backend `cuda`; optional, since its installation downloads libraries, and may fail',
  koffi:
    'calls compiled C from Node, for the backend `native`; optional: where there is no binary of it for a machine, another backend serves',
  webgpu: 'Dawn, the WebGPU of Chromium, for Node; optional, since it is a native library',
  '@types/cli-progress': 'its types',
  '@types/node': 'types of Node',
  esbuild: 'bundles the command line; plain JavaScript for the runtime of modules',
  'fast-check': 'property tests on random models, programs and texts',
  oxlint: 'lint',
  prettier: 'layout of the sources',
  tsx: 'runs the sources without a build, in development',
  typescript: 'types; it only checks, esbuild translates',
  vitest: 'tests, golden files, benchmarks',
};

/** Of packages that no installation of ours brings. */
const licences: Readonly<Record<string, string>> = { '@tensorflow/tfjs-node': 'Apache-2.0' };

type Versions = Readonly<Record<string, string>>;
export interface Packages {
  readonly package: {
    readonly dependencies: Versions;
    readonly optionalDependencies: Versions;
    readonly peerDependencies: Versions;
    readonly devDependencies: Versions;
  };
  readonly lock: {
    readonly packages: Readonly<Record<string, { readonly version?: string; readonly license?: string }>>;
  };
}

const packageSection = ({ package: own, lock }: Packages): string => {
  const rows = (list: Versions, use: string): readonly (readonly string[])[] =>
    Object.entries(list).map(([name, version]) => [
      code(name),
      version,
      lock.packages[`node_modules/${name}`]?.license ?? licences[name] ?? 'unknown',
      use,
      prose(reasons[name] ?? ''),
    ]);
  return table(
    ['package', 'version', 'licence', 'when', 'reason'],
    [
      ...rows(own.dependencies, 'running'),
      ...rows(own.optionalDependencies, 'optional'),
      ...rows(own.peerDependencies, 'peer, optional'),
      ...rows(own.devDependencies, 'development'),
    ],
  );
};

/** Every generated section of the tour by its name in the markers. `text`: the tour, whose first model is the example. */
export const architectureSections = (text: string, packages: Packages): Readonly<Record<string, () => string>> => {
  const source = exampleOf(text);
  return {
    'the energy, typed': () => modelSection(source),
    'the factor and the unknowns': () => graphSection(source),
    'the plan': () => block('', stage(source, 'plan')),
    'the energy as a program': () => programSection(source, 'energy'),
    'the energy as a module': () => moduleSection(source, 'energy'),
    passes: () => passSection(passes),
    'a row block': () => rowBlockSection(source),
    'kernel passes': kernelPassSection,
    packages: () => packageSection(packages),
  };
};
