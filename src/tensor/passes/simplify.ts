// Rebuilds a program on a fresh builder, whose algebra folds constants, drops neutral elements, merges views, shrinks
// contractions and numbers values (equal instructions become one). In and out: a program with the same meaning.
import type { Program } from '../program.ts';
import { rebuild } from '../rebuild.ts';

export const simplify = (program: Program): Program => rebuild(program, () => () => null);
