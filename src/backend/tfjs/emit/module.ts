// A compiled model as the text of an ES module. In: a module spec. Out: the text; the same spec always gives the same bytes.
// The module imports @tensorflow/tfjs-core alone; what tfjs lacks stands at its end, only the functions that it uses.
import { printShape, print } from '../../../tensor/dims.ts';
import { nestedPrograms } from '../../../tensor/instructions.ts';
import type { ModuleSpec } from '../../backend.ts';
import type { Program } from '../../../tensor/program.ts';
import { legalise } from '../legalise.ts';
import { identifier } from '../names.ts';
import { withPlainSizes } from './plain-sizes.ts';
import { runtimeText, type HelperName } from '../runtime-text.ts';
import { emitEntry, type ModuleContext } from './entry.ts';
import { recipeLines } from './recipes.ts';
import { wrapped, Writer } from './writer.ts';

/** What is known of an entry's input or output, documented or not. */
export interface Variable {
  readonly role: string;
  readonly domain: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly string[];
}

export const variablesOf = (
  spec: ModuleSpec,
  program: Program,
  side: 'inputs' | 'outputs',
): Readonly<Record<string, Variable>> =>
  Object.fromEntries(
    program[side].map(({ name, id }) => {
      const { shape, dtype } = program.values[id]!;
      const known = spec.variables[name];
      const variable: Variable = {
        role: known?.role ?? 'internal',
        domain: known?.domain ?? (dtype === 'int' ? 'integer' : 'real'),
        dtype: dtype === 'int' ? 'int32' : 'float32',
        shape: shape.map(print),
      };
      return [name, variable];
    }),
  );

const quoted = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
const key = (name: string): string => (/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name) ? name : quoted(name));

const emitSignature = (writer: Writer, spec: ModuleSpec): void => {
  writer.line('/** Sizes with their defaults; for each entry its inputs and outputs with symbolic shapes. */');
  writer.block(
    'export const signature = {',
    () => {
      writer.line(`name: ${quoted(spec.name)},`);
      writer.line(
        `sizes: { ${spec.sizes.map((s) => `${key(s.name)}: ${s.default}`).join(', ')} },`.replace('{  }', '{}'),
      );
      const derived = (spec.derivedSizes ?? []).map(
        (d) => `${key(d.name)}: { numerator: ${quoted(print(d.numerator))}, denominator: ${d.denominator} }`,
      );
      if (derived.length > 0) writer.line(`derivedSizes: { ${derived.join(', ')} },`);
      writer.block(
        'entries: {',
        () => {
          for (const [name, program] of Object.entries(spec.entries))
            writer.block(
              `${key(name)}: {`,
              () => {
                for (const side of ['inputs', 'outputs'] as const)
                  emitVariables(writer, side, variablesOf(spec, program, side));
              },
              '},',
            );
        },
        '},',
      );
    },
    '};',
  );
};

const emitVariables = (writer: Writer, side: string, variables: Readonly<Record<string, Variable>>): void => {
  if (Object.keys(variables).length === 0) return writer.line(`${side}: {},`);
  writer.block(
    `${side}: {`,
    () => {
      for (const [name, v] of Object.entries(variables))
        writer.line(
          `${key(name)}: { role: ${quoted(v.role)}, domain: ${quoted(v.domain)}, dtype: '${v.dtype}', shape: [${v.shape.map(quoted).join(', ')}] },`,
        );
    },
    '},',
  );
};

/** The embedded functions that are used, with those that they call, in the order of their source. */
const closure = (used: ReadonlySet<HelperName>): readonly HelperName[] => {
  const all = new Set<HelperName>();
  const visit = (name: HelperName): void => {
    if (all.has(name)) return;
    all.add(name);
    runtimeText[name].needs.forEach(visit);
  };
  used.forEach(visit);
  return (Object.keys(runtimeText) as HelperName[]).filter((name) => all.has(name));
};

/** Scans of a program at any depth: as many functions of host loops as it may need. */
const scansIn = (program: Program): number =>
  program.instrs.reduce(
    (sum, instr) =>
      nestedPrograms(instr).reduce((inner, nested) => inner + scansIn(nested), sum + Number(instr.op === 'scan')),
    0,
  );

/** `hostLimit`: how readily scans run on the host, see legalise. */
export const emitModule = (named: ModuleSpec, { hostLimit }: { readonly hostLimit?: number } = {}): string => {
  const spec = withPlainSizes(named);
  const entries = Object.entries(spec.entries);
  const used = new Set<HelperName>();
  const tables = new Map<string, string>();
  const hostFunctions = new Map<string, string>();
  const mostHostFunctions = entries.reduce((sum, [, program]) => sum + scansIn(program), 0);
  const reserved = new Set<string>([
    ...Object.keys(runtimeText),
    ...entries.map(([name]) => identifier(name)),
    ...Array.from({ length: mostHostFunctions }, (_, i) => `hostScan${i + 1}`),
  ]);
  const definitions: string[] = [];
  const context: ModuleContext = {
    reserved,
    use: (helper) => used.add(helper),
    table: (text) => {
      const known = tables.get(text);
      if (known !== undefined) return known;
      const name = `numbers${tables.size + 1}`;
      tables.set(text, name);
      return name;
    },
    hostFunction: ({ text }) => {
      const known = hostFunctions.get(text('hostScan'));
      if (known !== undefined) return known;
      const name = `hostScan${hostFunctions.size + 1}`;
      hostFunctions.set(text('hostScan'), name);
      definitions.push(text(name));
      return name;
    },
  };
  const functions = new Writer();
  for (const [i, [name, program]] of entries.entries()) {
    if (i > 0) functions.line();
    functions.line(
      `/** ${Object.keys(variablesOf(spec, program, 'inputs')).join(', ') || 'nothing'} → ${program.outputs.map((o) => `${o.name} ${printShape(program.values[o.id]!.shape)}`).join(', ')} */`,
    );
    emitEntry(functions, name, legalise(program, hostLimit), context, name === 'infer' ? spec.madeFor : undefined);
  }
  const head = new Writer();
  head.line(`// ${spec.name}, compiled from ${spec.source} by ebmc.`);
  for (const line of spec.description) head.line(line === '' ? '//' : `// ${line}`);
  head.line('// Needs @tensorflow/tfjs-core and one of its backends, made current before the first call:');
  for (const line of recipeLines()) head.line(`// ${line}`);
  head.line('// own(t, …done) registers a tensor with the call and frees those done with.');
  head.line("import * as tf from '@tensorflow/tfjs-core';");
  head.line();
  emitSignature(head, spec);
  for (const [text, name] of tables) {
    head.line();
    head.block(
      `const ${name} = [`,
      () => {
        for (const line of wrapped(text.slice(1, -1).split(', '), 118)) head.line(line);
      },
      '];',
    );
  }
  const runtime = closure(used).map((name) => runtimeText[name].text);
  return [
    head.toString(),
    functions.toString(),
    ...definitions,
    '// ---------------------------------------------------------------- what tfjs lacks, and the bookkeeping of a call\n',
    ...runtime.map((text) => `${text}\n`),
  ].join('\n');
};
