// In: a sketch of moderate size. Out: a cell of a grid for every node, so that lines are short, straight and do not cross, and
// no plate holds a stranger. Simulated annealing from a fixed seed: the same sketch is always placed alike.
// Davidson & Harel, Drawing Graphs Nicely Using Simulated Annealing (1996), with cells instead of free positions.
import type { EdgeGoal, Problem } from './placement-cost.ts';
import type { Sketch, SketchNode } from './sketch.ts';
import { costFunction } from './placement-cost.ts';

export interface Cells {
  readonly column: Int32Array;
  readonly row: Int32Array;
}

export const placeOnGrid = (sketch: Sketch): Cells => {
  const problem = problemOf(sketch);
  const first = start(problem, sketch);
  let best = anneal(problem, first, random(1));
  for (let seed = 2; seed <= (isSound(problem, best.cells) ? 3 : 12); seed++) {
    const next = anneal(problem, first, random(seed));
    if (next.cost < best.cost - 1e-9) best = next;
  }
  return best.cells;
};

/** Whether no plate holds a stranger. */
const isSound = ({ nodes, plates }: Problem, { column, row }: Cells): boolean =>
  plates.every(({ members, has }) => {
    const columns = members.map((m) => column[m]!);
    const rows = members.map((m) => row[m]!);
    const [left, right, top, bottom] = [
      Math.min(...columns),
      Math.max(...columns),
      Math.min(...rows),
      Math.max(...rows),
    ];
    return Array.from({ length: nodes }, (_, i) => i).every(
      (i) => has[i] === 1 || column[i]! < left || column[i]! > right || row[i]! < top || row[i]! > bottom,
    );
  });

/** Lehmer's generator (1951) modulo the prime 2^31 - 1. */
const random = (seed: number): (() => number) => {
  let state = (seed * 7919 + 12345) % 2147483647;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
};

const problemOf = (sketch: Sketch): Problem => {
  const number = new Map(sketch.nodes.map((n, i) => [n.id, i]));
  const steps = stepGoals(sketch);
  const isParam = sketch.nodes.map((n) => n.kind === 'net' || (n.kind === 'variable' && n.role === 'param'));
  const edges = sketch.edges.map((e): EdgeGoal => {
    const [a, b] = [number.get(e.factor)!, number.get(e.variable)!];
    const step = steps.get(`${e.factor} ${e.variable}`);
    if (step !== undefined)
      return step.before ? { a: b, b: a, want: step.want, weight: 1 } : { a, b, want: step.want, weight: 1 };
    return { a, b, want: e.into ? 'below' : 'above', weight: isParam[b] === true ? 0.45 : 1 };
  });
  for (const l of sketch.links)
    edges.push({ a: number.get(l.from)!, b: number.get(l.to)!, want: 'right', weight: 0.3 });
  const plates = sketch.plates.map((p) => {
    const members = p.members.map((m) => number.get(m)!);
    const has = new Uint8Array(sketch.nodes.length);
    for (const m of members) has[m] = 1;
    return { members, has };
  });
  const apart = plates.flatMap((p, i) =>
    plates.slice(0, i).flatMap((q, j) => (p.members.some((m) => q.has[m] === 1) ? [] : [[i, j] as const])),
  );
  const pairs = sketch.edges.map((e) => [number.get(e.factor)!, number.get(e.variable)!]);
  const stars = sketch.nodes.flatMap((n, i) =>
    n.kind === 'factor' || n.kind === 'let' ? [[i, ...pairs.filter(([f]) => f === i).map(([, v]) => v!)]] : [],
  );
  return {
    nodes: sketch.nodes.length,
    edges,
    plates,
    apart,
    clumps: [...plates.map((p) => p.members), ...pairs, ...stars],
  };
};

interface StepGoal {
  /** Whether the variable comes before the factor. */
  readonly before: boolean;
  readonly want: 'right' | 'under';
}

/** Lines of a factor between a variable and its neighbour: side by side for the last axis that the variable steps along, one
 *  above the other for an axis before it. */
const stepGoals = (sketch: Sketch): ReadonlyMap<string, StepGoal> => {
  const neighbours = sketch.nodes.filter((n) => n.kind === 'neighbour');
  const goals = new Map<string, StepGoal>();
  for (const n of neighbours) {
    const level = !neighbours.some((m) => m.name === n.name && lastStep(m.id) > lastStep(n.id));
    const want = level ? 'right' : 'under';
    const earlier = n.id.includes('-');
    for (const e of sketch.edges) {
      if (e.variable !== n.id) continue;
      goals.set(`${e.factor} ${n.id}`, { before: earlier, want });
      if (!goals.has(`${e.factor} ${n.name}`)) goals.set(`${e.factor} ${n.name}`, { before: !earlier, want });
    }
  }
  return goals;
};

/** The axis of the last step in an id such as `y[0,-1]`. */
const lastStep = (id: string): number =>
  id
    .slice(id.indexOf('[') + 1, -1)
    .split(',')
    .findLastIndex((step) => step !== '0');

const firstRow = (n: SketchNode): number => {
  if (n.kind === 'net') return 0;
  if (n.kind === 'factor') return 3;
  if (n.kind === 'let') return 2;
  const rows = { param: 0, data: 0, latent: 2, noise: 2, observed: 4, target: 4 } as const;
  return rows[n.role];
};

/** Params on top, then factors over latents over factors over what is seen, in the order of the file. */
const start = (problem: Problem, sketch: Sketch): Cells => {
  const column = new Int32Array(problem.nodes);
  const row = new Int32Array(problem.nodes);
  const next = [0, 0, 0, 0, 0, 0];
  sketch.nodes.forEach((n, i) => {
    const level = firstRow(n);
    row[i] = level;
    column[i] = next[level]!++;
  });
  return { column, row };
};

const anneal = (
  problem: Problem,
  from: Cells,
  next: () => number,
): { readonly cells: Cells; readonly cost: number } => {
  const column = from.column.slice();
  const row = from.row.slice();
  const { nodes } = problem;
  const steps = 3000 + 900 * nodes;
  const pick = (n: number): number => Math.floor(next() * n);
  const taken = (c: number, r: number, except: number): number => {
    for (let i = 0; i < nodes; i++) if (i !== except && column[i] === c && row[i] === r) return i;
    return -1;
  };
  /** Changes the cells; returns whether the change is possible. */
  const move = (span: number): boolean => {
    const kind = next();
    if (kind < 0.5) {
      const i = pick(nodes);
      const c = column[i]! + pick(2 * span + 1) - span;
      const r = row[i]! + pick(2 * span + 1) - span;
      const other = taken(c, r, i);
      if (other >= 0) [column[other], row[other]] = [column[i]!, row[i]!];
      [column[i], row[i]] = [c, r];
      return true;
    }
    if (kind < 0.6) {
      const [i, j] = [pick(nodes), pick(nodes)];
      [column[i], column[j]] = [column[j]!, column[i]!];
      [row[i], row[j]] = [row[j]!, row[i]!];
      return i !== j;
    }
    if (kind < 0.85 && problem.clumps.length > 0) {
      const clump = problem.clumps[pick(problem.clumps.length)]!;
      const [dc, dr] = next() < 0.5 ? [pick(2) * 2 - 1, 0] : [0, pick(2) * 2 - 1];
      for (const i of clump) {
        column[i]! += dc;
        row[i]! += dr;
      }
      return clump.every((i) => taken(column[i]!, row[i]!, i) < 0);
    }
    // Open a new column or row, or close an empty one.
    const axis = next() < 0.5 ? column : row;
    const at = axis[pick(nodes)]!;
    const by = next() < 0.5 ? 1 : -1;
    for (let i = 0; i < nodes; i++) if (axis[i]! >= at) axis[i]! += by;
    if (by > 0) return true;
    for (let i = 0; i < nodes; i++) if (axis[i] === at - 1 && taken(column[i]!, row[i]!, i) >= 0) return false;
    return true;
  };
  const costOf = costFunction(problem);
  const oldColumn = column.slice();
  const oldRow = row.slice();
  const bestColumn = column.slice();
  const bestRow = row.slice();
  let cost = costOf(column, row);
  let best = cost;
  for (let step = 0; step < steps; step++) {
    const progress = step / steps;
    const temperature = 8 * (0.02 / 8) ** progress;
    oldColumn.set(column);
    oldRow.set(row);
    const possible = move(progress < 0.5 ? 3 : progress < 0.8 ? 2 : 1);
    const changed = possible ? costOf(column, row) : Infinity;
    if (changed <= cost || next() < Math.exp((cost - changed) / temperature)) {
      cost = changed;
      if (cost < best) {
        best = cost;
        bestColumn.set(column);
        bestRow.set(row);
      }
    } else {
      column.set(oldColumn);
      row.set(oldRow);
    }
  }
  return { cells: { column: bestColumn, row: bestRow }, cost: best };
};
