// The thread on which compiled programs run, seen from the main thread. In: calls. Out: promises of their results. There is one
// worker for the process, started by the first call and never ended by us; while it computes it keeps the process alive.
import { Worker } from 'node:worker_threads';
import { InternalError } from '../../diagnostics/diagnostic.ts';
import { wishes, type CallRequest, type Reply, type Request } from './worker/protocol.ts';
import { workerText } from './worker-text.ts';

/** How often the counter of steps is looked at and the caller asked whether to stop. */
const pollMilliseconds = 50;

/** Threads that wait for others give their processor away after some microseconds, not after milliseconds: where other programs
 *  run too, the thread that is waited for may need it. (A step of a small net on two threads of two busy cores: 1 ms, not 20.)
 *  OpenMP of gcc and of clang read it when the first library is loaded. */
const waiting: Readonly<Record<string, string>> = { GOMP_SPINCOUNT: '1000', KMP_BLOCKTIME: '0' };

export interface Watch {
  readonly cancelled?: () => boolean;
  readonly onStep?: (step: number) => void;
}

export type Work = Omit<CallRequest, 'kind' | 'id' | 'control'>;

interface Pending {
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly settle: (reply: Reply) => void;
  readonly fail: (error: unknown) => void;
}

export class NativeWorker {
  private worker: Worker | null = null;
  private readonly pending = new Map<number, Pending>();
  private calls = 0;
  private owners = 0;

  /** Where koffi is; asked at the first call. */
  constructor(private readonly koffi: () => string) {}

  /** Begins to start the thread, which takes some 30 ms, unless it stands. */
  start(): void {
    if (this.worker !== null) return;
    const set = Object.keys(waiting).filter((name) => process.env[name] === undefined);
    for (const name of set) process.env[name] = waiting[name];
    // None of the flags of this process: loaders take their time, and --input-type would make a module of the text.
    const worker = new Worker(workerText, { eval: true, execArgv: [], workerData: { koffi: this.koffi() } });
    worker.unref();
    worker.on('message', (reply: Reply) => this.pending.get(reply.id)?.settle(reply));
    // It has been read; other programs that we start are to wait as they like.
    worker.once('message', () => set.forEach((name) => delete process.env[name]));
    worker.on('error', (error) => this.lose(error));
    worker.on('exit', () => this.lose(new InternalError('the thread of native programs ended')));
    // Node waits for its threads when it exits: what runs then must give up.
    process.on('exit', () => {
      for (const { control } of this.pending.values()) Atomics.store(control, 0, wishes.giveUp);
    });
    this.worker = worker;
  }

  /** Arrays among the inputs are transferred, and lost to the caller. Throws what the thread failed with. */
  async call(work: Work, { cancelled, onStep }: Watch = {}): Promise<Reply> {
    this.start();
    const worker = this.worker!;
    const id = this.calls++;
    const control = new Int32Array(new SharedArrayBuffer(8));
    let told = 0;
    const poll = (): void => {
      if (cancelled?.() === true) Atomics.store(control, 0, wishes.stop);
      const step = Atomics.load(control, 1);
      if (step > told) onStep?.(step);
      told = step;
    };
    if (cancelled?.() === true) Atomics.store(control, 0, wishes.stop);
    const watched = cancelled !== undefined || onStep !== undefined;
    const timer = watched ? setInterval(poll, pollMilliseconds) : undefined;
    worker.ref();
    try {
      const replied = new Promise<Reply>((settle, fail) => this.pending.set(id, { control, settle, fail }));
      this.post({ kind: 'call', id, control, ...work }, buffersOf(work));
      const reply = await replied;
      if (watched) poll();
      return reply;
    } finally {
      clearInterval(timer);
      this.pending.delete(id);
      if (this.pending.size === 0) worker.unref();
    }
  }

  /** A beginning of the names under which one runner keeps inputs, and no other. */
  nextPrefix(): string {
    return `${this.owners++} `;
  }

  /** Kept inputs whose names begin so are freed, and the arena. */
  forget(prefix: string): void {
    if (this.worker !== null) this.post({ kind: 'forget', prefix }, []);
  }

  private post(request: Request, transferred: readonly ArrayBuffer[]): void {
    this.worker!.postMessage(request, transferred);
  }

  private lose(error: unknown): void {
    this.worker = null;
    for (const { fail } of this.pending.values()) fail(error);
  }
}

/** Each once: two inputs may be one array. */
const buffersOf = ({ inputs, outputs }: Work): readonly ArrayBuffer[] => {
  const sent = [...inputs.map(({ numbers }) => numbers), ...outputs.map(({ room }) => room)];
  return [...new Set(sent.flatMap((numbers): readonly ArrayBuffer[] => (numbers === null ? [] : [numbers.buffer])))];
};
