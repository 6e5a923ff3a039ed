// The factor graph of a model of test/models or of a text; fails on any error of the front end.
import { readFileSync, readdirSync } from 'node:fs';
import { buildFactorGraph } from '../../src/graph/build-graph.ts';
import type { FactorGraph } from '../../src/graph/factor-graph.ts';
import { check } from '../../src/semantics/check.ts';
import { parse } from '../../src/syntax/parse.ts';

const folder = new URL('../models/', import.meta.url);

export const modelNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.ebm'))
  .map((file) => file.slice(0, -'.ebm'.length))
  .sort();

export const graphOf = (source: string): ReturnType<typeof buildFactorGraph> => {
  const parsed = parse(source);
  const checked = check(parsed.tree);
  const errors = [...parsed.diagnostics, ...checked.diagnostics].filter((d) => d.severity === 'error');
  if (checked.model === null || errors.length > 0) throw new Error(errors.map((d) => d.message).join('\n'));
  return buildFactorGraph(checked.model);
};

export const graphOfModel = (name: string): FactorGraph =>
  graphOf(readFileSync(new URL(`${name}.ebm`, folder), 'utf8')).graph;
