// An orthonormal param in which the energy is tr(W' C W) once W'W = 1 is used: the columns are the eigenvectors of C with
// the smallest eigenvalues (Ky Fan 1949). This is what makes principal components of a reconstruction error.
import { contractOrthonormal, samePosition } from '../../graph/polynomial.ts';
import { slotsOf } from '../../graph/regular.ts';
import { knownLabels } from '../../graph/simplify-polynomial.ts';
import type { Polynomial, Term } from '../../graph/polynomial.ts';
import { slotAxisId } from '../../lower/environment.ts';
import type { NamedTensor } from '../../lower/named-tensor.ts';
import { aligned, mapNamed } from '../../lower/named-tensor.ts';
import { lowerTerm, placeRows } from '../../lower/polynomial.ts';
import type { Axis } from '../../lower/named-tensor.ts';
import type { BlockFacts, Candidate, ParameterStep, Refusal } from '../method.ts';
import { refusal } from '../method.ts';
import { wholeShape } from '../../semantics/whole-shape.ts';
import type { GroupPolynomial } from '../quadratic/layout.ts';
import { extractContext, groupPolynomials } from '../quadratic/layout.ts';
import * as dims from '../../tensor/dims.ts';

interface EigenWitness {
  readonly polynomials: readonly GroupPolynomial[];
}

const propose = (facts: BlockFacts): Candidate<EigenWitness> | Refusal => {
  const name = 'eigenvectors';
  if (facts.block.length !== 1) return refusal(name, 'several params at once');
  const { variable } = facts.block[0]!;
  if (variable.domain.kind !== 'orthonormal') return refusal(name, `${variable.name} is not orthonormal`);
  if (variable.conditions.length > 0) return refusal(name, `${variable.name} has a condition`);
  if (wholeShape(variable).length !== 2) return refusal(name, `${variable.name} is a stack of matrices`);
  const read = groupPolynomials(extractContext(facts.model, new Set([variable.name]), facts.enumerated), facts.groups);
  if ('reason' in read) return refusal(name, read.reason);
  const enumerated = facts.groups.flatMap((g) => slotsOf(g.energy, facts.enumerated));
  const slots = new Set(enumerated.map((ref) => slotAxisId(ref.name, ref.at)));
  const polynomials = read.map((p) => ({
    ...p,
    polynomial: contractOrthonormal(p.polynomial, new Set([variable.name]), knownLabels),
  }));
  for (const { group, polynomial } of polynomials)
    for (const term of polynomial.terms)
      if (term.unknown.length > 0 && !isTrace(term, polynomial, wholeShape(variable)[1]!, slots))
        return refusal(name, `${group} is not of the form tr(${variable.name}' C ${variable.name})`);
  const [rows] = wholeShape(variable);
  return {
    kind: 'candidate',
    method: name,
    certificate: 'globally optimal',
    cost: { operations: 1, bytes: 0 },
    summary: `tr(${variable.name}' C ${variable.name}) with ${variable.name}'${variable.name} = 1: eigenvectors of a ${dims.print(rows!)} × ${dims.print(rows!)} matrix`,
    witness: { polynomials },
  };
};

/** Two occurrences with one common column label that runs through all columns and that neither something known nor the
 *  weights of enumerated slots depend on: the columns are alike. */
const isTrace = (term: Term, polynomial: Polynomial, columns: dims.Dim, slots: ReadonlySet<string>): boolean => {
  if (term.unknown.length !== 2 || term.unknown.some((o) => o.atom !== 'value')) return false;
  const [a, c] = [term.unknown[0]!.positions, term.unknown[1]!.positions];
  const { label, offset } = a[1]!;
  const range = polynomial.ranges.get(label)!;
  const whole = dims.add(range.from, offset).length === 0 && dims.equal(range.dim, columns);
  const shared = samePosition(polynomial.ranges, a[1]!, c[1]!) && label === c[1]!.label && !dims.isOne(range.dim);
  return shared && whole && !slots.has(label) && !term.known.some((k) => knownLabels(k).has(label));
};

export const eigenvectorStep: ParameterStep<EigenWitness> = {
  name: 'eigenvectors',
  documentation: "An orthonormal param with energy tr(W' C W): extreme eigenvectors, globally optimal (Ky Fan 1949).",
  propose,
  lower: (witness, facts, env, weightsOf) => {
    const b = env.builder;
    const { variable } = facts.block[0]!;
    const [rows, columns] = wholeShape(variable) as [dims.Dim, dims.Dim];
    const axes: readonly Axis[] = ['row', 'column'].map((id) => ({ id, dim: rows, from: [] }));
    let sum: NamedTensor | null = null;
    for (const { group, polynomial } of witness.polynomials)
      for (const term of polynomial.terms) {
        if (term.unknown.length !== 2) continue;
        const [p, q] = [term.unknown[0]!.positions[0]!, term.unknown[1]!.positions[0]!];
        // The column label is summed inside the trace, not here: one term per column.
        const inner = { ...term, bound: term.bound.filter((l) => l !== term.unknown[0]!.positions[1]!.label) };
        const same = p.label === q.label;
        const raw = lowerTerm(env, inner, polynomial.ranges, weightsOf(group), same ? [p.label] : [p.label, q.label]);
        let placed: NamedTensor;
        if (same) {
          const diagonal = placeRows(env, raw, [{ position: p, axis: axes[0]! }], polynomial.ranges);
          placed = mapNamed(b, 'mul', diagonal, { value: b.eye(rows), axes, shape: [] });
        } else
          placed = placeRows(
            env,
            raw,
            [
              { position: p, axis: axes[0]! },
              { position: q, axis: axes[1]! },
            ],
            polynomial.ranges,
          );
        sum = sum === null ? placed : mapNamed(b, 'add', sum, placed);
      }
    const c = aligned(b, sum!, axes, true);
    const [, vectors] = b.routine('eigh', b.mul(0.5, b.add(c, b.transpose(c, [1, 0]))));
    return new Map([[variable.name, b.sliceAxis(vectors!, 1, [], columns)]]);
  },
};
