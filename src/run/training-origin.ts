// What the numbers of a training depend on, in words that a checkpoint keeps. In: a model's text, the options and the bound
// data of a run. Out: digests and settings by name.
import { createHash } from 'node:crypto';
import type { Analysis, RunOptions } from '../api.ts';
import type { ArrayData } from '../data/table.ts';
import type { Origin } from '../learn/checkpoint.ts';
import type { FitPlan } from '../plan/plan.ts';
import type { BoundTask } from './bind-task.ts';

/** OpenSSL takes less than 2 GiB at a time. */
const mostBytes = 2 ** 30;

/** Of type, shape and numbers; `piece`: bytes at a time, of no influence. */
export const digestOf = ({ shape, data }: ArrayData, piece = mostBytes): string => {
  const hash = createHash('sha256').update(`${data.constructor.name} ${shape.join()} `);
  for (let from = 0; from < data.byteLength; from += piece)
    hash.update(new Uint8Array(data.buffer, data.byteOffset + from, Math.min(piece, data.byteLength - from)));
  return hash.digest('hex').slice(0, 16);
};

/** A scalar as it is, an array by its digest. */
const words = (array: ArrayData): string => (array.shape.length === 0 ? String(array.data[0]) : digestOf(array));

const list = (names: readonly string[]): string => names.toSorted().join(', ') || 'none';

export const originOf = (analysis: Analysis, fit: FitPlan, { bound }: BoundTask, options: RunOptions): Origin => {
  const stochastic = fit.kind === 'train' ? { epochs: fit.epochs, batch: fit.batch?.size ?? 'all' } : {};
  const restarts =
    fit.kind === 'alternate' ? { restarts: fit.rungs[0]!.starts } : 'restarts' in fit ? { restarts: fit.restarts } : {};
  const settings: Record<string, string | number | boolean> = {
    seed: options.seed,
    backend: options.backend,
    ...stochastic,
    ...restarts,
    '--beta': options.beta ?? 'unset',
    '--without-regularizers': options.withoutRegularizers,
    '--minimize': list(options.minimize),
    '--marginalize': list(options.marginalize),
    ...named('size', bound.sizes, (s) => String(s.value)),
    ...named('const', bound.consts, words),
    ...named('data', bound.values, (array) => digestOf(array)),
  };
  return {
    model: analysis.model!.name,
    text: createHash('sha256').update(analysis.source).digest('hex'),
    settings: Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)])),
  };
};

const named = <T>(
  kind: string,
  values: Readonly<Record<string, T>>,
  describe: (value: T) => string,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`${kind} ${name}`, describe(value)]));
