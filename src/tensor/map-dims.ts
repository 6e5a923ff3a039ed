// A program with every size expression in it replaced, at any depth: in shapes, views, lengths of loops, sizes as numbers.
// In: a program and what each Dim becomes. Out: the same program over other sizes.
import type { Dim } from './dims.ts';
import type { Instr, Program, View } from './program.ts';

export type DimChange = (dim: Dim) => Dim;

const mapView = (view: View, change: DimChange): View => {
  switch (view.kind) {
    case 'reshape':
    case 'expand':
      return { ...view, shape: view.shape.map(change) };
    case 'slice':
      return { ...view, start: view.start.map(change), length: view.length.map(change) };
    case 'pad':
      return { ...view, before: view.before.map(change), after: view.after.map(change) };
    case 'transpose':
    case 'reverse':
      return view;
  }
};

const mapInstr = (instr: Instr, change: DimChange): Instr => {
  switch (instr.op) {
    case 'dim':
      return { ...instr, dim: change(instr.dim) };
    case 'view':
      return { ...instr, view: mapView(instr.view, change) };
    case 'scan':
      return { ...instr, length: change(instr.length), body: mapDims(instr.body, change) };
    case 'while':
      return { ...instr, test: mapDims(instr.test, change), body: mapDims(instr.body, change) };
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

export const mapDims = (program: Program, change: DimChange): Program => ({
  ...program,
  instrs: program.instrs.map((instr) => mapInstr(instr, change)),
  values: program.values.map(({ shape, dtype }) => ({ shape: shape.map(change), dtype })),
});
