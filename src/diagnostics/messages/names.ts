// The messages of EBM2xx: names and what may be done with them. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { Message, MessageTable } from '../message.ts';

const didYouMean = (nearest: string | null): readonly string[] =>
  nearest === null ? [] : [`did you mean \`${nearest}\`?`];

/** How each setting of the blocks is written. */
const settingForms: Readonly<Record<string, string>> = {
  loss: '`loss nll`, or `loss = expression`',
  learn: '`learn W, b by adam(rate = 1e-3)`',
  epochs: '`epochs 20`',
  batch: '`batch 64`',
  minimize: '`minimize z`',
  marginalize: '`marginalize z by gibbs(sweeps = 500)`',
};

const unknown =
  (what: string): Message<{ name: string; nearest: string | null; hint?: string }>['text'] =>
  ({ name, nearest, hint }) => ({
    message: `unknown ${what} \`${name}\``,
    hints: hint === undefined ? didYouMean(nearest) : [hint],
  });

export const namesMessages = {
  EBM201: {
    severity: 'error',
    title: 'unknown name',
    text: unknown('name'),
    explanation:
      'The name is not declared: it is no size, const, variable, let, fn or net of this file, and no index in scope here. An index lives inside its clause only: `sum[k in K] a[k] + b[k]` ends at the `+`, so the second `k` is unknown; write `sum[k in K] (a[k] + b[k])`. Declarations may stand in any order.',
    example: 'model m\ntarget y : real\nfactor f = (y - mu)^2\n',
  } satisfies Message<{ name: string; nearest: string | null; hint?: string }>,
  EBM202: {
    severity: 'error',
    title: 'declared twice',
    text: ({ name }: { name: string }) => ({ message: `\`${name}\` is declared twice` }),
    explanation:
      'Sizes, consts, variables, lets, fns and nets share one name space for the whole file, plates included: outside its plate a variable is the array of all its points. Give one of the two another name. Labels of factors are free.',
    example: 'model m\ntarget y : real\nlatent y : real\nfactor f = y^2\n',
  } satisfies Message<{ name: string }>,
  EBM203: {
    severity: 'error',
    title: 'reserved name',
    text: ({ name, why }: { name: string; why: string }) => ({ message: `\`${name}\` is reserved: ${why}` }),
    explanation:
      'Some names have a fixed meaning and cannot be declared: `inf` is infinity, and a fn or a net cannot take the name of a builtin function or of a layer, because calls find those first. Variables may share the name of a function (`param weights`), since they are never called.',
    example: 'model m\nfn exp(a : real) -> real = a\ntarget y : real\nfactor f = exp(y)^2\n',
  } satisfies Message<{ name: string; why: string }>,
  EBM204: {
    severity: 'error',
    title: 'unknown function',
    text: unknown('function'),
    explanation:
      'The call names no builtin function, no `fn` and no `net` of this file, and no layer (layers are known inside net bodies only).',
    example: 'model m\ntarget y : real\nfactor f = square(y)\n',
  } satisfies Message<{ name: string; nearest: string | null; hint?: string }>,
  EBM205: {
    severity: 'error',
    title: 'unknown domain',
    text: unknown('domain'),
    explanation:
      'Domains are `real` `nonnegative` `positive` `unit` `interval(a, b)` `binary` `spin` `category(K)` `integer(a..b)` `onehot[K]` `simplex[K]` `sphere[K]` `ball[K]` `angle` `permutation[N]` `orthonormal[D, K]` `spd[D, D]` `index(N)`.',
    example: 'model m\ntarget y : reals\nfactor f = y^2\n',
  } satisfies Message<{ name: string; nearest: string | null; hint?: string }>,
  EBM206: {
    severity: 'error',
    title: 'unknown distribution',
    text: unknown('distribution'),
    explanation:
      'Distributions are `normal` `multivariate_normal` `categorical` `bernoulli` `binomial` `multinomial` `poisson` `exponential` `gamma` `beta` `dirichlet` `laplace` `student_t` `uniform` `von_mises` `half_normal` `half_cauchy` `lognormal`.',
    example: 'model m\ntarget y : real\ny ~ gaussian(0, 1)\n',
  } satisfies Message<{ name: string; nearest: string | null; hint?: string }>,
  EBM207: {
    severity: 'error',
    title: 'unknown argument',
    text: ({
      name,
      of,
      nearest,
      known,
    }: {
      name: string;
      of: string;
      nearest: string | null;
      known: readonly string[];
    }) => ({
      message: `\`${of}\` has no argument \`${name}\``,
      hints:
        nearest !== null
          ? didYouMean(nearest)
          : known.length === 0
            ? [`\`${of}\` takes no arguments with a name`]
            : [`it takes ${known.map((k) => `\`${k}\``).join(', ')}`],
    }),
    explanation:
      'Methods, optimizers, losses, layers and distributions have named arguments; this one is not among them, or it was given twice.',
    example: 'model m\nparam w : real\nfactor f = w^2\ntrain { learn w by adam(speed = 0.1) }\n',
  } satisfies Message<{ name: string; of: string; nearest: string | null; known: readonly string[] }>,
  EBM208: {
    severity: 'error',
    title: 'wrong number of arguments',
    text: ({ of, expected, found }: { of: string; expected: string; found: string }) => ({
      message: `\`${of}\` takes ${expected}, found ${found}`,
    }),
    explanation: 'The call has too few or too many arguments, or leaves out one that has no default.',
    example: 'model m\ntarget y : real\ny ~ normal(0)\n',
  } satisfies Message<{ of: string; expected: string; found: string }>,
  EBM209: {
    severity: 'error',
    title: 'defined in terms of itself',
    text: ({ name, path }: { name: string; path: readonly string[] }) => ({
      message: `\`${name}\` is defined in terms of itself`,
      hints: path.length > 1 ? [`${path.map((p) => `\`${p}\``).join(' uses ')}`] : [],
    }),
    explanation:
      'Lets, consts, sizes, fns and nets are definitions, not assignments: none may use itself, directly or through others. For a recurrence over time declare an indexed variable and relate `s[t]` to `s[t-1]` by a factor or `~`.',
    example: 'model m\ntarget y : real\nlet a = a + y\nfactor f = a^2\n',
  } satisfies Message<{ name: string; path: readonly string[] }>,
  EBM210: {
    severity: 'error',
    title: 'unknown method, optimizer or loss',
    text: ({
      what,
      name,
      nearest,
      known,
    }: {
      what: string;
      name: string;
      nearest: string | null;
      known: readonly string[];
    }) => ({
      message: `unknown ${what} \`${name}\``,
      hints: nearest !== null ? didYouMean(nearest) : [`known: ${known.join(', ')}`],
    }),
    explanation: 'The word names nothing in the table of inference methods, optimizers, losses or their options.',
    example: 'model m\nparam w : real\nfactor f = w^2\ntrain { loss nnl }\n',
  } satisfies Message<{ what: string; name: string; nearest: string | null; known: readonly string[] }>,
  EBM211: {
    severity: 'error',
    title: 'unknown setting',
    text: ({
      block,
      name,
      nearest,
      known,
      hint,
    }: {
      block: string;
      name: string;
      nearest: string | null;
      known: readonly string[];
      hint?: string;
    }) =>
      known.includes(name)
        ? { message: `\`${name}\` is not set in this way`, hints: [`write ${settingForms[name] ?? `\`${name} …\``}`] }
        : {
            message: `\`${block}\` has no setting \`${name}\``,
            hints:
              hint !== undefined
                ? [hint]
                : nearest !== null
                  ? didYouMean(nearest)
                  : [`it takes ${known.map((k) => `\`${k}\``).join(', ')}`],
          },
    explanation:
      '`infer` takes `minimize` and `marginalize`; `train` takes `loss`, `learn`, `epochs` and `batch`. Of these only `loss` may be defined by `=`.',
    example: 'model m\nparam w : real\nfactor f = w^2\ntrain { rounds 20 }\n',
  } satisfies Message<{
    block: string;
    name: string;
    nearest: string | null;
    known: readonly string[];
    hint?: string;
  }>,
  EBM212: {
    severity: 'error',
    title: 'wrong kind of name',
    text: ({ name, is, expected, hint }: { name: string; is: string; expected: string; hint?: string }) => ({
      message: `\`${name}\` is ${is}, expected ${expected}`,
      hints: hint === undefined ? [] : [hint],
    }),
    explanation:
      'The name is known but cannot stand here: a net or a function without its arguments, a variable that is called, a const where a size is needed.',
    example: 'model m\ntarget y : real\nfactor f = y(1)^2\n',
  } satisfies Message<{ name: string; is: string; expected: string; hint?: string }>,
  EBM213: {
    severity: 'error',
    title: 'layer outside a net',
    text: ({ name }: { name: string }) => ({
      message: `the layer \`${name}\` can stand in the body of a net only`,
      hints: [`declare a net: \`net F(v : real[D]) -> real[K] = v |> ${name}(K)\``],
    }),
    explanation:
      'A layer owns params, and a net is what owns the params of its layers and shares them between calls. So layers are known inside net bodies only.',
    example: 'model m\nsize N, D\nplate n in N {\n  target y : real[D]\n  factor f = ||linear(y, 2)||^2\n}\n',
  } satisfies Message<{ name: string }>,
  EBM214: {
    severity: 'error',
    title: 'only inside a loss',
    text: ({ name }: { name: string }) => ({ message: `\`${name}\` has a meaning inside \`loss = …\` only` }),
    explanation:
      '`F` is the free energy of a point and `F(y = e)` the free energy with a variable replaced; they, and the negatives `shuffled(y)`, `others(y)`, `most_offending(y)`, `violator(y)` and `recent(y, n)`, belong to the `loss` of a `train` block.',
    example: 'model m\ntarget y : real\nfactor f = F(y = 0)\n',
  } satisfies Message<{ name: string }>,
  EBM215: {
    severity: 'error',
    title: 'role does not allow this',
    text: ({ name, role, what, hint }: { name: string; role: string; what: string; hint?: string }) => ({
      message: `\`${name}\` is ${role}: ${what}`,
      hints: hint === undefined ? [] : [hint],
    }),
    explanation:
      'Roles say what is known when: `data` are constants, `observed` always given, `target` given in training, `latent` never given, `param` learned, `noise` drawn afresh. Data have no distribution, only unknowns are minimised or marginalised, only params are learned, and noise must say what it is drawn from.',
    example: 'model m\nsize N\ndata x[n in N] : real\nlatent z : real\nx[n in N] ~ normal(z, 1)\n',
  } satisfies Message<{ name: string; role: string; what: string; hint?: string }>,
  EBM216: {
    severity: 'error',
    title: 'stated twice',
    text: ({ what }: { what: string }) => ({ message: `${what} is stated twice` }),
    explanation:
      'A file has one `model` line, one `beta`, one `infer` and one `train` block; and each setting of a block stands once.',
    example: 'model m\ntarget y : real\nfactor f = y^2\nbeta = 1\nbeta = 2\n',
  } satisfies Message<{ what: string }>,
  EBM217: {
    severity: 'error',
    title: 'not allowed here',
    text: ({ what, hint }: { what: string; hint: string }) => ({ message: `${what} cannot stand here`, hints: [hint] }),
    explanation: 'Sizes, `model`, `beta`, `infer` and `train` speak of the whole model and stand outside plates.',
    example: 'model m\nsize N\nplate n in N {\n  target y : real\n  factor f = y^2\n  beta = 1\n}\n',
  } satisfies Message<{ what: string; hint: string }>,
  EBM220: {
    severity: 'warning',
    title: 'never used',
    text: ({ kind, name }: { kind: string; name: string }) => ({ message: `the ${kind} \`${name}\` is never used` }),
    explanation:
      'Nothing in the file mentions this declaration. It is either left over, or a name elsewhere is misspelled.',
    example: 'model m\nconst lambda = 2\ntarget y : real\nfactor f = y^2\n',
  } satisfies Message<{ kind: string; name: string }>,
} as const satisfies MessageTable;

export const diagnoseName = diagnoser(namesMessages);
