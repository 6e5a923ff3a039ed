// Whether this machine has what native programs need, for tests that do. A file that imports this says on the console what is missing.
import { nativeBackendsOn, thisMachine } from '../../../src/backend/native/run.ts';

const nothing = { identity: () => null, load: () => Promise.reject(new Error('nothing is compiled here')) };
const status = await nativeBackendsOn(thisMachine, nothing).native.detect();

export const hasCompiler: boolean = status.available;

/** Names of backends for a test, with native where it can run. */
export const withNative = (names: readonly string[]): readonly string[] => (hasCompiler ? [...names, 'native'] : names);
