// One line on stderr that is rewritten as a run goes on; only where stderr is a terminal, and at most ten times a second.
import type { StepInfo } from '../api.ts';
import type { Context } from './terminal.ts';

export interface Progress {
  readonly step: (info: StepInfo) => void;
  /** Removes the line. */
  readonly end: () => void;
}

const silent: Progress = { step: () => undefined, end: () => undefined };
const eraseLine = '\r\u001b[K';

export const makeProgress = (context: Context): Progress => {
  const { terminal, quiet } = context;
  if (quiet || !terminal.stderrIsTerminal) return silent;
  let last = 0;
  let shown = false;
  const step = ({ phase, step: n, of, objective }: StepInfo): void => {
    const now = performance.now();
    if (now - last < 100) return;
    last = now;
    shown = true;
    const value = objective === null ? '' : `  ${objective.toPrecision(6)}`;
    terminal.stderr(`${eraseLine}${phase} ${n}${of === null ? '' : `/${of}`}${value}`);
  };
  return { step, end: () => (shown ? terminal.stderr(eraseLine) : undefined) };
};
