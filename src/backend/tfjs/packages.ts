// Where npm packages are, as this process resolves them. In: a package's name. Out: its folder, or the package itself.
// Packages that an installation may lack are loaded through here, so that nothing of them is needed to compile or to start.
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import packageFile from '../../../package.json' with { type: 'json' };

const require = createRequire(import.meta.url);

/** The folder of an installed package, or null. */
export const folderOf = (name: string): string | null => {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch {
    return null;
  }
};

export const corePackage = '@tensorflow/tfjs-core';
export const coreFolder = (): string | null => folderOf(corePackage);

export const missingAmong = (names: readonly string[]): readonly string[] =>
  names.filter((name) => folderOf(name) === null);

/** Imports an installed package. Throws whatever the package throws. */
export const loadPackage = (name: string): Promise<unknown> =>
  import(/* @vite-ignore */ pathToFileURL(require.resolve(name)).href);

const { dependencies, optionalDependencies, peerDependencies } = packageFile;
const versions: Readonly<Record<string, string>> = { ...dependencies, ...optionalDependencies, ...peerDependencies };

/** What `npm install` is told: the packages in the versions that go with ours. */
export const installing = (names: readonly string[]): string =>
  `npm install ${names.map((name) => (versions[name] === undefined ? name : `${name}@${versions[name]}`)).join(' ')}`;
