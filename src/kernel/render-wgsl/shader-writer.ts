// A shader while it is written. In: lines, functions and variables that it needs. Out: the text of a module.
import type { Dim } from '../../tensor/dims.ts';
import { evaluate } from '../../tensor/dims.ts';
import type { Buffer, BufferId, LoopId } from '../kernel.ts';
import { functionTexts, type FunctionName } from './functions.ts';

/** What all shaders of a kernel program know. */
export interface ProgramFacts {
  readonly sizes: Readonly<Record<string, number>>;
  readonly buffers: readonly Buffer[];
  /** The first word of a buffer in memory. */
  readonly baseOf: (buffer: BufferId) => number;
  /** The first word of what routines work in. */
  readonly workspace: number;
  /** The word that is not 0 once the caller wants whiles to stop. */
  readonly stop: number;
  /** Locals from this one on are not the program's. */
  readonly firstFreeLocal: number;
  /** Where a scalar input stands once more, rounded to an int: float32 doesn't hold every seed. */
  readonly seedWord: (buffer: BufferId) => number | null;
}

/** Words of the parameters of a dispatch: 0; the iterations that it is to run; the loops around it. */
export const parameter = { zero: 0, from: 1, to: 2, loops: 3 } as const;
export const parameterWords = 16;
export const parameterText = (word: number): string => `p[${word >> 2}].${'xyzw'[word & 3]!}`;

export class ShaderWriter {
  private readonly lines: string[] = [];
  private readonly calls = new Set<FunctionName>();
  private readonly shared = new Map<string, string>();
  private readonly own = new Set<BufferId>();
  private names = 0;
  private depth = 1;

  constructor(readonly facts: ProgramFacts) {}

  line(text: string): void {
    this.lines.push(`${'  '.repeat(this.depth)}${text}`);
  }

  /** Lines between a head, which ends in `{`, and its `}`. */
  block(head: string, body: () => void): void {
    this.line(head);
    this.depth++;
    body();
    this.depth--;
    this.line('}');
  }

  /** A name that is not taken yet. */
  name(start: string): string {
    return `${start}_${this.names++}`;
  }

  /** A local of the shader alone. */
  freshLocal(): number {
    return this.facts.firstFreeLocal + this.names++;
  }

  readonly call = (name: FunctionName): string => {
    this.calls.add(name);
    return name;
  };

  /** An array of a workgroup. */
  share(name: string, type: string): string {
    this.shared.set(name, type);
    return name;
  }

  dim(dim: Dim): number {
    return evaluate(dim, this.facts.sizes);
  }

  /** A buffer that lives in the invocation, as an array of its own. */
  keep(buffer: BufferId): void {
    this.own.add(buffer);
  }
  keeps(buffer: BufferId): boolean {
    return this.own.has(buffer);
  }

  module(words: number, lanes: number): string {
    return [
      `@group(0) @binding(0) var<storage, read_write> m: array<u32, ${words}>;`,
      `@group(0) @binding(1) var<uniform> p: array<vec4<u32>, ${parameterWords / 4}>;`,
      ...[...this.shared].map(([name, type]) => `var<workgroup> ${name}: ${type};`),
      ...functionTexts(this.calls),
      `@compute @workgroup_size(${lanes})`,
      'fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {',
      ...this.lines,
      '}',
      '',
    ].join('\n');
  }
}

export const loopName = (loop: LoopId): string => `loop${loop}`;
export const localName = (local: number): string => `v${local}`;
