// The instructions of a program, one after another. In: a scope whose inputs have sources. Out: its statements, and a source for
// every value.
import type { Instr, ValueId } from '../../tensor/program.ts';
import type { Scope } from './context.ts';
import { formOf } from './contract-form.ts';
import { lowerGuardedSelect, lowerGuardedSum } from './guarded.ts';
import { lowerScan, lowerWhile } from './loops.ts';
import { copyNest, copyToDestinations, storeNest } from './nests.ts';
import { setAt, whole, type Place, type Target } from './places.ts';
import { lowerProduct } from './products.ts';
import { broadcastIndex, isInlinable, type Inlinable } from './reads.ts';
import { lowerArgmin, lowerReduction } from './reductions.ts';
import { isPad, lowerConcat, lowerPad } from './regions.ts';
import { lowerScatterAdd } from './scatter.ts';
import { newBuffer, wholeBuffer } from './store.ts';

/** What buffers of an instruction are called. */
const wordFor = (instr: Instr): string =>
  instr.op === 'map'
    ? instr.fn
    : instr.op === 'view'
      ? instr.view.kind
      : instr.op === 'routine'
        ? instr.name
        : instr.op;

/** Where a stored result goes: its destinations, or a buffer of its own. Later reads load it from the first. */
const targetsFor = (scope: Scope, instr: Instr, value: ValueId): readonly Target[] => {
  const adding = scope.additions.terms.get(value);
  if (adding !== undefined) return [adding];
  return scope.destinations.get(value) ?? [setAt(whole(newBuffer(scope, value, wordFor(instr))))];
};

const setStored = (scope: Scope, value: ValueId, [first]: readonly Target[]): void => {
  scope.sources.set(value, { kind: 'stored', place: first!.place });
};

/** A literal that is not one number throughout is a constant buffer. */
const literalPlace = (scope: Scope, { out: [out], value }: Extract<Instr, { op: 'constant' }>): Place | null => {
  if (typeof value === 'number' || value.every((number) => Object.is(number, value[0]))) return null;
  const { shape, dtype } = scope.program.values[out]!;
  const buffer = scope.context.buffer({
    name: `%${scope.prefix}${out} constant`,
    scalar: dtype === 'int' ? 'int' : 'real',
    shape,
    storage: 'constant',
    values: value,
  });
  return whole(buffer);
};

const storeInlinable = (scope: Scope, instr: Inlinable, targets: readonly Target[]): void => {
  if (instr.op === 'concat') return lowerConcat(scope, instr, targets);
  if (isPad(instr)) return lowerPad(scope, instr, targets);
  const { shape } = scope.program.values[instr.out[0]]!;
  storeNest(scope, shape, (entries, at) => entries.computed(scope, instr, at), targets);
};

const lowerInlinable = (scope: Scope, instr: Inlinable): void => {
  const [out] = instr.out;
  const place = instr.op === 'constant' ? literalPlace(scope, instr) : null;
  scope.sources.set(out, place === null ? { kind: 'computed', instr } : { kind: 'stored', place });
  if (place !== null || instr.op === 'constant') return copyToDestinations(scope, out);
  if (!scope.decisions.stored.has(out)) return;
  const targets = targetsFor(scope, instr, out);
  storeInlinable(scope, instr, targets);
  setStored(scope, out, targets);
};

/** Adds a term to a carry, unless what makes the term has done so. */
const addTerm = (
  scope: Scope,
  sum: ValueId,
  { term, target }: { readonly term: ValueId | null; readonly target: Target },
): void => {
  if (term === null) return;
  const { values } = scope.program;
  const own = values[term]!.shape;
  storeNest(scope, values[sum]!.shape, (entries, at) => entries.at(scope, term, broadcastIndex(own, at)), [target]);
};

const lowerInstr = (scope: Scope, instr: Instr): void => {
  const { selects, inside, sums } = scope.decisions.guards;
  const out = instr.out[0]!;
  if (inside.has(out)) return;
  const addition = scope.additions.sums.get(out);
  if (addition !== undefined) return addTerm(scope, out, addition);
  const [select, sum] = [selects.get(out), sums.get(out)];
  if (select !== undefined || sum !== undefined) {
    const targets = targetsFor(scope, instr, out);
    if (select !== undefined) lowerGuardedSelect(scope, out, select, targets);
    else lowerGuardedSum(scope, sum!, targets);
    return setStored(scope, out, targets);
  }
  if (instr.op === 'contract') {
    const form = formOf(scope.program, instr, scope.context.target);
    if (form.kind === 'map') return lowerInlinable(scope, instr);
    const targets = targetsFor(scope, instr, instr.out[0]);
    if (form.kind === 'product') lowerProduct(scope, instr, form, targets);
    else lowerReduction(scope, instr, form.reduced, targets);
    return setStored(scope, instr.out[0], targets);
  }
  if (isInlinable(instr)) return lowerInlinable(scope, instr);
  switch (instr.op) {
    case 'argmin':
    case 'scatter-add': {
      const targets = targetsFor(scope, instr, instr.out[0]);
      if (instr.op === 'argmin') lowerArgmin(scope, instr, targets);
      else lowerScatterAdd(scope, instr, targets);
      return setStored(scope, instr.out[0], targets);
    }
    case 'routine':
      return lowerRoutine(scope, instr);
    case 'scan':
      return lowerScan(scope, instr, lowerProgram);
    case 'while':
      return lowerWhile(scope, instr, lowerProgram);
  }
};

/** On whole buffers: a destination that is part of a buffer gets a copy. */
const lowerRoutine = (scope: Scope, instr: Extract<Instr, { op: 'routine' }>): void => {
  const args = instr.args.map((value) => wholeBuffer(scope, value));
  const outs = instr.out.map((value) => {
    const target = scope.destinations.get(value)?.find(({ place }) => place.isWhole);
    return target?.place.buffer ?? newBuffer(scope, value, instr.name);
  });
  scope.statements.push({ kind: 'routine', name: instr.name, args, outs });
  for (const [i, value] of instr.out.entries()) {
    const place = whole(outs[i]!);
    scope.sources.set(value, { kind: 'stored', place });
    const others = (scope.destinations.get(value) ?? []).filter((target) => target.place.buffer !== place.buffer);
    copyNest(scope, scope.program.values[value]!.shape, place, others);
  }
};

export const lowerProgram = (scope: Scope): void => {
  for (const instr of scope.program.instrs) lowerInstr(scope, instr);
  // Inputs that are results too: nothing above has stored them.
  for (const id of new Set(scope.program.inputs.map((input) => input.id))) copyToDestinations(scope, id);
};
