// What the tables of functions in WGSL hold.
/** A function in WGSL. A module has the texts of those that it calls, and of those that they call. */
export interface FunctionText {
  readonly calls: readonly string[];
  readonly text: string;
}
