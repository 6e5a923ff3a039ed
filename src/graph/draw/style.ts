// Sizes and colours of the drawing, in SVG units (one is a CSS pixel). The shapes follow Kschischang, Frey & Loeliger, Factor
// Graphs and the Sum-Product Algorithm (2001), squares for factors, and Bishop, Pattern Recognition and Machine Learning
// (2006), chapter 8: shaded circles for what is observed, dots for parameters, plates.
import type { Label, SketchNode } from './sketch.ts';
import { textWidth } from './text-width.ts';

export const sizes = {
  name: 18,
  subscript: 12.5,
  factorLabel: 13,
  edgeLabel: 12,
  plateLabel: 13,
  circle: 20,
  dot: 4.5,
  square: 6,
  plateRadius: 10,
  plateMargin: 14,
  /** Between a dot or a square and its label. */
  gap: 5,
} as const;

export const colours = {
  ink: '#1b1b1f',
  line: '#55565c',
  faint: '#9a9ba3',
  plate: '#8a8c96',
  observed: '#c9cbd2',
  target: '#e6e7eb',
  latent: '#ffffff',
  param: '#2457a6',
  net: '#e8effa',
  netLine: '#2457a6',
  factor: '#1b1b1f',
  regularizer: '#c2571a',
  constraint: '#a3123f',
} as const;

export const fonts = {
  serif: "'STIX Two Text','STIXGeneral','Latin Modern Roman','Times New Roman',Times,serif",
} as const;

export const labelWidth = (label: Label): number =>
  textWidth(label.text, sizes.name) + (label.subscript === '' ? 0 : textWidth(label.subscript, sizes.subscript) + 1);

/** Half width and half height of the shape itself, without a label beside it. */
export const extent = (node: SketchNode): { readonly rx: number; readonly ry: number } => {
  switch (node.kind) {
    case 'variable':
    case 'neighbour':
      if (isDot(node)) return { rx: sizes.dot, ry: sizes.dot };
      return { rx: Math.max(sizes.circle, labelWidth(node.label) / 2 + 9), ry: sizes.circle };
    case 'let':
      return { rx: Math.max(sizes.circle, labelWidth(node.label) / 2 + 11), ry: sizes.circle };
    case 'net':
      return { rx: Math.max(22, textWidth(node.label.text, 15) / 2 + 9), ry: 13 };
    case 'factor':
      return { rx: sizes.square, ry: sizes.square };
  }
};

/** Params and data are dots with the name beside them. */
export const isDot = (node: SketchNode): boolean =>
  (node.kind === 'variable' || node.kind === 'neighbour') && (node.role === 'param' || node.role === 'data');

/** Size of the label that stands beside the shape; null when the name is inside. */
export const outerLabel = (node: SketchNode): { readonly width: number; readonly height: number } | null => {
  if (node.kind === 'factor')
    return { width: textWidth(node.label.text, sizes.factorLabel), height: sizes.factorLabel };
  return isDot(node) ? { width: labelWidth(node.label), height: sizes.name * 0.8 } : null;
};
