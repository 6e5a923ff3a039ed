// The losses that are carried out. A new one is a file and an entry here; `null` stands for a loss that the language declares
// and that nothing carries out yet.
import type { LossName } from '../semantics/losses.ts';
import { energy } from './energy.ts';
import type { LossMethod } from './loss.ts';
import { nll } from './nll.ts';

export const lossMethods: Readonly<Record<LossName, LossMethod | null>> = {
  energy,
  nll,
  perceptron: null,
  hinge: null,
  hinge_all: null,
  log: null,
  square_square: null,
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
