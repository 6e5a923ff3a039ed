// What an entry's text needs to know of sizes. In: a realisation. Out: the size names it mentions, and expressions for the
// numbers of entries of its largest tensors.
import { constantValue, product, sizesOf, type Dim } from '../../../tensor/dims.ts';
import { readsOf } from '../liveness.ts';
import { dimText, identifier, shapeText } from '../names.ts';
import { resultsOf, type Realisation, type ScanStep, type Step, type Tensor } from '../realisation.ts';
import { sizesMentioned } from '../sizes-mentioned.ts';

const tensorsOf = (steps: readonly Step[]): readonly Tensor[] =>
  steps.flatMap((step) => [...readsOf(step), ...resultsOf(step), ...inner(step).flatMap((block) => tensorsOf(block))]);
const inner = (step: Step): readonly (readonly Step[])[] =>
  step.kind === 'call' ? [] : step.kind === 'scan' ? [step.body] : [step.test, step.body];

const everyTensor = ({ inputs, steps, outputs }: Realisation): readonly Tensor[] => [
  ...inputs.map((i) => i.tensor),
  ...tensorsOf(steps),
  ...outputs.map((o) => o.tensor),
];

const attributeWords = (steps: readonly Step[]): readonly string[] =>
  steps.flatMap((step) => [
    ...(step.kind === 'call'
      ? step.attributes.flatMap((text) => text.match(/[\p{ID_Start}_$][\p{ID_Continue}$]*/gu) ?? [])
      : []),
    ...(step.kind === 'scan' ? [...sizesOf(step.length), ...hostSizes(step)].map(identifier) : []),
    ...inner(step).flatMap(attributeWords),
  ]);

const hostSizes = ({ host }: ScanStep): readonly string[] => [...(host === undefined ? [] : sizesMentioned(host.scan))];

/** The sizes of the program that the entry's text mentions, by name. */
export const sizesIn = (realisation: Realisation): readonly string[] => {
  const words = new Set(attributeWords(realisation.steps));
  const printed = new Set(
    [
      ...largestCounts(realisation),
      ...realisation.inputs.map((i) => shapeText(i.tensor.shape)),
      ...realisation.outputs.map((o) => shapeText(o.shape)),
    ].flatMap((text) => text.match(/[\p{ID_Start}_$][\p{ID_Continue}$]*/gu) ?? []),
  );
  return [...realisation.sizes].filter((size) => words.has(identifier(size)) || printed.has(identifier(size))).sort();
};

/** Numbers of entries of the tensors that may be the largest: a product of sizes inside another is left out. */
export const largestCounts = (realisation: Realisation): readonly string[] => {
  const counts = new Map<string, Dim>();
  for (const tensor of everyTensor(realisation)) {
    const count = product(tensor.shape);
    counts.set(dimText(count), count);
  }
  const dims = [...counts.values()].filter((dim) => (constantValue(dim) ?? Infinity) > 2 ** 20);
  const covers = (a: Dim, b: Dim): boolean =>
    a.every((term) => term.coef > 0) &&
    b.every((term) => a.some((other) => other.coef >= term.coef && contains(other.sizes, term.sizes)));
  return dims
    .filter((dim, i) => !dims.some((other, k) => k !== i && covers(other, dim) && (!covers(dim, other) || k < i)))
    .map(dimText)
    .sort();
};
const contains = (a: readonly string[], b: readonly string[]): boolean => {
  const rest = [...a];
  return b.every((size) => {
    const at = rest.indexOf(size);
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  });
};
