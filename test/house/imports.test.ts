// The direction of imports: a folder imports what stands before it in the flow of data, never what comes after.
// The table is the one of the architecture tour; what a folder may import, it may also import through others.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, normalize, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const mayImport: Readonly<Record<string, readonly string[]>> = {
  diagnostics: [],
  // For InternalError only.
  tensor: ['diagnostics'],
  grammar: [],
  plot: [],
  syntax: ['grammar', 'diagnostics'],
  semantics: ['syntax', 'tensor'],
  data: ['diagnostics', 'semantics'],
  graph: ['semantics', 'data'],
  lower: ['graph', 'tensor'],
  optimizers: ['tensor'],
  methods: ['lower', 'optimizers'],
  losses: ['lower'],
  // Types only: what the front ends and the phases behind them speak of.
  api: ['graph', 'data', 'backend'],
  plan: ['methods', 'losses', 'api'],
  learn: ['plan', 'backend', 'data'],
  kernel: ['tensor'],
  backend: ['tensor', 'kernel'],
  run: ['plan', 'backend', 'data', 'learn'],
  compile: ['run', 'learn'],
  cli: ['compile', 'plot'],
  lsp: ['compile'],
  reference: ['compile'],
};

/** Packages that are the business of certain folders only. */
const packages: Readonly<Record<string, readonly string[]>> = {
  chevrotain: ['grammar', 'syntax'],
  '@tensorflow': ['backend'],
  commander: ['cli'],
  'cli-progress': ['cli'],
  'csv-parse': ['data'],
  fflate: ['data'],
  chokidar: ['cli'],
  '@viz-js': ['graph'],
  '@observablehq': ['plot'],
  linkedom: ['plot'],
  picocolors: ['diagnostics', 'cli'],
};

const root = join(import.meta.dirname, '..', '..');

const reachable = (folder: string, seen = new Set<string>()): Set<string> => {
  for (const next of mayImport[folder] ?? []) {
    if (seen.has(next)) continue;
    seen.add(next);
    reachable(next, seen);
  }
  return seen;
};

/** `src/cli/commands/run.ts` belongs to `cli`; the files directly in src/ are `compile`. */
const folderOf = (path: string): string => {
  const [top, second, third] = path.split(sep);
  if (top !== 'src') return top!;
  if (second === 'api.ts') return 'api';
  return third === undefined ? 'compile' : second!;
};

// A folder without files is not in a fresh clone.
const tops = ['src', 'grammar', 'lsp'].filter((top) => existsSync(join(root, top)));
const sourceFiles = tops.flatMap((top) =>
  readdirSync(join(root, top), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(top, path)),
);

const importPattern = /^(?:import|export)\s(?:[^'";]*?\sfrom\s)?'([^']+)'|\bimport\('([^']+)'\)/gm;
const importsOf = (path: string): readonly string[] =>
  [...readFileSync(join(root, path), 'utf8').matchAll(importPattern)].map((match) => match[1] ?? match[2]!);

const packageOf = (specifier: string): string => specifier.split('/')[0]!;

describe('imports', () => {
  it('finds the imports it is meant to judge', () => {
    const file = join('src', 'data', 'csv.ts');
    expect(importsOf(file)).toContain('csv-parse');
    expect(importsOf(file)).toContain('./growing-array.ts');
    expect(importsOf(join('src', 'cli', 'main.ts'))).toContain('./commands/run.ts');
  });

  it('every folder has a place in the order, and the order has no cycle', () => {
    expect([...new Set(sourceFiles.map(folderOf))].filter((folder) => mayImport[folder] === undefined)).toEqual([]);
    for (const folder of Object.keys(mayImport)) expect([...reachable(folder)]).not.toContain(folder);
  });

  it('the architecture tour shows the same table', () => {
    const tour = readFileSync(join(root, 'src', 'README.md'), 'utf8');
    const section = tour.slice(tour.indexOf('| folder | may import |')).split('\n\n')[0]!;
    const rows = [...section.matchAll(/^\| `(\w+)` \|(.*)\|$/gm)].map(
      (row) => [row[1]!, [...row[2]!.matchAll(/`(\w+)`/g)].map((name) => name[1]!)] as const,
    );
    expect(Object.fromEntries(rows)).toEqual(mayImport);
  });

  it('no file imports against the order', () => {
    const wrong = sourceFiles.flatMap((path) => {
      const from = folderOf(path);
      const allowed = new Set([from, ...reachable(from)]);
      return importsOf(path)
        .filter((specifier) => specifier.startsWith('.') && specifier.endsWith('.ts'))
        .filter((specifier) => !allowed.has(folderOf(normalize(join(dirname(path), specifier)))))
        .map((specifier) => `${path} imports ${specifier}`);
    });
    expect(wrong).toEqual([]);
  });

  it('packages are used where they belong', () => {
    // A generate.ts is run by hand and uses what builds the project.
    const shipped = sourceFiles.filter((path) => !path.endsWith('generate.ts'));
    const wrong = shipped.flatMap((path) =>
      importsOf(path)
        .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
        .filter((specifier) => !builtinModules.includes(specifier))
        .filter((specifier) => !(packages[packageOf(specifier)] ?? []).includes(folderOf(path)))
        .map((specifier) => `${path} imports ${specifier}`),
    );
    expect(wrong).toEqual([]);
  });
});
