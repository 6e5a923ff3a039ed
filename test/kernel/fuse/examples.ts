// The programs that fusion is for, as lowering makes them.
import type { KernelProgram } from '../../../src/kernel/kernel.ts';
import { computed, KernelWriter, map, num, parity } from './write-kernels.ts';

/** One step of Lloyd's algorithm. */
export const kmeansStep = (): KernelProgram => {
  const k = new KernelWriter();
  const [y, w] = [k.input('y', ['N', 'D']), k.input('w', ['D', 'K'])];
  const [next, energy, assigned] = [k.output('w', ['D', 'K']), k.output('energy', []), k.arena('assigned', ['N'], 'int')]; // prettier-ignore
  const [norms, centres, distances, nearest] = [k.arena('norms', ['K']), k.arena('centres', ['D', 'K']), k.arena('distances', ['N', 'K']), k.arena('nearest', ['N'])]; // prettier-ignore
  const [sums, counts] = [k.arena('sums', ['D', 'K']), k.arena('counts', ['K'])];
  k.nest(['D', 'K'], (d, c) => k.store(centres, [d!, c!], map('mul', k.load(w, [d!, c!]), num(-2))));
  k.product(['N', 'K', 'D'], (n, c) => k.at(distances, [n, c]), (n, d) => k.at(y, [n, d]), (d, c) => k.at(centres, [d, c])); // prettier-ignore
  k.nest(['K'], (c) =>
    k.store(
      norms,
      [c!],
      k.reduce('sum', ['D'], (d) => map('square', k.load(w, [d!, c!]))),
    ),
  );
  k.nest(['N'], (n) => k.store(nearest, [n!], k.reduce('min', ['K'], (c) => map('add', k.load(distances, [n!, c!]), k.load(norms, [c!]))))); // prettier-ignore
  k.store(
    energy,
    [],
    k.reduce('sum', ['N'], (n) => map('max', map('add', k.load(nearest, [n!]), num(0.5)), num(0))),
  );
  k.nest(['N'], (n) => k.store(assigned, [n!], k.reduce('argmin', ['K'], (c) => map('add', k.load(distances, [n!, c!]), k.load(norms, [c!]))))); // prettier-ignore
  k.nest(['D', 'K'], (d, c) => k.store(sums, [d!, c!], num(0)));
  k.loop('serial', ['N'], (n) =>
    k.loop('serial', ['D'], (d) => k.store(sums, [d!, computed(k.load(assigned, [n!]))], k.load(y, [n!, d!]), 'sum')),
  );
  k.nest(['K'], (c) => k.store(counts, [c!], num(0)));
  k.loop('serial', ['N'], (n) => k.store(counts, [computed(k.load(assigned, [n!]))], num(1), 'sum'));
  k.nest(
    ['D', 'K'],
    (d, c) =>
    k.store(next, [d!, c!], map('select', map('gt', k.load(counts, [c!]), num(0)), map('div', k.load(sums, [d!, c!]), k.load(counts, [c!])), k.load(w, [d!, c!]))), // prettier-ignore
  );
  return k.finish();
};

/** Responsibilities of a mixture and its weights and means: a soft-max over rows and what is summed with it. */
export const emStep = (): KernelProgram => {
  const k = new KernelWriter();
  const [y, mu] = [k.input('y', ['N', 'D']), k.input('mu', ['D', 'K'])];
  const [weights, means, bound] = [k.output('weights', ['K']), k.output('means', ['K', 'D']), k.output('bound', [])];
  const [scores, free, resp] = [k.arena('scores', ['N', 'K']), k.arena('free', ['N']), k.arena('resp', ['N', 'K'])];
  const totals = k.arena('totals', ['K', 'D']);
  k.product(['N', 'K', 'D'], (n, c) => k.at(scores, [n, c]), (n, d) => k.at(y, [n, d]), (d, c) => k.at(mu, [d, c])); // prettier-ignore
  k.nest(['N'], (n) =>
    k.store(
      free,
      [n!],
      k.reduce('soft-min', ['K'], (c) => k.load(scores, [n!, c!]), num(1)),
    ),
  );
  k.nest(['N', 'K'], (n, c) => k.store(resp, [n!, c!], map('exp', map('sub', k.load(free, [n!]), k.load(scores, [n!, c!]))))); // prettier-ignore
  k.nest(['K'], (c) => k.store(weights, [c!], map('div', k.reduce('sum', ['N'], (n) => k.load(resp, [n!, c!])), num(100)))); // prettier-ignore
  k.product(['K', 'D', 'N'], (c, d) => k.at(totals, [c, d]), (c, n) => k.at(resp, [n, c]), (n, d) => k.at(y, [n, d])); // prettier-ignore
  k.nest(['K', 'D'], (c, d) => k.store(means, [c!, d!], map('div', k.load(totals, [c!, d!]), k.load(weights, [c!]))));
  k.store(
    bound,
    [],
    map(
      'neg',
      k.reduce('sum', ['N'], (n) => k.load(free, [n!])),
    ),
  );
  return k.finish();
};

/** The forward pass of many hidden Markov chains: the carry is a row for each chain. */
export const chains = (): KernelProgram => {
  const k = new KernelWriter();
  const [start, unary, pairs] = [k.input('start', ['N', 'S']), k.input('unary', ['T', 'N', 'S']), k.input('pairs', ['S', 'S'])]; // prettier-ignore
  const [carry, messages, total, last] = [k.arena('carry', [2, 'N', 'S']), k.arena('messages', ['T', 'N', 'S']), k.output('total', []), k.output('last', ['N'])]; // prettier-ignore
  const lowest = k.output('lowest', ['T', 'N']);
  k.nest(['N', 'S'], (n, s) => k.store(carry, [zeroIndex, n!, s!], k.load(start, [n!, s!])));
  k.loop('serial', ['T'], (t) => {
    const [now, then] = [parity(t!, 0), parity(t!, 1)];
    k.product(['N', 'S', 'S'], (n, s) => k.at(messages, [t!, n, s]), (n, r) => k.at(carry, [now, n, r]), (r, s) => k.at(pairs, [r, s])); // prettier-ignore
    k.nest(['N'], (n) => k.store(lowest, [t!, n!], k.reduce('min', ['S'], (s) => map('add', k.load(messages, [t!, n!, s!]), k.load(unary, [t!, n!, s!]))))); // prettier-ignore
    k.nest(
      ['N', 'S'],
      (n, s) =>
      k.store(carry, [then, n!, s!], map('tanh', map('sub', map('add', k.load(messages, [t!, n!, s!]), k.load(unary, [t!, n!, s!])), k.load(lowest, [t!, n!])))), // prettier-ignore
    );
  });
  const end = k.arena('end', ['N']);
  k.nest(['N'], (n) =>
    k.store(
      end,
      [n!],
      k.reduce('max', ['S'], (s) => k.load(carry, [lastParity, n!, s!])),
    ),
  );
  k.nest(['N'], (n) => k.store(last, [n!], map('neg', k.load(end, [n!]))));
  k.store(
    total,
    [],
    k.reduce('sum', ['N'], (n) => k.load(end, [n!])),
  );
  return k.finish();
};

/** The gradient of ½ Σ (v · tanh(X u) - t)² by u and v. */
export const network = (): KernelProgram => {
  const k = new KernelWriter();
  const [x, target, u, v] = [k.input('x', ['N', 'P']), k.input('target', ['N', 'Q']), k.input('u', ['P', 'H']), k.input('v', ['H', 'Q'])]; // prettier-ignore
  const [du, dv] = [k.output('du', ['P', 'H']), k.output('dv', ['H', 'Q'])];
  const [a, h, o, e, back, g] = [k.arena('a', ['N', 'H']), k.arena('h', ['N', 'H']), k.arena('o', ['N', 'Q']), k.arena('e', ['N', 'Q']), k.arena('back', ['N', 'H']), k.arena('g', ['N', 'H'])]; // prettier-ignore
  k.product(['N', 'H', 'P'], (n, i) => k.at(a, [n, i]), (n, p) => k.at(x, [n, p]), (p, i) => k.at(u, [p, i])); // prettier-ignore
  k.nest(['N', 'H'], (n, i) => k.store(h, [n!, i!], map('tanh', k.load(a, [n!, i!]))));
  k.product(['N', 'Q', 'H'], (n, q) => k.at(o, [n, q]), (n, i) => k.at(h, [n, i]), (i, q) => k.at(v, [i, q])); // prettier-ignore
  k.nest(['N', 'Q'], (n, q) => k.store(e, [n!, q!], map('sub', k.load(o, [n!, q!]), k.load(target, [n!, q!]))));
  k.product(['H', 'Q', 'N'], (i, q) => k.at(dv, [i, q]), (i, n) => k.at(h, [n, i]), (n, q) => k.at(e, [n, q])); // prettier-ignore
  k.product(['N', 'H', 'Q'], (n, i) => k.at(back, [n, i]), (n, q) => k.at(e, [n, q]), (q, i) => k.at(v, [i, q])); // prettier-ignore
  k.nest(['N', 'H'], (n, i) =>
    k.store(g, [n!, i!], map('mul', k.load(back, [n!, i!]), map('sub', num(1), map('square', k.load(h, [n!, i!]))))),
  );
  k.product(['P', 'H', 'N'], (p, i) => k.at(du, [p, i]), (p, n) => k.at(x, [n, p]), (n, i) => k.at(g, [n, i])); // prettier-ignore
  return k.finish();
};

/** Steps of FISTA on many points, as a while whose test sums over points. */
export const fista = (): KernelProgram => {
  const k = new KernelWriter();
  const [y, w] = [k.input('y', ['N', 'D']), k.input('w', ['K', 'D'])];
  const [z, momentum, flag, count, change] = [k.arena('z', [2, 'N', 'K']), k.arena('momentum', [2, 'N', 'K']), k.arena('flag', []), k.arena('count', [], 'int'), k.arena('change', [2])]; // prettier-ignore
  const [fits, gradient, squares, out] = [k.arena('fits', ['N', 'D']), k.arena('gradient', ['N', 'K']), k.arena('squares', ['N']), k.output('z', ['N', 'K'])]; // prettier-ignore
  k.nest(['N', 'K'], (n, c) => k.store(z, [zeroIndex, n!, c!], num(0)));
  k.nest(['N', 'K'], (n, c) => k.store(momentum, [zeroIndex, n!, c!], num(0)));
  k.store(change, [zeroIndex], num(1e30));
  k.while(
    'steps',
    flag,
    count,
    (t) => k.store(flag, [], map('gt', k.load(change, [parity(t, 0)]), num(1e-3))),
    (t) => {
      const [now, then] = [parity(t, 0), parity(t, 1)];
      k.product(['N', 'D', 'K'], (n, d) => k.at(fits, [n, d]), (n, c) => k.at(momentum, [now, n, c]), (c, d) => k.at(w, [c, d])); // prettier-ignore
      const residual = k.arena('residual', ['N', 'D']);
      k.nest(['N', 'D'], (n, d) => k.store(residual, [n!, d!], map('sub', k.load(fits, [n!, d!]), k.load(y, [n!, d!])))); // prettier-ignore
      k.product(['N', 'K', 'D'], (n, c) => k.at(gradient, [n, c]), (n, d) => k.at(residual, [n, d]), (d, c) => k.at(w, [c, d])); // prettier-ignore
      k.nest(
        ['N', 'K'],
        (n, c) =>
        k.store(z, [then, n!, c!], map('relu', map('sub', k.load(momentum, [now, n!, c!]), map('mul', num(0.1), k.load(gradient, [n!, c!]))))), // prettier-ignore
      );
      k.nest(
        ['N', 'K'],
        (n, c) =>
        k.store(momentum, [then, n!, c!], map('add', k.load(z, [then, n!, c!]), map('mul', num(0.5), map('sub', k.load(z, [then, n!, c!]), k.load(z, [now, n!, c!]))))), // prettier-ignore
      );
      k.nest(
        ['N'],
        (n) =>
        k.store(squares, [n!], k.reduce('sum', ['K'], (c) => map('square', map('sub', k.load(z, [then, n!, c!]), k.load(z, [now, n!, c!]))))), // prettier-ignore
      );
      k.store(
        change,
        [then],
        k.reduce('sum', ['N'], (n) => k.load(squares, [n!])),
      );
    },
  );
  const steps = { kind: 'mod', of: computed(k.load(count, [])), by: [{ coef: 2, sizes: [] }] } as const;
  k.nest(['N', 'K'], (n, c) => k.store(out, [n!, c!], k.load(z, [{ constant: [], terms: [{ coef: [{ coef: 1, sizes: [] }], atom: steps }] }, n!, c!]))); // prettier-ignore
  return k.finish();
};

const zeroIndex = { constant: [], terms: [] } as const;
/** The parity of T steps. */
const lastParity = { constant: [], terms: [{ coef: [{ coef: 1, sizes: [] }], atom: { kind: 'mod', of: { constant: [{ coef: 1, sizes: ['T'] }], terms: [] }, by: [{ coef: 2, sizes: [] }] } }] } as const; // prettier-ignore
