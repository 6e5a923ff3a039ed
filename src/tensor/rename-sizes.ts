// A program under other names of its sizes. In: a program and a name for each size that changes. Out: the same program, every
// shape and length rewritten, at any depth.
import type { Dim } from './dims.ts';
import * as dims from './dims.ts';
import type { Instr, Program, View } from './program.ts';

export type SizeNames = ReadonlyMap<string, string>;

export const renameDim = (dim: Dim, names: SizeNames): Dim =>
  dim.reduce<Dim>((sum, { coef, sizes }) => {
    const term = sizes.map((name) => dims.size(names.get(name) ?? name));
    return dims.add(sum, dims.scale(dims.product(term), coef));
  }, []);

const renameView = (view: View, rename: (shape: readonly Dim[]) => readonly Dim[]): View => {
  switch (view.kind) {
    case 'reshape':
    case 'expand':
      return { ...view, shape: rename(view.shape) };
    case 'slice':
      return { ...view, start: rename(view.start), length: rename(view.length) };
    case 'pad':
      return { ...view, before: rename(view.before), after: rename(view.after) };
    case 'transpose':
    case 'reverse':
      return view;
  }
};

const renameInstr = (instr: Instr, names: SizeNames): Instr => {
  const rename = (shape: readonly Dim[]): readonly Dim[] => shape.map((d) => renameDim(d, names));
  switch (instr.op) {
    case 'dim':
      return { ...instr, dim: renameDim(instr.dim, names) };
    case 'view':
      return { ...instr, view: renameView(instr.view, rename) };
    case 'scan':
      return { ...instr, length: renameDim(instr.length, names), body: renameSizes(instr.body, names) };
    case 'while':
      return { ...instr, test: renameSizes(instr.test, names), body: renameSizes(instr.body, names) };
    case 'constant':
    case 'iota':
    case 'map':
    case 'contract':
    case 'argmin':
    case 'concat':
    case 'gather':
    case 'scatter-add':
    case 'cast':
    case 'random':
    case 'routine':
      return instr;
  }
};

export const renameSizes = (program: Program, names: SizeNames): Program => ({
  ...program,
  instrs: program.instrs.map((instr) => renameInstr(instr, names)),
  values: program.values.map(({ shape, dtype }) => ({ shape: shape.map((d) => renameDim(d, names)), dtype })),
});
