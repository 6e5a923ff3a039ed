// The messages of EBM517 to EBM519: programs that a C compiler translates. In: the parameters of one occurrence. Out: Diagnostic
// values.
import { diagnoser } from '../message.ts';
import type { MessageTable } from '../message.ts';

export const backendMessages = {
  EBM517: {
    severity: 'error',
    title: 'the C compiler failed',
    text: (p: { compiler: string; problem: 'failed' | 'late' | 'unloadable'; said: readonly string[] }) => ({
      message: {
        failed: `${p.compiler} does not translate the program${p.said.length === 0 ? '' : `: ${p.said[0]}`}`,
        late: `${p.compiler} did not end in time, and was stopped`,
        unloadable: `what ${p.compiler} made of the program does not load: ${p.said[0] ?? 'no reason was given'}`,
      }[p.problem],
      hints: [
        ...(p.problem === 'failed' ? p.said.slice(1) : []),
        'CC names another C compiler; --backend wasm needs none; --backend auto takes it by itself',
      ],
    }),
    explanation:
      'The backend `native` hands programs to the C compiler of the machine, the one that the variable CC names or else `cc`. ' +
      'That compiler was tried before and worked; with this program it failed, ran for minutes, or made a file that cannot be ' +
      'loaded. The hints show the first lines of what it said. Under `--backend auto` another backend computes instead, and a ' +
      'warning says so.',
    example: 'ebmc run model.ebm --backend native',
  },
  EBM518: {
    severity: 'warning',
    title: 'another backend computes',
    text: (p: { wanted: string; instead: string; why: string; remedy: string | null }) => ({
      message: `${p.instead} computes, for ${p.wanted} cannot: ${p.why}`,
      hints: p.remedy === null ? [] : [`\`${p.remedy}\` gets what is missing`],
    }),
    explanation:
      '`--backend auto`, the default, chooses where a program runs: on a GPU, through the C compiler of the machine, or in ' +
      'WebAssembly. Here the backend that would be fastest cannot be used. The results are right; they only take longer. ' +
      '`ebmc backends` says what is missing, and naming a backend with --backend ends the warning.',
    example: 'ebmc run model.ebm',
  },
  EBM519: {
    severity: 'warning',
    title: 'compiled programs are not kept',
    text: (p: { why: string }) => ({
      message: `the compiled program is not kept for the next run: ${p.why}`,
      hints: ['EBMC_CACHE names another folder'],
    }),
    explanation:
      'Programs that the C compiler translated are kept in the cache folder of the user (EBMC_CACHE, else `ebmc` in ' +
      'XDG_CACHE_HOME, else ~/.cache/ebmc, on macOS ~/Library/Caches/ebmc), so that the next run begins at once. That folder ' +
      'is read-only, full, or cannot be made. The results are right; every run compiles again, which takes about a second.',
    example: 'EBMC_CACHE=/proc ebmc run model.ebm --backend native',
  },
} as const satisfies MessageTable;

export const diagnoseBackend = diagnoser(backendMessages);
