// Bundles the command line into dist/: one chunk for what every command needs, others loaded on demand.
// `node build.mjs [DIRECTORY]`. Packages stay outside where they load files of their own (wasm, native code).
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const outdir = process.argv[2] ?? 'dist';

const buildMark = 'ebmc-build-'.padEnd(64, '-');

// Written only once it is whole: a build that fails leaves the one before.
const { outputFiles } = await build({
  write: false,
  entryPoints: { cli: 'src/cli/cli.ts' },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: ['@tensorflow/*', 'webgpu', '@viz-js/viz', '@observablehq/plot', 'linkedom'],
  // Bundled packages are CommonJS in part and ask for Node's own modules with require.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  // Text of the same length as what takes its place.
  define: { EBMC_BUILD: JSON.stringify(buildMark) },
  chunkNames: 'chunks/[name]-[hash]',
  legalComments: 'none',
  logLevel: 'warning',
});

// What was compiled by another build is not taken for what this one would make: it is named after the hash of all of it.
const hash = createHash('sha256');
for (const { contents } of outputFiles) hash.update(contents);
const name = hash.digest('hex');

rmSync(outdir, { recursive: true, force: true });
for (const { path, text } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text.replaceAll(buildMark, name));
}
