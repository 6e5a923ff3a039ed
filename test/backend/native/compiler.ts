// Whether this machine has what native programs need, for tests that do. A file that imports this says on the console what is missing.
import { nativeBackendsOn, thisMachine } from '../../../src/backend/native/run.ts';

const status = await nativeBackendsOn(thisMachine, () => Promise.reject(new Error('nothing is compiled here'))).native.detect(); // prettier-ignore

// oxlint-disable-next-line no-console -- a test that is skipped says why
if (!status.available) console.warn(`skipped: native: ${status.detail}`);

export const hasCompiler: boolean = status.available;
