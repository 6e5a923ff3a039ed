// Where a training run stands: all that has to be known to go on from there to the same numbers. Plain data.
import { INFINITE } from '../tensor/energies.ts';
import type { TensorData } from '../backend/backend.ts';

export type Arrays = Readonly<Record<string, TensorData>>;

export interface TrainingState {
  /** Params, and what their optimizers remember: the results of `init` and of `step`. */
  readonly arrays: Arrays;
  /** The start that is under way, from 0. */
  readonly restart: number;
  /** Epochs of it that are done. */
  readonly epoch: number;
  /** Steps of the epoch under way that are done. */
  readonly step: number;
  /** Σ over those steps of their objective times their points. */
  readonly sum: number;
  /** The mean objective of each epoch done. */
  readonly trace: readonly number[];
  /** The best of the starts that are over. */
  readonly best: { readonly objective: number; readonly params: Arrays; readonly trace: readonly number[] } | null;
  readonly complete: boolean;
}

export const isFinite = ({ data }: TensorData): boolean => {
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return false;
  return true;
};

export const isPossible = (energy: number): boolean => Math.abs(energy) < INFINITE;
