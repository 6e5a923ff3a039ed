// Development only: renews the generated parts of grammar/README.md and src/README.md from the tables of the compiler and from
// what it prints, and the drawings that README.md shows. Run with `npm run generate`; a test holds the files current.
import { readFile, writeFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { analyse } from '../compile.ts';
import { InternalError } from '../diagnostics/diagnostic.ts';
import { drawSvg } from '../graph/draw/draw.ts';
import { architectureSections, type Packages } from './architecture.ts';
import { languageSections } from './language.ts';
import { replaceSection } from './markdown.ts';

export interface GeneratedDocument {
  /** Its path from the root of the project. */
  readonly name: string;
  readonly sections: (text: string) => Promise<Readonly<Record<string, () => string>>>;
}

const root = new URL('../../', import.meta.url);
const readJson = async (name: string): Promise<unknown> => JSON.parse(await readFile(new URL(name, root), 'utf8'));

export const readPackages = async (): Promise<Packages> =>
  ({ package: await readJson('package.json'), lock: await readJson('package-lock.json') }) as Packages;

export const documents: readonly GeneratedDocument[] = [
  { name: 'grammar/README.md', sections: async () => languageSections },
  { name: 'src/README.md', sections: async (text) => architectureSections(text, await readPackages()) },
];

/** The document as it is, and with its generated sections renewed. */
export const renew = async ({
  name: document,
  sections,
}: GeneratedDocument): Promise<{ readonly text: string; readonly renewed: string }> => {
  const text = await readFile(new URL(document, root), 'utf8');
  const made = Object.entries(await sections(text));
  return { text, renewed: made.reduce((all, [name, content]) => replaceSection(all, name, content()), text) };
};

/** A drawing as the documents show it. */
export interface Picture {
  readonly name: string;
  readonly example: string;
}

export const pictures: readonly Picture[] = ['kmeans', 'hmm'].map((stem) => ({
  name: `examples/pictures/${stem}.svg`,
  example: `examples/${stem}.ebm`,
}));

/** The drawing as it is (null when there is none), and as it should be. */
export const redraw = async ({
  name: picture,
  example,
}: Picture): Promise<{ readonly text: string | null; readonly redrawn: string }> => {
  const text = await readFile(new URL(picture, root), 'utf8').catch(() => null);
  const { graph } = analyse(await readFile(new URL(example, root), 'utf8'), example);
  if (graph === null) throw new InternalError(`${example} has errors`);
  return { text, redrawn: await drawSvg(graph) };
};

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const document of documents) await writeFile(new URL(document.name, root), (await renew(document)).renewed);
  for (const picture of pictures) await writeFile(new URL(picture.name, root), (await redraw(picture)).redrawn);
}
