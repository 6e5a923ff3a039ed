// The messages of EBM3xx: shapes, types and domains. In: the parameters of one occurrence, shapes already printed. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { Message, MessageTable } from '../message.ts';

const some = (hint: string | undefined): readonly string[] => (hint === undefined ? [] : [hint]);

export const shapesMessages = {
  EBM301: {
    severity: 'error',
    title: 'shapes do not match',
    text: ({ operation, left, right, hint }: { operation: string; left: string; right: string; hint?: string }) => ({
      message: `shapes do not match: ${left} ${operation} ${right}`,
      hints: some(hint),
    }),
    explanation:
      "Entry-by-entry operations need one shape on both sides; only a scalar broadcasts. A size that happens to be 1 does not broadcast, and a vector is not a row: `v'` turns one into the other. Outside its plate a variable is the array of all its points: give the index, `y[n]`, to speak of one.",
    example:
      'model m\nsize N, D, K\nparam w : real[K]\nplate n in N {\n  target y : real[D]\n  factor f = ||y - w||^2\n}\n',
  } satisfies Message<{ operation: string; left: string; right: string; hint?: string }>,
  EBM302: {
    severity: 'error',
    title: 'matrix product does not fit',
    text: ({ left, right, hint }: { left: string; right: string; hint?: string }) => ({
      message: `the matrix product does not fit: ${left} @ ${right}`,
      hints: some(hint),
    }),
    explanation:
      "In `a @ b` the last axis of a must be the first axis of b: [M, K] @ [K, N], [M, K] @ [K], and `v'` (a row) @ [K, N]. Vector @ vector is the dot product and `v @ w'` the outer product. A vector is a column, so it stands on the left of a matrix only as a row: `v' @ M`.",
    example:
      'model m\nsize N, D, K\nparam W : real[D, K]\nplate n in N {\n  target y : real[D]\n  factor f = ||W @ y||^2\n}\n',
  } satisfies Message<{ left: string; right: string; hint?: string }>,
  EBM303: {
    severity: 'error',
    title: 'wrong shape for a function',
    text: ({ name, expected, found, hint }: { name: string; expected: string; found: string; hint?: string }) => ({
      message: `\`${name}\` needs ${expected}, found ${found}`,
      hints: some(hint),
    }),
    explanation:
      'The argument of this function has a shape for which it is not defined. `ebmc explain` and the language reference list the signatures of all functions.',
    example: 'model m\nsize D, K\nparam W : real[D, K]\nfactor f = det(W)\n',
  } satisfies Message<{ name: string; expected: string; found: string; hint?: string }>,
  EBM304: {
    severity: 'error',
    title: 'no arithmetic with categories',
    text: ({ found, hint }: { found: string; hint?: string }) => ({
      message: `expected a number, found ${found}`,
      hints:
        hint === undefined
          ? ['categories and indices are compared and used as an index; `integer(a..b)` also does arithmetic']
          : [hint],
    }),
    explanation:
      'A category is a label: its number carries no meaning, so it can be compared (`y == 2`) and used as an index (`W[y]`), and nothing else. If the numbers mean something, declare the variable `integer(a..b)`.',
    example: 'model m\nsize K\ntarget y : category(K)\nfactor f = y^2\n',
  } satisfies Message<{ found: string; hint?: string }>,
  EBM305: {
    severity: 'error',
    title: 'energy is not a scalar',
    text: ({ kind, found, hint }: { kind: string; found: string; hint: string }) => ({
      message: `the energy of a ${kind} is a scalar, found ${found}`,
      hints: [hint],
    }),
    explanation:
      'A factor or regularizer adds one number to the energy (one for each value of its indices). Reduce an array to a number with a norm, `||v||^2`, or with `sum(v)`.',
    example: 'model m\nsize D\ntarget y : real[D]\nfactor f = y^2\n',
  } satisfies Message<{ kind: string; found: string; hint: string }>,
  EBM306: {
    severity: 'error',
    title: 'not a condition',
    text: ({ what, found, hint }: { what: string; found: string; hint?: string }) => ({
      message: `${what} is a condition (true or false), found ${found}`,
      hints: some(hint),
    }),
    explanation:
      'Conditions come from comparisons, `and`, `or`, `not`, and binary variables. The condition of `if` and of `where` is one truth value, not an array of them.',
    example: 'model m\nsize K\ntarget y : integer(0..K)\nfactor f = if y then 1 else 0\n',
  } satisfies Message<{ what: string; found: string; hint?: string }>,
  EBM307: {
    severity: 'error',
    title: 'wrong domain parameters',
    text: ({ domain, expected, found, hint }: { domain: string; expected: string; found: string; hint?: string }) => ({
      message: `\`${domain}\` takes ${expected}, found ${found}`,
      hints: some(hint),
    }),
    explanation:
      'Parentheses hold the parameters of a domain: `interval(a, b)` two bounds, `category(K)` and `index(N)` a size, `integer(a..b)` a half-open range. The other domains have none.',
    example: 'model m\ntarget y : category\nfactor f = if y == 0 then 1 else 0\n',
  } satisfies Message<{ domain: string; expected: string; found: string; hint?: string }>,
  EBM308: {
    severity: 'error',
    title: 'wrong domain shape',
    text: ({ domain, expected, found }: { domain: string; expected: string; found: string }) => ({
      message: `\`${domain}\` needs ${expected}, found ${found}`,
    }),
    explanation:
      'Brackets hold the shape of one node; without them it is a scalar. `onehot`, `simplex`, `sphere`, `ball` and `permutation` are vectors (their last axis), `orthonormal` and `spd` matrices (their last two), `spd` square ones.',
    example: "model m\nsize K, D\nparam S : spd[D, K]\nfactor f = trace(S @ S')\n",
  } satisfies Message<{ domain: string; expected: string; found: string }>,
  EBM309: {
    severity: 'error',
    title: 'not a size',
    text: ({ found, hint }: { found: string; hint?: string }) => ({
      message: `expected a size, found ${found}`,
      hints: some(hint),
    }),
    explanation:
      'Shapes, counts and ranges are made of sizes and whole numbers with `+`, `-` and `*`. A const is not a size, because `--set` may change it to anything: declare `size K = 3`, which `--size` changes.',
    example: 'model m\nconst K = 3\ntarget y : real[K]\nfactor f = ||y||^2\n',
  } satisfies Message<{ found: string; hint?: string }>,
  EBM310: {
    severity: 'error',
    title: 'not an index',
    text: ({ found, hint }: { found: string; hint?: string }) => ({
      message: `an index is a whole number, a category or a one-hot vector, found ${found}`,
      hints: some(hint),
    }),
    explanation:
      'A subscript is a whole-number expression, a category, an index, a binary, an entry of a permutation, or a one-hot vector (`M[z]` = Σ M_k z_k). Real values do not index: take `floor` and `clamp` them, or declare the variable an integer.',
    example: 'model m\nsize K\nparam w : real[K]\ntarget y : real\nfactor f = w[y]^2\n',
  } satisfies Message<{ found: string; hint?: string }>,
  EBM311: {
    severity: 'error',
    title: 'too many subscripts',
    text: ({ given, found, hint }: { given: number; found: string; hint?: string }) => ({
      message: `${given} subscript${given === 1 ? '' : 's'} for ${found}`,
      hints: some(hint),
    }),
    explanation:
      'Each subscript takes one axis. Inside its plate a variable is one point, so `y[0]` is its first component; outside, `y[n]` is a point and `y[n, 0]` its first component.',
    example: 'model m\nsize D\ntarget y : real[D]\nfactor f = y[0, 1]^2\n',
  } satisfies Message<{ given: number; found: string; hint?: string }>,
  EBM312: {
    severity: 'error',
    title: 'alternatives differ',
    text: ({ what, left, right, hint }: { what: string; left: string; right: string; hint?: string }) => ({
      message: `${what} must have one type: ${left} and ${right}`,
      hints: some(hint),
    }),
    explanation:
      'The two branches of an `if`, and the elements of `[a, b]`, must have the same shape, and be both numbers or the same categories.',
    example: 'model m\nsize D\ntarget y : real[D]\nfactor f = ||if D > 2 then y else 0||^2\n',
  } satisfies Message<{ what: string; left: string; right: string; hint?: string }>,
  EBM313: {
    severity: 'error',
    title: 'declared type is another',
    text: ({ what, expected, found, hint }: { what: string; expected: string; found: string; hint?: string }) => ({
      message: `${what} is declared ${expected}, found ${found}`,
      hints: some(hint),
    }),
    explanation: 'The argument or result of a fn or net, or a start value, has another type than its declaration says.',
    example: 'model m\nsize D, K\nfn f(v : real[D]) -> real = v @ v\ntarget y : real[K]\nfactor e = f(y)\n',
  } satisfies Message<{ what: string; expected: string; found: string; hint?: string }>,
  EBM314: {
    severity: 'error',
    title: 'norm of a matrix',
    text: ({ written, found, hint }: { written: string; found: string; hint: string }) => ({
      message: `\`${written}\` is the norm of a vector, found ${found}`,
      hints: [hint],
    }),
    explanation:
      'For a matrix `||M||` could mean several norms. Write `||M||_F` for the Frobenius norm, `sum(abs(M))` for the sum of absolute values.',
    example: 'model m\nsize D, K\nparam W : real[D, K]\nfactor f = ||W||^2\n',
  } satisfies Message<{ written: string; found: string; hint: string }>,
  EBM315: {
    severity: 'error',
    title: 'distribution does not fit the domain',
    text: ({
      distribution,
      supported,
      found,
      hint,
    }: {
      distribution: string;
      supported: string;
      found: string;
      hint?: string;
    }) => ({
      message: `\`${distribution}\` is a distribution over ${supported}, found ${found}`,
      hints: some(hint),
    }),
    explanation:
      '`x ~ d(…)` adds a normalised factor, so the domain of x must be the support of the distribution: a normal on `positive` would not integrate to 1. Use the distribution made for the domain (`half_normal`, `lognormal`), or write the energy as a `factor`.',
    example: 'model m\ntarget s : positive ~ normal(0, 1)\n',
  } satisfies Message<{ distribution: string; supported: string; found: string; hint?: string }>,
  EBM316: {
    severity: 'error',
    title: 'wrong shape of a distribution argument',
    text: ({
      distribution,
      parameter,
      expected,
      found,
      hint,
    }: {
      distribution: string;
      parameter: string;
      expected: string;
      found: string;
      hint?: string;
    }) => ({
      message: `the ${parameter} of \`${distribution}\` has shape ${expected} here, found ${found}`,
      hints: some(hint),
    }),
    explanation:
      'Elementwise distributions take scalars or arrays of the shape of the variable; `categorical` the probabilities of its K categories; `multivariate_normal` a mean [D] and a covariance [D, D].',
    example: 'model m\nsize K, S\nparam p : simplex[S]\ntarget y : category(K) ~ categorical(p)\n',
  } satisfies Message<{ distribution: string; parameter: string; expected: string; found: string; hint?: string }>,
  EBM317: {
    severity: 'error',
    title: 'not a plain number',
    text: ({ what, expected, found }: { what: string; expected: string; found: string }) => ({
      message: `${what} is ${expected}, found ${found}`,
    }),
    explanation:
      'This setting must be known when the model is compiled, so it is a number written in the file; and it lies where the setting makes sense: a rate is above 0, a momentum below 1.',
    example: 'model m\nparam w : real\nfactor f = w^2\ntrain { epochs w }\n',
  } satisfies Message<{ what: string; expected: string; found: string }>,
  EBM318: {
    severity: 'error',
    title: 'cannot differentiate by this',
    text: ({ found }: { found: string }) => ({
      message: `\`jacobian(e, v)\` differentiates by a variable, a let or a parameter, found ${found}`,
      hints: ['name the expression with a `let` and use that in e'],
    }),
    explanation:
      'The second argument of `jacobian` names what the derivative is taken by. Give a compound expression a name with `let`, and use that name in the first argument too.',
    example: 'model m\nsize D\ntarget y : real[D]\nfactor f = ||jacobian(y @ y, 2 * y)||^2\n',
  } satisfies Message<{ found: string }>,
  EBM319: {
    severity: 'error',
    title: 'condition mentions an unknown',
    text: ({ name, role }: { name: string; role: string }) => ({
      message: `\`${name}\` is ${role}; a filter speaks of indices, sizes, consts and data only`,
      hints: ['use `if … then … else …` in the expression'],
    }),
    explanation:
      'The `where` and the ranges of an index clause decide which factors exist, before anything is inferred: so they may use indices, sizes, consts and `data` only. What depends on observed or unknown values is an `if` inside the expression.',
    example: 'model m\nsize T\ntarget s[t in T] : binary\nfactor f[t in T where s[t] == 1] = 2\n',
  } satisfies Message<{ name: string; role: string }>,
  EBM320: {
    severity: 'error',
    title: 'a value is missing',
    text: ({ what, hint }: { what: string; hint: string }) => ({ message: `${what} is missing`, hints: [hint] }),
    explanation:
      'The parameters of a net need domains, because the shapes of its params follow from them; `repeat` needs a written count.',
    example: 'model m\nsize D\nnet F(v) -> real[D] = v |> linear(D)\nparam w : real[D]\nfactor f = ||F(w)||^2\n',
  } satisfies Message<{ what: string; hint: string }>,
  EBM321: {
    severity: 'error',
    title: 'where says nothing of the variable',
    text: ({ name }: { name: string }) => ({
      message: `this \`where\` neither restricts \`${name}\` nor filters its indices`,
      hints: ['use a `constraint` to relate several variables'],
    }),
    explanation:
      'The `where` of a declaration restricts the declared variable (`where colnorm(W) <= 1`), or filters its indices by sizes, consts and data. A condition on other unknowns is a `constraint`.',
    example: 'model m\nlatent a : real\nlatent b : real where a > 0\nfactor f = (a - b)^2\n',
  } satisfies Message<{ name: string }>,
} as const satisfies MessageTable;

export const diagnoseShape = diagnoser(shapesMessages);
