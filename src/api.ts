// The types of what compile.ts offers to the command line and the editor: no code. A front end programs against
// `Compiler` and loads compile.ts when it needs it.
import type { BackendStatus } from './backend/backend.ts';
import type { BenchReport, Told } from './backend/native/tuning/measure.ts';

export type { BenchReport } from './backend/native/tuning/measure.ts';
import type { ArrayData, Table } from './data/table.ts';
import type { Checked, Diagnostic } from './diagnostics/diagnostic.ts';
import type { FactorGraph } from './graph/factor-graph.ts';
import type { Model } from './semantics/model.ts';
import type { SourceFile } from './syntax/ast.ts';

/** Plain nested arrays, as in JSON; null is a missing cell. */
export type NestedData = number | null | readonly NestedData[];
/** A value given by the user: a table read from a file, or plain numbers. */
export type DataInput = Table | NestedData;

export interface Analysis {
  readonly source: string;
  readonly file: string;
  readonly tree: SourceFile;
  /** null when the file has errors. */
  readonly model: Model | null;
  readonly graph: FactorGraph | null;
  readonly diagnostics: readonly Diagnostic[];
}

export const queries = ['map', 'marginals', 'logz', 'sample'] as const;
export type QueryName = (typeof queries)[number];
export const stages = ['ast', 'model', 'graph', 'plan', 'program', 'kernels'] as const;
export type Stage = (typeof stages)[number];
/** What `ebmc compile` writes: a module for tfjs with its types, or a library in C with its header. */
export const targets = ['tfjs', 'c'] as const;
export type CompileTarget = (typeof targets)[number];
export const graphFormats = ['svg', 'dot', 'json'] as const;
export type GraphFormat = (typeof graphFormats)[number];

export interface RunOptions {
  readonly data: Readonly<Record<string, DataInput>>;
  /** Variables that are supplied but treated as unknown. */
  readonly ask: readonly string[];
  /** Lets to add to the result. */
  readonly show: readonly string[];
  readonly sizes: Readonly<Record<string, number>>;
  readonly consts: Readonly<Record<string, DataInput>>;
  readonly query: QueryName;
  readonly params: Readonly<Record<string, DataInput>>;
  /** null: what the model says. Infinity: minimise. */
  readonly beta: number | null;
  readonly minimize: readonly string[];
  readonly marginalize: readonly string[];
  readonly withoutRegularizers: boolean;
  readonly seed: number;
  readonly backend: string;
  /** Bytes per tensor group. */
  readonly budget: number;
  /** null: what the method chooses. */
  readonly restarts: number | null;
  /** Compute `surface` too. */
  readonly plot: boolean;
  readonly onStep?: (step: StepInfo) => void;
  readonly cancelled?: () => boolean;
}

export interface StepInfo {
  readonly phase: string;
  readonly step: number;
  readonly of: number | null;
  readonly objective: number | null;
  /** Of learning by stochastic steps, counted from 1. */
  readonly epoch?: { readonly number: number; readonly of: number };
}

export interface TrainOptions extends RunOptions {
  /** The checkpoint to go on from. */
  readonly resume: { readonly file: string; readonly bytes: Buffer } | null;
  /** Takes a whole checkpoint, again and again; what it returns ends the training. */
  readonly save: (bytes: Uint8Array) => Promise<readonly Diagnostic[]>;
  /** Learning goes step by step from now on, and stops with a checkpoint when it is cancelled. What the user should know of
   *  the device is told now and not at the end. */
  readonly onBegin?: (warnings: readonly Diagnostic[]) => void;
}

/** What `ebmc train` says of what it learned. */
export interface TrainResult {
  readonly model: string;
  readonly backend: string;
  readonly params: readonly string[];
  /** The mean objective of the last epoch, or of the last iteration; null where nothing was iterated. */
  readonly objective: number | null;
  readonly trace: readonly number[];
  /** Of the start under way; null for fits that take one program. */
  readonly epochs: { readonly done: number; readonly of: number } | null;
  /** A stochastic fit has converged when all of its epochs ran. */
  readonly converged: boolean;
  readonly interrupted: boolean;
}

/** An array leaf of a result: nested numbers, or a flat array with its shape (for big ones). */
export type ResultArray = NestedData | ArrayData;
export type Marginal = ResultArray | { readonly mean: ResultArray; readonly sd: ResultArray };

export interface PlanLine {
  readonly unknowns: readonly string[];
  readonly operation: 'minimize' | 'marginalize';
  /** null: infinity. */
  readonly beta: number | null;
  readonly method: string;
  readonly certificate: string;
  readonly reason: string;
}

/** What `ebmc run --json` prints. */
export interface RunReport {
  readonly model: string;
  readonly backend: string;
  readonly task: QueryName;
  readonly plan: readonly PlanLine[];
  readonly energy: { readonly total: number; readonly factors: Readonly<Record<string, number>> } | null;
  readonly freeEnergy: number | null;
  /** What a loss other than the energy came to, with the terms of params alone, at the params learned by it: over all points,
   *  or for stochastic steps the mean over those of the last epoch. null where nothing was learned so. */
  readonly objective: number | null;
  readonly logPartition: number | null;
  readonly variables: Readonly<Record<string, ResultArray>>;
  readonly marginals: Readonly<Record<string, Marginal>>;
  readonly params: Readonly<Record<string, ResultArray>>;
  /** The lets named by --show. */
  readonly shown?: Readonly<Record<string, ResultArray>>;
  readonly converged: boolean;
  readonly iterations: number | null;
  readonly gap: number | null;
  readonly seconds: { readonly compile: number; readonly run: number };
}

/** Energy or free energy of one point of a 1-D or 2-D target on a grid, with what belongs on top of it. */
export interface Surface {
  readonly variable: string;
  readonly quantity: 'energy' | 'free energy';
  /** One or two axes of grid coordinates: x, then y. */
  readonly axes: readonly (readonly number[])[];
  /** Row-major, y outer and x inner. */
  readonly values: Float64Array;
  readonly points: readonly (readonly number[])[];
  /** For each point the component that its discrete latent chose; null without one. */
  readonly groups: readonly number[] | null;
  readonly centres: readonly { readonly label: string; readonly at: readonly number[] }[];
}

export interface RunResult {
  readonly json: RunReport;
  /** 3: it ran and did not converge. */
  readonly exitCode: 0 | 3;
  /** The objective every `traceStep` iterations, NaN where it was infinite; null where nothing iterates, or several parts do. */
  readonly trace: readonly number[] | null;
  readonly traceStep: number;
  readonly surface: Surface | null;
  readonly pointFreeEnergies: Float64Array | null;
}

/** What `ebmc energy --json` prints. */
export interface EnergyReport {
  readonly model: string;
  readonly energy: { readonly total: number; readonly factors: Readonly<Record<string, number>> };
}

/** What compile.ts exports. */
export interface Compiler {
  analyse(source: string, file: string): Analysis;
  /** The formatted text; null when the file does not parse. */
  format(source: string, file: string): Checked<string | null>;
  draw(analysis: Analysis, format: GraphFormat, options: RunOptions): Promise<Checked<string | null>>;
  /** The plan is opaque here: it goes into `explain`, `compileModule` and `compileLibrary`. */
  planTask(analysis: Analysis, options: RunOptions): Checked<object | null>;
  /** The plan in words, and where it would be carried out. */
  explain(plan: object): Promise<Checked<string | null>>;
  compileModule(plan: object): { readonly js: string; readonly dts: string };
  /** In C; `header` is the name of the file that will hold `h`. */
  compileLibrary(plan: object, header: string): { readonly c: string; readonly h: string };
  emit(stage: Stage, analysis: Analysis, options: RunOptions): Checked<string | null>;
  run(analysis: Analysis, options: RunOptions): Promise<Checked<RunResult | null>>;
  train(analysis: Analysis, options: TrainOptions): Promise<Checked<TrainResult | null>>;
  energy(analysis: Analysis, options: RunOptions): Promise<Checked<EnergyReport | null>>;
  backends(): Promise<readonly BackendStatus[]>;
  /** What the native backend reaches here; `tune` searches for better choices of its schedule and remembers them. */
  bench(tune: boolean, told: Told): Promise<Checked<BenchReport | null>>;
}
