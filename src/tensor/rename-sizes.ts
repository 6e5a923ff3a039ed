// A program under other names of its sizes. In: a program and a name for each size that changes. Out: the same program, every
// shape and length rewritten, at any depth.
import type { Dim } from './dims.ts';
import * as dims from './dims.ts';
import { mapDims } from './map-dims.ts';
import type { Program } from './program.ts';

export type SizeNames = ReadonlyMap<string, string>;

export const renameDim = (dim: Dim, names: SizeNames): Dim =>
  dim.reduce<Dim>((sum, { coef, sizes }) => {
    const term = sizes.map((name) => dims.size(names.get(name) ?? name));
    return dims.add(sum, dims.scale(dims.product(term), coef));
  }, []);

export const renameSizes = (program: Program, names: SizeNames): Program =>
  mapDims(program, (dim) => renameDim(dim, names));
