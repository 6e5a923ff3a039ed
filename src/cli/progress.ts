// How a long run goes on, on stderr and only on a terminal. In: steps as they are done. Out: a bar with the time left where the
// number of steps is known, else one line that is rewritten; both are gone when the run ends.
import { Writable } from 'node:stream';
import { Presets, SingleBar } from 'cli-progress';
import type { StepInfo } from '../api.ts';
import type { Context, Terminal } from './terminal.ts';

export interface Progress {
  readonly step: (info: StepInfo) => void;
  /** Removes what is shown. */
  readonly end: () => void;
}

const silent: Progress = { step: () => undefined, end: () => undefined };
const eraseLine = '\r\u001b[K';
/** Milliseconds between two drawings. */
const interval = 100;

export const makeProgress = (context: Context): Progress => {
  const { terminal, quiet } = context;
  // A dumb terminal cannot erase.
  if (quiet || !terminal.stderrIsTerminal || terminal.environment['TERM'] === 'dumb') return silent;
  let last = 0;
  let drawn = false;
  let bar: SingleBar | null = null;
  const step = (info: StepInfo): void => {
    const now = performance.now();
    if (now - last < interval) return;
    last = now;
    drawn = true;
    const objective = info.objective === null ? '' : `  ${info.objective.toPrecision(6)}`;
    if (info.of === null) {
      terminal.stderr(`${eraseLine}${info.phase} ${info.step}${objective}`);
      return;
    }
    const payload = { where: placeOf(info, info.of), objective };
    if (bar === null) bar = startBar(terminal, info.of, info.step, payload);
    else bar.update(info.step, payload);
  };
  const end = (): void => {
    bar?.stop();
    if (drawn) terminal.stderr(eraseLine);
  };
  return { step, end };
};

const placeOf = ({ phase, step, epoch }: StepInfo, of: number): string =>
  epoch === undefined ? `${phase} ${step}/${of}` : `epoch ${epoch.number}/${epoch.of}`;

const startBar = (terminal: Terminal, of: number, from: number, payload: object): SingleBar => {
  const stream = new Writable({
    write: (chunk, _, done) => {
      terminal.stderr(String(chunk));
      done();
    },
  });
  const bar = new SingleBar(
    {
      format: '{where} {bar} {percentage} %{objective}{eta_formatted}',
      formatTime: timeLeft,
      stream: Object.assign(stream, { isTTY: true, columns: 80 }),
      barsize: 24,
      clearOnComplete: true,
      hideCursor: null,
      // A process that is killed should leave the terminal as it was.
      linewrap: true,
      fps: 1000 / interval,
      // Ctrl-C is not its business.
      gracefulExit: false,
    },
    Presets.shades_classic,
  );
  bar.start(of, from, payload);
  return bar;
};

/** '' while nothing can be said: then cli-progress has words instead of a number. */
const timeLeft = (seconds: unknown): string => {
  if (typeof seconds !== 'number') return '';
  const minutes = Math.round(seconds / 60);
  const words = seconds < 100 ? `${seconds} s` : minutes < 100 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
  return `  ${words} left`;
};
