// The losses that are carried out. A new one is a file and an entry here; `null` stands for a loss that the language declares
// and that nothing carries out yet.
import type { LossName } from '../semantics/losses.ts';
import { hinge, log, squareSquare } from './contrasts.ts';
import { energy } from './energy.ts';
import { expression } from './expression.ts';
import { hingeAll } from './hinge-all.ts';
import type { LossMethod } from './loss.ts';
import { nll } from './nll.ts';
import { perceptron } from './perceptron.ts';

export const lossMethods: Readonly<Record<LossName, LossMethod | null>> = {
  energy,
  nll,
  perceptron,
  hinge,
  hinge_all: hingeAll,
  log,
  square_square: squareSquare,
  nce: null,
  info_nce: null,
  nca: null,
  contrastive_divergence: null,
  persistent_contrastive_divergence: null,
  mcmc_likelihood: null,
  ratio_matching: null,
  minimum_probability_flow: null,
  score_matching: null,
  adversarial: null,
  elbo: null,
};

/** The losses that are carried out, `loss = expression` last. */
export const servedLosses: readonly string[] = [
  ...Object.entries(lossMethods).flatMap(([name, method]) => (method === null ? [] : [name])),
  'loss = expression',
];

/** null where nothing carries the loss out. */
export const lossMethod = (name: LossName | 'expression'): LossMethod | null =>
  name === 'expression' ? expression : lossMethods[name];
