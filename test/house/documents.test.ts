// The documents: their generated parts are what the compiler says, every table is there, the models in the language reference
// mean what the text around them claims, and links lead somewhere.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { analyse } from '../../src/compile.ts';
import { reasons } from '../../src/reference/architecture.ts';
import { documents, pictures, readPackages, redraw, renew } from '../../src/reference/generate.ts';
import { markedSections, replaceSection } from '../../src/reference/markdown.ts';
import { builtinNames, builtins } from '../../src/semantics/builtins.ts';
import { distributionNames } from '../../src/semantics/distributions.ts';
import { format } from '../../src/syntax/format.ts';

const root = join(import.meta.dirname, '..', '..');
const reference = readFileSync(join(root, 'grammar', 'README.md'), 'utf8');

interface Block {
  readonly line: number;
  /** `EBM301` for a block that is wrong on purpose. */
  readonly wrong: string | null;
  readonly source: string;
}

const blocks: readonly Block[] = [...reference.matchAll(/^```ebm(?: wrong (EBM\d+))?\n(.*?)^```$/gms)].map((match) => ({
  line: reference.slice(0, match.index).split('\n').length,
  wrong: match[1] ?? null,
  source: match[2]!,
}));

describe('the generated parts', () => {
  it.each(documents)('of $name are current (npm run generate renews them)', async (document) => {
    const { text, renewed } = await renew(document);
    expect(renewed).toBe(text);
    expect(markedSections(text).toSorted()).toEqual(Object.keys(await document.sections(text)).toSorted());
  });

  it.each(pictures)('and $name is how it is drawn (npm run generate renews it)', async (picture) => {
    const { text, redrawn } = await redraw(picture);
    expect(text).toBe(redrawn);
  });

  it('give a reason for every package', async () => {
    const { package: own } = await readPackages();
    const names = Object.keys({
      ...own.dependencies,
      ...own.optionalDependencies,
      ...own.peerDependencies,
      ...own.devDependencies,
    });
    expect(Object.keys(reasons).toSorted()).toEqual(names.toSorted());
  });

  it('hold every function and distribution', () => {
    const missing = builtinNames.filter(
      (name) => !builtins[name].signatures.every((s) => reference.includes(`\`${s.replaceAll('|', '\\|')}\``)),
    );
    expect(missing).toEqual([]);
    expect(distributionNames.filter((name) => !reference.includes(`| \`${name}(`))).toEqual([]);
  });

  it('are replaced between their marks and nowhere else', () => {
    const text = 'a\n<!-- generated: x -->\nold\n<!-- end -->\nb\n<!-- generated: y -->\n<!-- end -->\n';
    expect(replaceSection(text, 'x', 'new')).toBe(
      'a\n<!-- generated: x -->\n\nnew\n\n<!-- end -->\nb\n<!-- generated: y -->\n<!-- end -->\n',
    );
    expect(replaceSection(text, 'z', 'new')).toBe(text);
  });
});

describe('the models in the text', () => {
  it('are found: every block of ebm is read', () => {
    expect(blocks.length).toBeGreaterThan(10);
    expect(blocks).toHaveLength(reference.split('```ebm').length - 1);
  });

  it.each(blocks)('line $line', ({ source, wrong }) => {
    const { diagnostics } = analyse(source, 'README.md');
    expect(diagnostics.map((d) => d.code)).toEqual(wrong === null ? [] : [wrong]);
  });

  it.each(blocks.filter((b) => b.wrong === null))('line $line is laid out as fmt would', ({ source }) => {
    expect(format(source).text).toBe(source);
  });
});

describe('the links of the documents', () => {
  const anchorOf = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  const anchorsIn = (text: string): readonly string[] =>
    [...text.matchAll(/^#+ (.+)$/gm)].map((match) => anchorOf(match[1]!));

  it.each(['README.md', 'grammar/README.md', 'src/README.md'])('%s', (document) => {
    const text = readFileSync(join(root, document), 'utf8');
    const links = [...text.replace(/^```.*?^```$/gms, '').matchAll(/\]\(([^)\s]+)\)|<img src="([^"]+)"/g)].map(
      (match) => match[1] ?? match[2]!,
    );
    const broken = links.filter((link) => {
      if (/^https?:/.test(link)) return false;
      const [path, anchor] = link.split('#') as [string, string | undefined];
      const target = join(root, document, '..', path);
      if (anchor === undefined) return !existsSync(target);
      return !anchorsIn(path === '' ? text : readFileSync(target, 'utf8')).includes(anchor);
    });
    expect(broken).toEqual([]);
  });
});

describe('the files that the architecture tour names', () => {
  it('exist', () => {
    const tour = readFileSync(join(root, 'src', 'README.md'), 'utf8');
    const named = [...tour.matchAll(/`((?:[\w-]+\/)+[\w.-]*)`/g)].map((match) => match[1]!);
    expect(named).toContain('tensor/passes/index.ts');
    const missing = named.filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, 'src', path)));
    expect(missing.filter((path) => path !== 'dist/')).toEqual([]);
  });
});
