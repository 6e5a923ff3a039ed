// Loops in WGSL, and many loops as one number. In: loops under known sizes. Out: heads of `for`, and the lines that find all loop
// variables from the number of a combination, the innermost loop running fastest.
import { InternalError } from '../../diagnostics/diagnostic.ts';
import type { Extent, Loop, Statement } from '../kernel.ts';
import { loopName, type ShaderWriter } from './shader-writer.ts';

export type LoopStatement = Extract<Statement, { kind: 'loop' }>;

/** How many iterations; a tile's number depends on the loop over tiles, which is in sight. */
export const countText = (extent: Extent, w: ShaderWriter): string => {
  const known = knownCount(extent, w);
  if (known !== null) return `${known}i`;
  if (extent.kind !== 'tile') throw new InternalError('a loop without a length');
  return `min(${extent.size}i, ${w.dim(extent.of)}i - ${loopName(extent.tile)} * ${extent.size}i)`;
};

/** Null where it is not the same for all tiles. */
export const knownCount = (extent: Extent, w: ShaderWriter): number | null => {
  switch (extent.kind) {
    case 'dim':
      return w.dim(extent.dim);
    case 'tiles':
      return Math.ceil(w.dim(extent.of) / extent.size);
    case 'tile': {
      const of = w.dim(extent.of);
      return of % extent.size === 0 ? extent.size : of <= extent.size ? of : null;
    }
  }
};

/** Of a tile: a full one. */
export const mostCount = (extent: Extent, w: ShaderWriter): number =>
  knownCount(extent, w) ?? (extent.kind === 'tile' ? extent.size : 0);

export const productOf = (counts: readonly number[]): number => counts.reduce((a, b) => a * b, 1);

export const forLoop = ({ id, extent }: Loop, w: ShaderWriter, body: () => void): void => {
  const i = loopName(id);
  w.block(`for (var ${i} = 0i; ${i} < ${countText(extent, w)}; ${i}++) {`, body);
};

export const forLoops = (loops: readonly Loop[], w: ShaderWriter, body: () => void): void => {
  const [first, ...rest] = loops;
  if (first === undefined) return body();
  forLoop(first, w, () => forLoops(rest, w, body));
};

/** Loop variables from `number`, a u32 below the product of the counts; what lies beyond the end of a tile is skipped by `skip`. */
export const decode = (loops: readonly Loop[], number: string, w: ShaderWriter, skip: string): void => {
  const counts = loops.map((loop) => mostCount(loop.extent, w));
  let weight = productOf(counts);
  loops.forEach(({ id }, k) => {
    const above = weight;
    weight /= counts[k]!;
    const divided = weight === 1 ? number : `(${number} / ${weight}u)`;
    w.line(
      `let ${loopName(id)} = i32(${above === productOf(counts) && k === 0 ? divided : `${divided} % ${counts[k]!}u`});`,
    );
  });
  for (const { id, extent } of loops)
    if (knownCount(extent, w) === null) w.line(`if (${loopName(id)} >= ${countText(extent, w)}) { ${skip} }`);
};

/** Loops directly in each other, of one role and with nothing else in them, from a statement on, and what is in the innermost. */
export const nestOf = (
  statement: LoopStatement,
): { readonly loops: readonly Loop[]; readonly body: readonly Statement[] } => {
  const [inner] = statement.body;
  const plain = statement.scratch.length + statement.privates.length === 0;
  if (!plain || statement.body.length !== 1 || inner?.kind !== 'loop' || inner.role !== statement.role)
    return { loops: [statement.loop], body: statement.body };
  if (inner.scratch.length + inner.privates.length > 0) return { loops: [statement.loop], body: statement.body };
  const { loops, body } = nestOf(inner);
  return { loops: [statement.loop, ...loops], body };
};
