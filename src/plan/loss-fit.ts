// Whether a loss with negatives fits what has been planned: F has to be a sum over the points of one plate, what is replaced
// has to have a value in each point, and a target whose states are run through has to be one discrete node a point.
// In: the subject of the loss, its needs, its free energies. Out: a reason against it, or null.
import { affineIndex, dependsOn, visit } from '../graph/expressions.ts';
import { slotsOf } from '../graph/regular.ts';
import type { LossNeeds, LossSubject } from '../losses/loss.ts';
import { stateCount } from '../methods/discrete/states.ts';
import type { Binder, Expr, Model } from '../semantics/model.ts';
import { Builder } from '../tensor/builder.ts';
import * as dims from '../tensor/dims.ts';
import { withBindings } from '../lower/environment.ts';
import { dataGroups } from './data-groups.ts';
import { lowerFreeEnergy } from './free-energy.ts';
import { inputBindings } from './lower-energy.ts';
import type { PlannedEnergy } from './plan.ts';
import { outermostPlates } from './point-plate.ts';
import { programEnvironment } from './program-environment.ts';

export const misfit = (subject: LossSubject, needs: LossNeeds, energies: readonly PlannedEnergy[]): string | null => {
  const reasons = [
    () => (needs.points ? manyPlates(subject) : null),
    () => negativesApart(subject),
    () => latentsRead(subject, energies),
    () => first(energies, (e) => replacedApart(subject, e)),
    () => (needs.points && subject.plate !== null ? first(energies, (e) => notByPoint(e, subject.plate!)) : null),
    () => (needs.states === null ? null : statesApart(subject, needs.states, energies)),
  ];
  return first(reasons, (reason) => reason());
};

const first = <T>(list: readonly T[], look: (item: T) => string | null): string | null => {
  for (const item of list) {
    const found = look(item);
    if (found !== null) return found;
  }
  return null;
};

/** Named with their first index. */
const manyPlates = ({ model, plate }: LossSubject): string | null => {
  const plates = outermostPlates(model);
  if (plate !== null || plates.length < 2) return null;
  return `it speaks of points, and the data have several plates (${plates.map((p) => p.name).join(', ')}): say which, \`batch 64 of ${plates[0]!.name}\``;
};

const bindersOf = (model: Model, name: string): readonly Binder[] =>
  (model.variables.find((v) => v.name === name) ?? model.lets.find((l) => l.name === name))?.binders ?? [];

const apart = ({ model, plate }: LossSubject, name: string): boolean =>
  plate !== null && bindersOf(model, name)[0]?.id !== plate.id;

/** Values of other points are values of variables in the plate. */
const negativesApart = (subject: LossSubject): string | null => {
  const written = [
    ...(subject.expression === null ? [] : [subject.expression]),
    ...Object.values(subject.call?.options ?? {}),
  ];
  let found: string | null = null;
  for (const expr of written)
    visit(expr, (e) => {
      if (e.kind !== 'negatives' || (e.how !== 'shuffled' && e.how !== 'others')) return;
      if (subject.plate === null)
        found = `${e.how}(${e.of}) takes values of other points, and the data are in no plate`;
      else if (apart(subject, e.of))
        found = `${e.of} is not in the plate ${subject.plate.name}: other points have no value of it`;
    });
  return found;
};

/** Latents are gone when a loss looks. */
const latentsRead = (subject: LossSubject, energies: readonly PlannedEnergy[]): string | null => {
  const latents = energies
    .flatMap((e) => e.blocks.flatMap((b) => b.unknowns))
    .filter((n) => !subject.targets.includes(n));
  const read = latents.find((n) => subject.expression !== null && dependsOn(subject.expression, new Set([n])));
  return read === undefined ? null : `it reads ${read}, which has no value: the free energy F eliminates it`;
};

const replacedApart = (subject: LossSubject, { replaced, blocks }: PlannedEnergy): string | null => {
  const outside = replaced.find((name) => apart(subject, name));
  if (outside !== undefined)
    return `it replaces ${outside}, which is not in the plate ${subject.plate!.name} and has no value of its own in each point`;
  const built = replaced.find((name) => blocks.some((b) => b.chosen.madeFor?.data.includes(name)));
  return built === undefined ? null : `it replaces ${built}, from which the graph of the unknowns is built`;
};

/** Asked of the lowering itself: methods differ in whether they tell the free energies of points apart. */
const notByPoint = (energy: PlannedEnergy, plate: Binder): string | null => {
  const { model, groups, blocks } = energy;
  const whole = dataGroups(model, groups).find(
    (g) => g.binders[0]?.id !== plate.id && !blocks.some((b) => b.facts.groups.includes(g)),
  );
  if (whole !== undefined)
    return `F is no sum over the points of ${plate.name}: ${whole.part ?? whole.name} is not one term a point`;
  const b = new Builder();
  const inside = new Set(blocks.flatMap((q) => q.unknowns));
  const given = inputBindings(
    b,
    model.variables.filter((v) => !inside.has(v.name)),
  );
  const { points } = lowerFreeEnergy(energy, blocks, withBindings(programEnvironment(b, model, {}, 1), given));
  if (points !== null && dims.shapesEqual(points.shape, [dims.subtract(plate.to, plate.from)])) return null;
  const names = blocks.map((q) => `${q.chosen.method} of ${q.unknowns.join(', ')}`);
  return `${names.join(' and ')} does not tell the free energies of the points of ${plate.name} apart`;
};

const statesApart = (subject: LossSubject, target: string, energies: readonly PlannedEnergy[]): string | null => {
  const { model, plate } = subject;
  const variable = model.variables.find((v) => v.name === target)!;
  const inside = plate === null ? 0 : 1;
  if (variable.role !== 'target' || !subject.targets.includes(target))
    return `it runs through the states of ${target}, which is no target that is given`;
  if (stateCount(variable) === null)
    return `it runs through the states of ${target}, which ranges over ${variable.domain.kind}${variable.domain.shape.length > 0 ? ' arrays' : ''}: it needs one discrete target a point`;
  if (variable.binders.length !== inside)
    return `it runs through the states of ${target}, of which a point has many: it needs one discrete target a point`;
  const elsewhere = energies
    .flatMap((e) => e.groups)
    .find((g) => slotsOf(g.energy, new Set([target])).some((r) => !ofThisPoint(r.at, plate)));
  return elsewhere === undefined ? null : `${elsewhere.part ?? elsewhere.name} reads ${target} of other points`;
};

const ofThisPoint = (at: readonly Expr[], plate: Binder | null): boolean => {
  if (plate === null) return at.length === 0;
  const index = at[0] === undefined ? null : affineIndex(at[0]);
  return index !== null && index.index === plate.id && dims.equal(index.offset, dims.scale(plate.from, -1));
};
