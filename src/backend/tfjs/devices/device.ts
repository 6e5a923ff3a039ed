// One way to run tfjs: what it needs, whether that is here, how it is started, and how its failures are told.
import type * as Tfjs from '@tensorflow/tfjs-core';
import { DiagnosticError } from '../../../diagnostics/diagnostic.ts';
import { diagnosePlanning } from '../../../diagnostics/messages/planning.ts';
import type { BackendStatus } from '../../backend.ts';

export type Tf = typeof Tfjs;

export type TfjsBackendName = 'wasm' | 'cpu' | 'webgpu' | 'cuda' | 'tensorflow';

/** As users know them: `webgpu` are kernels of our own. */
export const publicNames: Readonly<Record<TfjsBackendName, string>> = {
  wasm: 'wasm',
  cpu: 'cpu',
  webgpu: 'tfjs-webgpu',
  cuda: 'cuda',
  tensorflow: 'tensorflow',
};

export interface Device {
  readonly name: TfjsBackendName;
  /** Its name within tfjs, where `cuda` and `tensorflow` are one. */
  readonly registered: string;
  readonly describe: string;
  /** What is found and what is missing. Loads nothing of tfjs into this process. */
  readonly detect: () => Promise<BackendStatus>;
  /** Makes tfjs know it. Throws DiagnosticError (EBM513) naming what is missing. */
  readonly register: (tf: Tf) => Promise<void>;
  /** Whether what tfjs has under the registered name is this device. */
  readonly serves: (tf: Tf) => boolean;
  /** Once started: what the user should know of where it computes, or null. */
  readonly caution: (tf: Tf) => string | null;
  /** Runs work on the started device. Throws DiagnosticError (EBM516) when the device fails under it. */
  readonly guard: <T>(tf: Tf, work: () => Promise<T>) => Promise<T>;
}

/** What stands between a device and its use, and the command that gets it (null: there is none). */
export interface Lack {
  readonly detail: string;
  readonly remedy: string | null;
}

export const unavailable = (name: TfjsBackendName, { detail, remedy }: Lack): BackendStatus => ({
  name: publicNames[name],
  available: false,
  detail,
  remedy,
});

/** EBM513 for a device that is known and not here. */
export const refuse = (name: TfjsBackendName, { detail, remedy }: Lack): never => {
  throw new DiagnosticError([
    diagnosePlanning('EBM513', null, { name: publicNames[name], known: [], lack: { detail, remedy } }),
  ]);
};

/** EBM516: the device broke off. */
export const failed = (name: TfjsBackendName, problem: 'lost' | 'memory' | 'error', said: string): DiagnosticError =>
  new DiagnosticError([diagnosePlanning('EBM516', null, { name: publicNames[name], problem, said })]);
