#!/usr/bin/env node
// Starts the built command line. Node 22 and later keep compiled code between runs, which halves the start.
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';

const built = new URL('../dist/cli.js', import.meta.url);
if (!existsSync(built)) {
  process.stderr.write('ebmc is not built yet: run `npm run build` in its folder\n');
  process.exit(70);
}
nodeModule.enableCompileCache?.();
await import(built.href);
