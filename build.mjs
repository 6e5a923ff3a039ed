// Bundles the command line into dist/: one chunk for what every command needs, others loaded on demand.
// `node build.mjs [DIRECTORY]`. Packages stay outside where they load files of their own (wasm, native code).
import { build } from 'esbuild';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const outdir = process.argv[2] ?? 'dist';

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
  chunkNames: 'chunks/[name]-[hash]',
  legalComments: 'none',
  logLevel: 'warning',
});

rmSync(outdir, { recursive: true, force: true });
for (const { path, contents } of outputFiles) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}
