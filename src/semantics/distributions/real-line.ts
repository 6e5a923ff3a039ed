// Distributions of real numbers and of real vectors: normal, laplace, student_t, multivariate_normal, von_mises.
// Formulas: Gelman et al., Bayesian Data Analysis, 3rd ed., appendix A, unless another source is given.
import type { Distribution } from '../distribution.ts';
import { entry } from '../distribution.ts';
import type { Expr } from '../model.ts';
import type { Make } from '../make.ts';

const halfLogTwoPi = Math.log(2 * Math.PI) / 2;
const textbook = 'Gelman et al., Bayesian Data Analysis, 3rd ed., appendix A';

const elementwise = { eventRank: () => 0, form: 'array' } as const;

/** ((x - m) / s)^2 / 2 + log s + ½ log 2π */
export const gaussianEnergy = (x: Expr, mean: Expr, sd: Expr, make: Make): Expr => {
  const standard = make.call('div', make.call('sub', x, mean), sd);
  const square = make.call('div', make.call('pow', standard, make.number(2)), make.number(2));
  return make.call('add', make.call('add', square, make.call('log', sd)), make.number(halfLogTwoPi));
};

export const realLineDistributions = {
  normal: {
    signature: 'normal(mean, sd)',
    documentation: 'The normal distribution, entry by entry, by its standard deviation.',
    formula: 'p(x) = exp(-(x - mean)² / (2 sd²)) / (sd √(2π))',
    source: textbook,
    parameters: [entry('mean'), entry('sd', { requires: 'positive' })],
    support: ['real'],
    ...elementwise,
    energy: (x, [mean, sd], make) => gaussianEnergy(x, mean!, sd!, make),
    relatives: { positive: 'lognormal', nonnegative: 'half_normal', angle: 'von_mises', unit: 'beta' },
  },
  multivariate_normal: {
    signature: 'multivariate_normal(mean, covariance)',
    documentation: 'The normal distribution of a vector, by its covariance matrix.',
    formula: "p(x) = exp(-½ (x - m)' S⁻¹ (x - m)) / √((2π)^D det S)",
    source: textbook,
    parameters: [
      { name: 'mean', shape: (d) => d.shape.slice(-1), scalar: true },
      { name: 'covariance', shape: (d) => [d.shape.at(-1)!, d.shape.at(-1)!], scalar: false, requires: 'spd' },
    ],
    support: ['real'],
    restricts: (domain) => (domain.shape.length === 0 ? 'a vector' : null),
    eventRank: () => 1,
    form: 'event',
    energy: (x, [mean, covariance], make, domain) => {
      const centred = make.call('sub', x, mean!);
      const scaled = make.call('matmul', make.call('inverse', covariance!), centred);
      const quadratic = make.call('matmul', make.call('transpose', centred), scaled);
      const half = (e: Expr): Expr => make.call('div', e, make.number(2));
      const constant = make.call('mul', make.dim(domain.shape.at(-1)!), make.number(halfLogTwoPi));
      return make.call('add', make.call('add', half(quadratic), half(make.call('log_abs_det', covariance!))), constant);
    },
  },
  laplace: {
    signature: 'laplace(location, scale)',
    documentation: 'The double exponential distribution, entry by entry.',
    formula: 'p(x) = exp(-|x - location| / scale) / (2 scale)',
    source: textbook,
    parameters: [entry('location'), entry('scale', { requires: 'positive' })],
    support: ['real'],
    ...elementwise,
    energy: (x, [location, scale], make) => {
      const distance = make.call('div', make.call('abs', make.call('sub', x, location!)), scale!);
      return make.call('add', distance, make.call('log', make.call('mul', make.number(2), scale!)));
    },
    relatives: { positive: 'exponential', nonnegative: 'exponential' },
  },
  student_t: {
    signature: 'student_t(df, location = 0, scale = 1)',
    documentation: "Student's t distribution, entry by entry.",
    formula: 'p(x) = Γ((ν+1)/2) / (Γ(ν/2) √(νπ) s) (1 + ((x - m)/s)² / ν)^(-(ν+1)/2)',
    source: textbook,
    parameters: [
      entry('df', { requires: 'positive' }),
      entry('location', { default: 0 }),
      entry('scale', { default: 1, requires: 'positive' }),
    ],
    support: ['real'],
    ...elementwise,
    energy: (x, [df, location, scale], make) => {
      const [c, n] = [make.call, make.number];
      const standard = c('div', c('sub', x, location!), scale!);
      const power = c('div', c('add', df!, n(1)), n(2));
      const tail = c('mul', power, c('log1p', c('div', c('pow', standard, n(2)), df!)));
      const gammas = c('sub', c('lgamma', c('div', df!, n(2))), c('lgamma', power));
      const scales = c('add', c('log', scale!), c('div', c('log', c('mul', df!, n(Math.PI))), n(2)));
      return c('add', c('add', tail, gammas), scales);
    },
    relatives: { positive: 'half_cauchy', nonnegative: 'half_cauchy' },
  },
  von_mises: {
    signature: 'von_mises(mean, concentration)',
    documentation: 'The circular normal distribution of angles, entry by entry.',
    formula: 'p(x) = exp(κ cos(x - mean)) / (2π I₀(κ))',
    source: 'Mardia and Jupp, Directional Statistics, 2000, sec. 3.5.4',
    parameters: [entry('mean'), entry('concentration', { requires: 'nonnegative' })],
    support: ['angle'],
    ...elementwise,
    energy: (x, [mean, concentration], make) => {
      const c = make.call;
      const cosine = c('mul', concentration!, c('cos', c('sub', x, mean!)));
      return c('sub', c('add', c('log_bessel_i0', concentration!), make.number(Math.log(2 * Math.PI))), cosine);
    },
    relatives: { real: 'normal' },
  },
} as const satisfies Record<string, Distribution>;
