// The plots of results, each a pure function from plain arrays to an SVG text.
export { plotConvergence } from './convergence.ts';
export type { ConvergenceData } from './convergence.ts';
export { plotSurface } from './surface.ts';
export type { SurfaceData } from './surface.ts';
