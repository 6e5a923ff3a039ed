// The messages of EBM4xx: indices, ranges, and what factors and unknowns touch. In: the parameters of one occurrence. Out: Diagnostic values.
import { diagnoser } from '../message.ts';
import type { Message, MessageTable } from '../message.ts';

const some = (hint: string | undefined): readonly string[] => (hint === undefined ? [] : [hint]);

export const graphMessages = {
  EBM401: {
    severity: 'error',
    title: 'index out of bounds',
    text: ({
      low,
      high,
      from,
      last,
      hint,
    }: {
      low: string;
      high: string;
      from: string;
      last: string;
      hint?: string;
    }) => ({
      message: `the index runs from ${low} to ${high}, the axis from ${from} to ${last}`,
      hints: some(hint),
    }),
    explanation:
      'Bounds are proved before anything runs, by interval arithmetic over index ranges, domains and the `where` of the clause. Ranges are half-open and start at 0: `t in T` is 0..T-1, so `s[t+1]` reaches T. Shorten the range (`t in 0..T-1`), filter it, or keep the index inside by `max`, `min`, `clamp` or `mod`.',
    example: 'model m\nsize T\ntarget s[t in T] : real\nfactor f[t in T] = (s[t+1] - s[t])^2\n',
  } satisfies Message<{ low: string; high: string; from: string; last: string; hint?: string }>,
  EBM402: {
    severity: 'error',
    title: 'index without bounds',
    text: ({ found, from, to }: { found: string; from: string; to: string }) => ({
      message: `nothing bounds this index (${found}); the axis runs over ${from}..${to}`,
      hints: ['keep it inside with `clamp(i, low, high)` or `mod(i, n)`, or declare `integer(a..b)` values'],
    }),
    explanation:
      'An index must be provably inside its axis. The value used here can be any whole number as far as the declarations say.',
    example: 'model m\nsize K\nparam w : real[K]\ntarget y : real\nfactor f = w[floor(y)]^2\n',
  } satisfies Message<{ found: string; from: string; to: string }>,
  EBM403: {
    severity: 'error',
    title: 'two distributions for one node',
    text: ({ name }: { name: string }) => ({
      message: `nodes of \`${name}\` have a \`~\` twice`,
      hints: ['use disjoint index ranges, or make the second a `factor`'],
    }),
    explanation:
      'A `~` factor is a normalised distribution of its left side, so each node has at most one: `s[0] ~ …` and `s[t in 1..T] ~ …` are disjoint, `s[t in T]` would cover s[0] again.',
    example: 'model m\ntarget y : real ~ normal(0, 1)\ny ~ normal(1, 1)\n',
  } satisfies Message<{ name: string }>,
  EBM404: {
    severity: 'error',
    title: 'empty range',
    text: ({ from, to }: { from: string; to: string }) => ({ message: `the range ${from}..${to} is empty` }),
    explanation:
      'A range a..b holds a, …, b - 1, so b must be larger than a. A factor or array over an empty range would not exist.',
    example: 'model m\ntarget s[t in 5] : real\nfactor f[t in 5..3] = s[t]^2\n',
  } satisfies Message<{ from: string; to: string }>,
  EBM405: {
    severity: 'error',
    title: 'ragged size without its index',
    text: ({ name, indices, given }: { name: string; indices: readonly string[]; given: number }) => ({
      message: `\`${name}\` is a ragged size with ${indices.length} ${indices.length === 1 ? 'index' : 'indices'}, found ${given}`,
      hints: [`write \`${name}[${indices.join(', ')}]\``],
    }),
    explanation:
      '`size L[d in D]` is a length for every d, so it is used with its index: `plate i in L[d]`. A shape in brackets cannot be ragged; use an index clause, `x[t in L[d]] : real`.',
    example:
      'model m\nsize D, L[d in D]\nplate d in D {\n  target x[t in L] : real\n  factor f[t in L[d]] = x[t]^2\n}\n',
  } satisfies Message<{ name: string; indices: readonly string[]; given: number }>,
  EBM406: {
    severity: 'warning',
    title: 'factor touches no unknown',
    text: ({ name }: { name: string }) => ({
      message: `\`${name}\` touches no unknown: it adds a constant to the energy`,
    }),
    explanation: 'A factor over data, observed values and consts alone cannot change what is inferred or learned.',
    example:
      'model m\nsize N\nlatent z : real\nfactor g = z^2\nplate n in N {\n  observed x : real\n  factor f = x^2\n}\n',
  } satisfies Message<{ name: string }>,
  EBM407: {
    severity: 'warning',
    title: 'unknown without a factor',
    text: ({ role, name }: { role: string; name: string }) => ({
      message: `no factor touches the ${role} \`${name}\`: nothing determines it`,
    }),
    explanation: 'The energy does not depend on this unknown, so inference can say nothing about it.',
    example: 'model m\ntarget y : real\nlatent z : real\nfactor f = y^2\n',
  } satisfies Message<{ role: string; name: string }>,
  EBM408: {
    severity: 'error',
    title: 'range cannot be bounded',
    text: ({ hint }: { hint: string }) => ({
      message: 'this range has no bounds that the sizes and indices give',
      hints: [hint],
    }),
    explanation:
      'The range of an index is made of sizes, outer indices, ragged sizes and data with bounds; its rectangular hull must be known as sizes.',
    example:
      'model m\nsize N\nconst c = 2.5\ntarget y[i in N] : real\nfactor f[i in 0..floor(c)] = y[0]\nfactor g[i in N] = y[i]^2\n',
  } satisfies Message<{ hint: string }>,
  EBM409: {
    severity: 'error',
    title: 'stack is not rectangular',
    text: (_: Record<string, never>) => ({
      message: '`stack` builds a full array: its ranges may not be filtered or depend on each other',
      hints: ['use `if … then … else …` inside the `stack`'],
    }),
    explanation: 'The array that `stack[i in I, j in J] e` builds has an entry for every i and j.',
    example: 'model m\nsize N\ntarget y : real[N]\nfactor f = sum(stack[i in N where i > 0] y[i])^2\n',
  } satisfies Message<Record<string, never>>,
  EBM410: {
    severity: 'error',
    title: 'slice without a fixed length',
    text: (_: Record<string, never>) => ({
      message: 'the length of this slice is not a size',
      hints: ['its two ends may differ by sizes and numbers only: `y[t..t+3]`'],
    }),
    explanation: 'A slice `y[a..b]` has the shape b - a, which must be known as a size.',
    example: 'model m\nsize N\ntarget y : real[N]\nfactor f[i in N] = ||y[0..i]||^2\n',
  } satisfies Message<Record<string, never>>,
  EBM411: {
    severity: 'error',
    title: 'left side of ~ is not nodes',
    text: ({ found, hint }: { found: string; hint: string }) => ({
      message: `the left side of \`~\` names nodes of a variable, found ${found}`,
      hints: [hint],
    }),
    explanation:
      'The left side of `~` is a variable (all its nodes), some of its nodes (`s[0]`, `s[t in 1..T]`), or components of a node of numbers (`y[0]`).',
    example: 'model m\nsize K\ntarget p : simplex[K]\np[0] ~ beta(1, 1)\nfactor f = p[1]\n',
  } satisfies Message<{ found: string; hint: string }>,
  EBM450: {
    severity: 'warning',
    title: 'plates cross',
    text: (p: { first: string; second: string; shared: string }) => ({
      message: `the plates over ${p.first} and ${p.second} cross: both hold ${p.shared}, and neither lies inside the other`,
      hints: ['the model is fine; the drawing shows two overlapping boxes'],
    }),
    explanation: [
      'A plate is a box in the drawing of a factor graph. Boxes are easy to read when they are nested or apart.',
      'Here two plates share variables, yet each also holds variables that are not in the other, as in a table whose rows and columns have variables of their own.',
      'Inference does not care. The drawing shows overlapping boxes, and shared variables lie in the overlap.',
    ].join('\n\n'),
    example: [
      'model ratings',
      'size U, I',
      'latent a[u in U] : real',
      'latent b[i in I] : real',
      'target r[u in U, i in I] : real',
      'factor fit[u in U, i in I] = (r[u, i] - a[u] * b[i])^2',
    ].join('\n'),
  },
} as const satisfies MessageTable;

export const diagnoseGraph = diagnoser(graphMessages);
