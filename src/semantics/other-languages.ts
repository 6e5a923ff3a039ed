// Names that other languages have for what is called differently here. In: a name that is not known. Out: what to write,
// or nothing.

type Hints = Readonly<Record<string, string>>;

const zeroOne = 'binary values are 0 and 1, and a binary variable is a condition itself';
const nothing = 'there is no empty value: leave the cell of the data empty, or the factor out';
const joined = 'layers are joined by `|>`: `v |> linear(64) |> relu |> linear(1)`';
const product = 'a matrix product is `A @ B`, of two vectors the dot product';
const different = 'write `x[i] != x[j]` for all i < j, or use the domain `permutation[N]`';

/** Values: what stands without parentheses. */
const values: Hints = {
  True: zeroOne,
  true: zeroOne,
  TRUE: zeroOne,
  False: zeroOne,
  false: zeroOne,
  FALSE: zeroOne,
  None: nothing,
  null: nothing,
  nil: nothing,
  NaN: nothing,
  nan: nothing,
  NA: nothing,
  e: '`e^x` is written `exp(x)`',
  Inf: 'infinity is written `inf`',
  infinity: 'infinity is written `inf`',
  self: 'a net owns its params without `self`',
  epsilon: 'a small number is written out: `1e-6`',
  eps: 'a small number is written out: `1e-6`',
};

const functions: Hints = {
  Sequential: joined,
  compose: joined,
  dot: product,
  matmul: product,
  mm: product,
  inner: product,
  einsum: 'a sum over indices is `sum[i in I, j in J] a[i, j] * b[j]`',
  outer: "the outer product is `v @ w'`",
  transpose: "a transpose is written `M'`",
  norm: 'norms are `||v||`, `||v||_1`, `||v||_0` and, of a matrix, `||M||_F`',
  square: 'a square is `x^2`',
  pow: 'a power is `x^2`',
  power: 'a power is `x^2`',
  inv: 'write `inverse(M)`',
  logdet: 'write `log_abs_det(M)`',
  slogdet: 'write `log_abs_det(M)`',
  where: 'a choice is `if c then a else b`',
  select: 'a choice is `if c then a else b`',
  ifelse: 'a choice is `if c then a else b`',
  len: 'the length of an axis is its size: `N`',
  length: 'the length of an axis is its size: `N`',
  size: 'the length of an axis is its size: `N`',
  shape: 'the lengths of axes are sizes: `N`, `D`',
  range: 'a range is `0..N`',
  argmin: 'energies are minimised: declare a `latent` and let inference choose it',
  argmax: 'energies are minimised: declare a `latent` and let inference choose it',
  alldifferent: different,
  all_different: different,
  all: 'write the condition for each index: `constraint c[i in I] = …`',
  any: 'a sum of conditions is at least 1: `sum[i in I] (if … then 1 else 0) >= 1`',
  forall: 'write the condition for each index: `constraint c[i in I] = …`',
  exists: 'a sum of conditions is at least 1: `sum[i in I] (if … then 1 else 0) >= 1`',
  bool2int: 'write `if c then 1 else 0`',
  logit: 'write `log(p) - log(1 - p)`',
  inv_logit: 'write `sigmoid(x)`',
  expit: 'write `sigmoid(x)`',
  logsigmoid: 'write `-softplus(-x)`',
  detach: 'write `stop_gradient(e)`',
  grad: 'a derivative is `jacobian(e, v)`',
  gradient: 'a derivative is `jacobian(e, v)`',
};

const distributions: Hints = {
  gaussian: 'it is called `normal(mean, sd)`',
  norm: 'it is called `normal(mean, sd)`',
  multi_normal: 'it is called `multivariate_normal(mean, covariance)`',
  mvn: 'it is called `multivariate_normal(mean, covariance)`',
  bernoulli_logit: 'write `bernoulli(sigmoid(x))`',
  binomial_logit: 'write `binomial(n, sigmoid(x))`',
  categorical_logit: 'write `categorical(softmax(v))`',
  poisson_log: 'write `poisson(exp(x))`',
  cauchy: 'it is `student_t` with one degree of freedom',
  flat: 'without a `~` a variable has no prior: leave it out',
  double_exponential: 'it is called `laplace`',
  std_normal: 'write `normal(0, 1)`',
  chi_square: 'it is a `gamma` with shape k / 2 and rate 1 / 2',
  discrete: 'it is called `categorical(p)`',
};

const domains: Hints = {
  int: 'whole numbers are `integer(a..b)`',
  bool: 'it is called `binary`',
  boolean: 'it is called `binary`',
  float: 'it is called `real`',
  double: 'it is called `real`',
  number: 'it is called `real`',
  vector: 'a vector is `real[D]`',
  matrix: 'a matrix is `real[D, K]`',
  tensor: 'an array is `real[A, B, C]`',
  categorical: 'a variable with K values is `category(K)`; `categorical` is a distribution',
  discrete: 'a variable with K values is `category(K)`',
  probability: 'a number between 0 and 1 is `unit`, a vector of probabilities `simplex[K]`',
  psd: 'positive definite matrices are `spd[D, D]`',
  cov_matrix: 'positive definite matrices are `spd[D, D]`',
  unit_vector: 'it is called `sphere[K]`',
};

const settings: Hints = {
  optimizer: 'the optimizer stands behind what it learns: `learn W by adam(rate = 1e-3)`',
  lr: 'the rate belongs to the optimizer: `learn by adam(rate = 1e-3)`',
  learning_rate: 'the rate belongs to the optimizer: `learn by adam(rate = 1e-3)`',
  batch_size: 'it is called `batch`: `batch 64`',
  minibatch: 'it is called `batch`: `batch 64`',
  steps: 'the data are gone through `epochs 20` times',
  iterations: 'the data are gone through `epochs 20` times',
  objective: 'what is learned is `loss nll`, or `loss = expression`',
};

const tables = { value: values, function: functions, distribution: distributions, domain: domains, setting: settings };

/** The hint for a name of this kind; an empty object where there is none, to be spread into the parameters of a message. */
export const elsewhere = (kind: keyof typeof tables, name: string): { readonly hint?: string } => {
  const hints = tables[kind];
  return Object.hasOwn(hints, name) ? { hint: hints[name]! } : {};
};
