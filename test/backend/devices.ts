// The tfjs backends that this machine has, for tests that run over all of them. A file that imports this says on the console
// which are absent and why; suites over every backend show the absent ones as skipped, under that reason.
import { describe } from 'vitest';
import type { Backend, BackendStatus } from '../../src/backend/backend.ts';
import type { TfjsBackendName } from '../../src/backend/tfjs/devices/device.ts';
import { tfjsBackends } from '../../src/backend/tfjs/run.ts';

interface Candidate {
  readonly name: TfjsBackendName;
  readonly backend: Backend;
  /** Why tests skip it, or null. */
  readonly skipped: string | null;
}

const candidates = async (): Promise<readonly Candidate[]> => {
  const found: Candidate[] = [];
  for (const [name, backend] of Object.entries(tfjsBackends) as [TfjsBackendName, Backend][]) {
    const status: BackendStatus = await backend.detect();
    // Both are `tensorflow` within tfjs, and one process has one of them.
    const other = found.find((c) => c.name === 'cuda' && c.skipped === null && name === 'tensorflow');
    const reason = !status.available ? status.detail : other === undefined ? null : 'this process runs cuda instead';
    found.push({ name, backend, skipped: reason });
  }
  return found;
};

export const everyDevice = await candidates();

// oxlint-disable-next-line no-console -- a test that is skipped says why
for (const { name, skipped } of everyDevice) if (skipped !== null) console.warn(`skipped: ${name}: ${skipped}`);

export const present: readonly Backend[] = everyDevice.flatMap((c) => (c.skipped === null ? [c.backend] : []));

const suiteOf = (
  { name, backend, skipped }: Candidate,
  suite: (name: TfjsBackendName, backend: Backend) => void,
): void => {
  if (skipped === null) describe(name, () => suite(name, backend));
  else describe.skip(`${name}: ${skipped}`, () => suite(name, backend));
};

/** One suite a backend. */
export const onEveryBackend = (suite: (name: TfjsBackendName, backend: Backend) => void): void => {
  for (const candidate of everyDevice) suiteOf(candidate, suite);
};

/** A suite about one backend. */
export const onBackend = (name: TfjsBackendName, suite: (name: TfjsBackendName, backend: Backend) => void): void => {
  suiteOf(
    everyDevice.find((c) => c.name === name)!,
    suite,
  );
};
