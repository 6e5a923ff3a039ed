// In: a factor graph. Out: what is to be drawn, without coordinates: circles, squares, lines and plate boxes with their
// labels. Layout, SVG and dot all start from this.
import type { Span } from '../../diagnostics/diagnostic.ts';
import type { Role } from '../../semantics/model.ts';
import type { FactorGroup } from '../factor-graph.ts';

/** A name with a subscript: s with t-1. */
export interface Label {
  readonly text: string;
  readonly subscript: string;
}

export type SketchNode = {
  readonly id: string;
  readonly label: Label;
  /** The name in the file that the element stands for. */
  readonly name: string;
  readonly span: Span;
} & (
  | { readonly kind: 'variable'; readonly role: Role }
  /** The node one step away: s[t-1] beside s[t]. */
  | { readonly kind: 'neighbour'; readonly role: Role }
  | { readonly kind: 'net' }
  /** Computed from others: what a net makes of x, or what several factors share. */
  | { readonly kind: 'let' }
  | { readonly kind: 'factor'; readonly factor: FactorGroup['kind'] }
);

export interface SketchEdge {
  /** A factor, or a let. */
  readonly factor: string;
  /** What it reads. */
  readonly variable: string;
  /** Which node of the variable, where it is not the one of the same index: `i = a[e]`. */
  readonly label: string;
  /** Read only under stop_gradient. */
  readonly detached: boolean;
  /** Whether the variable belongs above (or before) the factor. */
  readonly into: boolean;
}

export interface SketchPlate {
  readonly id: string;
  /** `n ∈ N`. */
  readonly label: string;
  /** All nodes inside, also those in plates inside. */
  readonly members: readonly string[];
}

/** A net that follows another: `ema`, `copy`. */
export interface SketchLink {
  readonly from: string;
  readonly to: string;
  readonly label: string;
}

export interface Sketch {
  readonly title: string;
  readonly nodes: readonly SketchNode[];
  readonly edges: readonly SketchEdge[];
  readonly links: readonly SketchLink[];
  readonly plates: readonly SketchPlate[];
}
