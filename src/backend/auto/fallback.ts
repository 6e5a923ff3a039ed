// A backend with others behind it. In: backends in order. Out: one that begins on the first and goes on to the next where a device or
// a compiler fails, with a warning; its name is that of the backend that computes.
import { DiagnosticError, type Diagnostic } from '../../diagnostics/diagnostic.ts';
import { diagnoseBackend } from '../../diagnostics/messages/backends.ts';
import type { Backend, ModuleSpec, Runner } from '../backend.ts';
import { cautionsOf } from '../caution.ts';

/** Failures of a backend, not of the program or its data: it cannot run here (EBM513), its device failed (EBM516), its compiler
 *  failed (EBM517). */
const ofBackend: ReadonlySet<string> = new Set(['EBM513', 'EBM516', 'EBM517']);

/** What is too large for the processor's memory is so for every backend there. */
const onProcessor: ReadonlySet<string> = new Set(['reference', 'native', 'wasm']);

const failureIn = (error: unknown, name: string): Diagnostic | null => {
  if (!(error instanceof DiagnosticError)) return null;
  const failure = error.diagnostics.find(({ code }) => ofBackend.has(code)) ?? null;
  return failure?.code === 'EBM516' && onProcessor.has(name) ? null : failure;
};

/** What went wrong, without the name of the backend in front of it. */
const reasonOf = ({ message }: Diagnostic): string => message.replace(/^the backend \w+ cannot run here: /, '');

export const withFallback = (backends: readonly Backend[], warnings: readonly Diagnostic[]): Backend => {
  let at = 0;
  const said: Diagnostic[] = [...warnings];
  /** To the next backend, or throws the failure where there is none. */
  const goOn = (error: unknown): void => {
    const failure = failureIn(error, backends[at]!.name);
    const next = backends[at + 1];
    if (failure === null || next === undefined) throw error;
    said.push(
      diagnoseBackend('EBM518', null, {
        wanted: backends[at]!.name,
        instead: next.name,
        why: reasonOf(failure),
        remedy: null,
      }),
    );
    at++;
  };
  const first = backends[0]!;
  return {
    get name() {
      return backends[at]!.name;
    },
    precision: first.precision,
    describe: first.describe,
    detect: () => backends[at]!.detect(),
    load: async (module): Promise<Runner> => {
      let runner: Runner | null = null;
      let loaded = -1;
      const current = async (): Promise<Runner> => {
        while (runner === null || loaded !== at)
          try {
            const before: Runner | null = runner;
            runner = null;
            await before?.dispose();
            runner = await backends[at]!.load(module as ModuleSpec);
            loaded = at;
          } catch (error) {
            goOn(error);
          }
        return runner;
      };
      await current();
      return {
        caution: null,
        warnings: () => [...said, ...(runner === null ? [] : cautionsOf(backends[loaded]!.name, runner))],
        call: async (entry, inputs, options) => {
          for (;;) {
            const by = await current();
            try {
              return await by.call(entry, inputs, options);
            } catch (error) {
              if (loaded === at) goOn(error);
            }
          }
        },
        dispose: async () => runner?.dispose(),
      };
    },
  };
};
