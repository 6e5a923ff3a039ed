// The realised program: what an entry of the module does, one tfjs operation (or embedded helper) a step, within the limits
// of every backend. Between legalise (which makes it) and emit (which prints it). Blocks nest as loops do.
import type { Dim } from '../../tensor/dims.ts';
import type { Instr } from '../../tensor/program.ts';
import type { Given } from './host-loops/generate.ts';
import type { OperationName } from './operations.ts';

/** 'bool' is what tfjs comparisons give. */
export type TensorType = 'float32' | 'int32' | 'bool';

export interface Tensor {
  readonly id: number;
  /** The shape tfjs sees, which may merge axes of the value it holds. */
  readonly shape: readonly Dim[];
  readonly type: TensorType;
  /** A word to name it by in the module's text. */
  readonly stem: string;
  /** It is an array of tensors, one a step of a scan, whose shapes lack the first axis. */
  readonly list?: true;
  /** Another tensor whose variable it shares: the carries that a test reads. */
  readonly alias?: Tensor;
}

/** One operation. `attributes` are JavaScript expressions that follow the tensors in the call. */
export interface CallStep {
  readonly kind: 'call';
  readonly operation: OperationName;
  readonly out: readonly Tensor[];
  readonly args: readonly Tensor[];
  readonly attributes: readonly string[];
}

/** A value carried round a loop: it starts as `initial`, the body reads `variable` and hands on `next`, `out` is the last. */
export interface Carry {
  readonly initial: Tensor;
  readonly variable: Tensor;
  readonly next: Tensor;
  readonly out: Tensor;
}

/** How a scan may run in plain loops on the host instead. Its lists then hold all their numbers in one array. */
export interface HostScan {
  readonly scan: Extract<Instr, { op: 'scan' }>;
  /** JavaScript over sizes. */
  readonly condition: string;
  /** What its carries, xs and captured values look like, in that order. */
  readonly given: readonly Given[];
  readonly captured: readonly Tensor[];
  /** The list of each output of the body that is collected. */
  readonly collected: readonly Tensor[];
}

export interface ScanStep {
  readonly kind: 'scan';
  readonly host?: HostScan;
  readonly length: Dim;
  readonly reverse: boolean;
  readonly carries: readonly Carry[];
  /** `list` holds a tensor a step; `element` is the one that the body sees. */
  readonly xs: readonly { readonly list: Tensor; readonly element: Tensor }[];
  readonly ys: readonly { readonly value: Tensor; readonly list: Tensor }[];
  readonly body: readonly Step[];
}

export interface WhileStep {
  readonly kind: 'while';
  readonly max: number;
  readonly every: number;
  readonly outermost: boolean;
  readonly carries: readonly Carry[];
  readonly test: readonly Step[];
  readonly verdict: Tensor;
  readonly body: readonly Step[];
  readonly count: Tensor;
}

export type Step = CallStep | ScanStep | WhileStep;

export interface Realisation {
  /** Every size that the program mentions. */
  readonly sizes: readonly string[];
  readonly inputs: readonly {
    readonly name: string;
    readonly tensor: Tensor;
    readonly shape: readonly Dim[];
  }[];
  readonly steps: readonly Step[];
  readonly outputs: readonly {
    readonly name: string;
    readonly tensor: Tensor;
    readonly shape: readonly Dim[];
  }[];
}

/** What a step itself reads, nested blocks included when they come from outside: see liveness.ts for the rest. */
export const argumentsOf = (step: Step): readonly Tensor[] => {
  switch (step.kind) {
    case 'call':
      return step.args;
    case 'scan':
      return [...step.carries.map((c) => c.initial), ...step.xs.map((x) => x.list)];
    case 'while':
      return step.carries.map((c) => c.initial);
  }
};

export const resultsOf = (step: Step): readonly Tensor[] => {
  switch (step.kind) {
    case 'call':
      return step.out;
    case 'scan':
      return [...step.carries.map((c) => c.out), ...step.ys.map((y) => y.list)];
    case 'while':
      return [...step.carries.map((c) => c.out), step.count];
  }
};
