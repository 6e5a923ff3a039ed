// Random discrete models whose latents choose among learned numbers: each latent c gets a factor (h - w[c])² with data h and
// a param w, and neighbours along a chain a factor (g - v[c, c'])². In: a random discrete model. Out: the model with params,
// and its free energy as a function of them.
import type { NestedData } from '../../src/api.ts';
import type { Assignment, DiscreteModel, Unknown } from './discrete-model.ts';
import { nodesOf } from './discrete-model.ts';
import type { Enumerated } from './enumerate.ts';
import { enumerate, freeEnergy, minimum } from './enumerate.ts';
import { list, random } from './random-data.ts';
import { nested } from './tape.ts';

export interface LearningModel {
  readonly text: string;
  readonly data: Readonly<Record<string, NestedData>>;
  readonly params: readonly { readonly name: string; readonly count: number }[];
  /** The free energy (the minimum, at β = ∞) of all params side by side. */
  readonly objective: (params: readonly number[], beta: number) => number;
}

interface Extra {
  readonly param: string;
  readonly count: number;
  /** For each assignment, the data and the entry of the param that it meets. */
  readonly meets: (a: Assignment) => readonly (readonly [number, number])[];
}

/** null when no latent may be an index. */
export const learningModel = (base: DiscreteModel, seed: number): LearningModel | null => {
  const { normal } = random(seed);
  const able = base.unknowns.filter((u) => u.kind === 'category' || u.kind === 'onehot');
  if (able.length === 0) return null;
  const lines: string[] = [];
  const data: Record<string, NestedData> = { ...base.data };
  const extras: Extra[] = [];
  const observed = (name: string, u: Unknown): readonly number[] => {
    const values = list(nodesOf(u), () => 3 * normal());
    const index = u.axes.length === 0 ? '' : `[${u.axes.map((a) => `${a.index} in ${a.size}`).join(', ')}]`;
    lines.push(`observed ${name}${index} : real`);
    data[name] = nested(
      values,
      u.axes.map((a) => a.length),
    );
    return values;
  };
  for (const u of able) {
    const clause = (from: number): string =>
      u.axes.length === 0
        ? ''
        : `[${u.axes.map((a) => (a.size === 'T' && from > 0 ? `t in ${from}..T` : `${a.index} in ${a.size}`)).join(', ')}]`;
    const at = (lag: number): string =>
      u.axes.length === 0
        ? ''
        : `[${u.axes.map((a) => (a.size === 'T' && lag > 0 ? `t - ${lag}` : a.index)).join(', ')}]`;
    const h = observed(`h_${u.name}`, u);
    lines.push(`param w_${u.name} : real[${u.states}]`);
    lines.push(`factor q_${u.name}${clause(0)} = (h_${u.name}${at(0)} - w_${u.name}[${u.name}${at(0)}])^2`);
    extras.push({
      param: `w_${u.name}`,
      count: u.states,
      meets: (a) => Array.from(a[u.name]!, (s, node) => [h[node]!, s] as const),
    });
    const chain = u.axes.findIndex((a) => a.size === 'T');
    if (chain < 0) continue;
    const g = observed(`g_${u.name}`, u);
    lines.push(`param v_${u.name} : real[${u.states}, ${u.states}]`);
    lines.push(
      `factor r_${u.name}${clause(1)} = 0.5 * (g_${u.name}${at(0)} - v_${u.name}[${u.name}${at(1)}, ${u.name}${at(0)}])^2`,
    );
    const stride = u.axes.slice(chain + 1).reduce((n, a) => n * a.length, 1);
    extras.push({
      param: `v_${u.name}`,
      count: u.states ** 2,
      meets: (a) =>
        Array.from(a[u.name]!).flatMap((s, node) => {
          const step = Math.floor(node / stride) % u.axes[chain]!.length;
          if (step === 0) return [];
          return [[Math.SQRT1_2 * g[node]!, a[u.name]![node - stride]! * u.states + s] as const];
        }),
    });
  }
  const text = `${base.text.replaceAll(/\btarget\b/g, 'latent')}${lines.join('\n')}\n`;
  const oracle: Enumerated = enumerate(base);
  const met = oracle.assignments.map((a) => extras.map((e) => e.meets(a)));
  return {
    text,
    data,
    params: extras.map((e) => ({ name: e.param, count: e.count })),
    objective: (params, beta) => {
      let first = 0;
      const starts = extras.map((e) => {
        first += e.count;
        return first - e.count;
      });
      const energies = oracle.energies.map((base_, i) =>
        met[i]!.reduce((total, pairs, k) => {
          const scale = extras[k]!.param.startsWith('v') ? Math.SQRT1_2 : 1;
          return pairs.reduce((sum, [h, entry]) => sum + (h - scale * params[starts[k]! + entry]!) ** 2, total);
        }, base_),
      );
      return beta === Infinity ? minimum(energies) : freeEnergy(energies, beta);
    },
  };
};
