// The plan in words. In: a plan. Out: the lines of `ebmc explain`, and the rows of the JSON report.
import type { PlanLine } from '../api.ts';
import { unknownFactsOf } from '../graph/structure.ts';
import { jointLines, structureText } from './structure-words.ts';
import { shortNames } from '../graph/nets/params.ts';
import type { Rung } from '../methods/alternate/problem.ts';
import { inWords } from '../methods/convex/words.ts';
import { optimizerTitles } from '../methods/continuous/optimizer.ts';
import type { Certificate } from '../methods/method.ts';
import type { Model } from '../semantics/model.ts';
import type { Decision } from './operations.ts';
import { explainBlock, rejected, waysOf } from './explain-blocks.ts';
import { explainLoss, lossTitle } from './explain-loss.ts';
import type { FitPlan, Plan, PlannedBlock, PlannedLoss, PlannedStep } from './plan.ts';
import { paramsOf } from './plan.ts';

const jsonBeta = (beta: number): number | null => (beta === Infinity ? null : beta);

/** One row per block and step, in the order in which they run. */
export const planLines = (plan: Plan): readonly PlanLine[] => [
  ...(plan.fit === null ? [] : fitLines(plan.fit)),
  ...[...plan.query, ...plan.predicted].flatMap(blockLines),
];

const fitLines = (fit: FitPlan): readonly PlanLine[] => {
  if (fit.kind === 'descend')
    return [
      {
        unknowns: fit.params,
        operation: 'minimize',
        beta: null,
        method: optimizerTitles[fit.optimizer.name],
        certificate: fit.certificate,
        reason: `params are learned: minimised; ${lossReason(fit.loss)}${fit.reason}`,
      },
    ];
  if (fit.kind === 'train')
    return fit.losses.flatMap((l) =>
      l.learners.map(({ params, optimizer }) => ({
        unknowns: params,
        operation: 'minimize' as const,
        beta: null,
        method: `stochastic gradient (${optimizerTitles[optimizer.name]})`,
        certificate: 'local',
        reason: `params are learned: minimised; ${lossReason(l)}${fit.reason}`,
      })),
    );
  const { steps } = fit;
  const suffix = fit.kind === 'alternate' ? `, a step of ${fit.algorithm}` : '';
  return steps.map((s) => ({
    unknowns: s.unknowns,
    operation: 'minimize',
    beta: null,
    method: s.chosen.method + suffix,
    certificate: fit.kind === 'alternate' ? 'local' : s.chosen.certificate,
    reason: `params are learned: minimised; ${s.chosen.summary}`,
  }));
};

/** Unknowns of one block may be eliminated in different ways: a row for each way, innermost first. */
const blockLines = (q: PlannedBlock): readonly PlanLine[] =>
  waysOf(q)
    .toSorted((a, c) => order(a.decision) - order(c.decision))
    .map(({ unknowns, decision }) => ({
      unknowns,
      operation: decision.operation,
      beta: jsonBeta(decision.beta),
      method: q.chosen.method,
      certificate: q.chosen.certificate,
      reason: `${decision.reason}; ${q.chosen.summary}`,
    }));

const order = (d: Decision): number => (d.operation === 'marginalize' ? 0 : 1);

// ---------------------------------------------------------------- text

export const explainPlan = (plan: Plan): string => {
  const { model, task } = plan;
  const out: string[] = [`model ${model.name}: ${taskText(plan)}`, ''];
  const sizes = model.sizes.map((s) => {
    const known = task.sizes[s.name];
    return known === undefined ? s.name : `${s.name} = ${known.value} (${known.source})`;
  });
  if (sizes.length > 0) out.push(`sizes: ${sizes.join(', ')}`, '');
  out.push(...explainStructure(plan));
  if (plan.fit !== null) out.push(...explainFit(plan.fit, plan.model), '');
  if (plan.kept.length > 0)
    out.push(`keep ${shortNames(model, plan.kept).join(', ')} as declared: no learn line is for them`, '');
  for (const q of plan.query)
    out.push(...explainBlock(q, '', plan.fit === null ? '' : 'with the params learned, '), '');
  for (const q of plan.predicted) out.push(...explainBlock(q, '', 'with everything else known, '), '');
  if (plan.fit === null && plan.query.length === 0)
    out.push('nothing is unknown: the energy is evaluated as it stands', '');
  return out.join('\n').trimEnd() + '\n';
};

/** What is done and why, without costs and rejected methods: the head comment of an artifact. */
export const summarisePlan = (plan: Plan): readonly string[] =>
  explainPlan(plan)
    .trimEnd()
    .split('\n')
    .filter((line) => !/^ *(not |cost: )/.test(line));

/** What the structure of the energy is in each unknown, and how the unknowns hang together. */
const explainStructure = (plan: Plan): readonly string[] => {
  const unknowns = new Set([
    ...plan.query.flatMap((q) => q.unknowns),
    ...(plan.fit === null ? [] : paramsOf(plan.fit)),
  ]);
  if (unknowns.size === 0) return [];
  const graph = { model: plan.model, variables: plan.model.variables, groups: plan.groups, plates: [] };
  // Params of a net of which the same is true stand together.
  const alike = new Map<string, string[]>();
  for (const u of unknownFactsOf(graph, unknowns)) {
    const witness = u.witness === null || u.curvature === 'discrete' ? '' : ` (factor ${u.witness})`;
    const text = `${structureText(plan, u)}${witness}`;
    alike.set(text, [...(alike.get(text) ?? []), u.variable]);
  }
  const order = plan.model.variables.map((v) => v.name);
  const rows = [...alike].flatMap(([text, names]) =>
    shortNames(plan.model, names).map((name) => {
      const members = plan.model.nets.find((n) => n.name === name)?.params ?? [name];
      const count = members.length > 1 ? ` (${members.length} params)` : '';
      return { at: order.indexOf(members[0]!), line: `  ${name}${count}: ${text}` };
    }),
  );
  const facts = rows.toSorted((a, b) => a.at - b.at).map((r) => r.line);
  return ['structure of the energy, all else held fixed:', ...facts, ...jointLines(plan, unknowns), ''];
};

const taskText = (plan: Plan): string => {
  const { given: known, partial } = plan.task;
  // Lengths and masks go with the data that they belong to.
  const given = plan.model.variables.flatMap(({ name }) => {
    if (partial.has(name)) return [`part of ${name}`];
    return known.has(name) && !name.includes('.') ? [name] : [];
  });
  const asked = {
    map: 'the most probable values',
    marginals: 'marginals',
    logz: 'the log-partition function',
    sample: 'samples',
  }[plan.task.query];
  return `${asked}${given.length > 0 ? ` given ${given.join(', ')}` : ''}`;
};

const optimum = (certificate: Certificate): string => (certificate === 'local' ? 'local optimum' : certificate);

/** What the reason of a plan's row begins with: nothing where the energy itself is minimised. */
const lossReason = (planned: PlannedLoss): string =>
  planned.loss.name === 'energy' ? '' : `${lossTitle(planned).replace('the loss', 'loss')}, `;

const explainFit = (fit: FitPlan, model: Model): readonly string[] => {
  const named = (params: readonly string[]): string => shortNames(model, params).join(', ');
  if (fit.kind === 'descend') {
    const starts = fit.restarts === 1 ? 'one start' : `${fit.restarts} starts, the best is kept`;
    return [
      `learn ${named(fit.params)} by ${optimizerTitles[fit.optimizer.name]} on ${lossTitle(fit.loss)} (${optimum(fit.certificate)}; ${starts})`,
      `  because: ${fit.reason}`,
      ...rejected(fit.refusals, '', fit.params),
      ...explainLoss(fit.loss),
    ];
  }
  if (fit.kind === 'train') {
    const batch =
      fit.batch === null ? 'all points in each step' : `${fit.batch.size} points of ${fit.batch.plate} in each step`;
    const starts = fit.restarts === 1 ? '' : `, ${fit.restarts} starts, of which the best is kept`;
    return fit.losses.flatMap((l) => [
      ...l.learners.map(
        ({ params, optimizer }) =>
          `learn ${named(params)} by ${optimizerTitles[optimizer.name]} on ${lossTitle(l)} (local optimum)`,
      ),
      `  because: ${fit.reason}`,
      `  how long: ${fit.epochs} epochs, ${batch}${starts}`,
      ...explainLoss(l),
    ]);
  }
  if (fit.kind === 'closed')
    return [
      `learn ${named(fit.steps.flatMap((s) => s.unknowns))} ${fit.steps.some((s) => s.step.solve !== undefined) ? 'as a convex problem' : 'in closed form'}`,
      ...fit.steps.flatMap((s) => explainStep(s, '  ', named)),
    ];
  return [
    `learn ${named(fit.steps.flatMap((s) => s.unknowns))} by ${fit.algorithm} (local optimum; ${startsText(fit.rungs)}); repeat:`,
    ...fit.latents.flatMap((l) => explainBlock(l, '  ', '')),
    ...fit.steps.flatMap((s) => explainStep(s, '  ', named)),
  ];
};

/** "10 starts, of which the best 5 after 15 iterations, the best 2 after 45 and the best after 105 go on". */
const startsText = (rungs: readonly Rung[]): string => {
  const { starts } = rungs[0]!;
  if (starts === 1) return 'one start';
  if (rungs.length === 1) return `${starts} starts, the best is kept`;
  const kept = rungs.slice(1).map((rung, i) => {
    const after = `after ${rungs[i]!.iterations}${i === 0 ? ' iterations' : ''}`;
    return rung.starts === 1 ? `the best ${after}` : `the best ${rung.starts} ${after}`;
  });
  const goOn = kept.length === 1 && rungs[1]!.starts === 1 ? 'goes on' : 'go on';
  return `${starts} starts, of which ${inWords(kept)} ${goOn}`;
};

const explainStep = (
  s: PlannedStep,
  indent: string,
  named: (params: readonly string[]) => string,
): readonly string[] => [
  `${indent}minimise ${named(s.unknowns)} by ${s.chosen.method} [${s.chosen.certificate}]`,
  `${indent}  why: ${s.chosen.summary}`,
  ...rejected(s.others, indent),
];
