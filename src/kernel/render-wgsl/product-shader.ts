// Matrix products as WGSL: tiles of 64 × 64 entries of the result, each invocation of a workgroup of 16 × 16 keeping 4 × 4 of them
// in registers, and 16 columns of the left and rows of the right side at a time in workgroup memory. Where that is no faster than
// the device's memory, an invocation by itself for each 4 × 4 entries. In: a product and the parallel loops around it. Out: a shader.
import { offsetOf } from '../index-arithmetic.ts';
import type { Access, Index, Loop, LoopId, Statement } from '../kernel.ts';
import type { DeviceProfile } from './device-profile.ts';
import type { Rendered, Surroundings } from './dispatches.ts';
import { indexText } from './expressions.ts';
import { decode, mostCount, nestOf, productOf, countText, type LoopStatement } from './loops.ts';
import { loopName, parameter, parameterText, ShaderWriter, type ProgramFacts } from './shader-writer.ts';

type Product = Extract<Statement, { kind: 'product' }>;

/** Parallel loops with nothing but a product in them. */
export const productNestOf = (
  statement: LoopStatement,
): { readonly loops: readonly Loop[]; readonly product: Product } | null => {
  if (statement.role !== 'parallel' || statement.scratch.length + statement.privates.length > 0) return null;
  const { loops, body } = nestOf(statement);
  const [product] = body;
  return body.length === 1 && product?.kind === 'product' ? { loops, product } : null;
};

/** Of an access: what one step of each loop of the product adds to its offset, and the rest. */
interface Affine {
  readonly step: (loop: LoopId) => number;
  readonly rest: string;
}

const affine = (access: Access, { rows, columns, inner }: Product, w: ShaderWriter): Affine => {
  const own = new Set([rows.id, columns.id, inner.id]);
  const offset = offsetOf(access);
  const steps = new Map<LoopId, number>();
  const rest: Index['terms'][number][] = [];
  for (const term of offset.terms) {
    if (term.atom.kind === 'loop' && own.has(term.atom.loop)) steps.set(term.atom.loop, w.dim(term.coef));
    else rest.push(term);
  }
  return {
    step: (loop) => steps.get(loop) ?? 0,
    rest: indexText({ constant: offset.constant, terms: rest }, w, w.facts.baseOf(access.buffer)),
  };
};

export const productShader = (
  loops: readonly Loop[],
  product: Product,
  around: Surroundings,
  facts: ProgramFacts,
  profile: DeviceProfile,
): Rendered => {
  const w = new ShaderWriter(facts);
  const tiled = profile.fastShared && profile.lanes >= 256;
  const tile = tiled ? 64 : 4;
  const { rows, columns } = product;
  const across = Math.ceil(mostCount(columns.extent, w) / tile);
  const down = Math.ceil(mostCount(rows.extent, w) / tile);
  const tiles = across * down * productOf(loops.map((loop) => mostCount(loop.extent, w)));
  const groups = tiled ? tiles : Math.ceil(tiles / profile.apart);
  const group = groups > profile.mostGroups ? `(group.x + group.y * ${profile.mostGroups}u)` : 'group.x';
  w.line(tiled ? `let n = ${group};` : `let n = ${group} * ${profile.apart}u + lane;`);
  w.line(`if (n >= ${tiles}u) { return; }`);
  if (around.alive !== null) {
    if (tiled) {
      w.share('agreed', 'u32');
      w.line(`if (lane == 0u) { agreed = m[${around.alive}]; }`);
      w.line('workgroupBarrier();');
      w.line('if (workgroupUniformLoad(&agreed) == 0u) { return; }');
    } else w.line(`if (m[${around.alive}] == 0u) { return; }`);
  }
  around.loops.forEach((loop, depth) =>
    w.line(`let ${loopName(loop)} = i32(${parameterText(parameter.loops + depth)});`),
  );
  w.line(`let column = i32(n % ${across}u) * ${tile}i;`);
  w.line(`let row = i32((n / ${across}u) % ${down}u) * ${tile}i;`);
  w.line(`let batch = n / ${across * down}u;`);
  decode(loops, 'batch', w, 'return;');
  w.line(`let rows = ${countText(rows.extent, w)};`);
  w.line(`let columns = ${countText(columns.extent, w)};`);
  w.line(`let inner = ${countText(product.inner.extent, w)};`);
  if (tiled) sharedTile(product, w);
  else ownTile(product, w);
  return { text: (words) => w.module(words, tiled ? 256 : profile.apart), groups };
};

const four = [0, 1, 2, 3] as const;

/** 4 × 4 entries from row and column on, read straight from memory; rows and columns beyond the edge repeat the last. */
const ownTile = (product: Product, w: ShaderWriter): void => {
  const { rows, columns, inner } = product;
  const [left, right] = [affine(product.left, product, w), affine(product.right, product, w)];
  for (const r of four) w.line(`let left${r} = ${left.rest} + min(row + ${r}i, rows - 1i) * ${left.step(rows.id)}i;`);
  for (const c of four) w.line(`let right${c} = ${right.rest} + min(column + ${c}i, columns - 1i) * ${right.step(columns.id)}i;`); // prettier-ignore
  for (const r of four) w.line(`var sum${r} = vec4<f32>(0f);`);
  w.block('for (var k = 0i; k < inner; k++) {', () => {
    const read = (name: string, step: number): string => `bitcast<f32>(m[${name} + k * ${step}i])`;
    w.line(`let b = vec4<f32>(${four.map((c) => read(`right${c}`, right.step(inner.id))).join(', ')});`);
    for (const r of four) w.line(`sum${r} = sum${r} + ${read(`left${r}`, left.step(inner.id))} * b;`);
  });
  putTile(product, 'row', 'column', w);
};

const sharedTile = (product: Product, w: ShaderWriter): void => {
  const { rows, columns, inner } = product;
  const [left, right] = [affine(product.left, product, w), affine(product.right, product, w)];
  w.share('a', 'array<f32, 1024>');
  w.share('b', 'array<vec4<f32>, 256>');
  w.line('let x = i32(lane % 16u);');
  w.line('let y = i32(lane / 16u);');
  w.line(`let left = ${left.rest};`);
  w.line(`let right = ${right.rest};`);
  for (const r of four) w.line(`var sum${r} = vec4<f32>(0f);`);
  w.block('for (var start = 0i; start < inner; start += 16i) {', () => {
    // Four entries of each side an invocation: neighbours along the axis that memory runs along.
    const alongInner = left.step(inner.id) === 1;
    w.block('for (var q = 0i; q < 4i; q++) {', () => {
      w.line('let e = i32(lane) + q * 256i;');
      w.line(alongInner ? 'let k = e % 16i;' : 'let k = e / 64i;');
      w.line(alongInner ? 'let r = e / 16i;' : 'let r = e % 64i;');
      w.line('var value = 0f;');
      w.line(`if (row + r < rows && start + k < inner) { value = bitcast<f32>(m[left + (row + r) * ${left.step(rows.id)}i + (start + k) * ${left.step(inner.id)}i]); }`);
      w.line('a[k * 64i + r] = value;');
    });
    w.block('{', () => {
      w.line('var value = vec4<f32>(0f);');
      w.block('for (var q = 0i; q < 4i; q++) {', () => {
        w.line(`if (start + y < inner && column + 4i * x + q < columns) { value[q] = bitcast<f32>(m[right + (column + 4i * x + q) * ${right.step(columns.id)}i + (start + y) * ${right.step(inner.id)}i]); }`);
      });
      w.line('b[y * 16i + x] = value;');
    });
    w.line('workgroupBarrier();');
    w.block('for (var k = 0i; k < 16i; k++) {', () => {
      w.line('let values = b[k * 16i + x];');
      for (const r of four) w.line(`sum${r} = sum${r} + a[k * 64i + 4i * y + ${r}i] * values;`);
    });
    w.line('workgroupBarrier();');
  });
  putTile(product, 'row + 4i * y', 'column + 4i * x', w);
}; // prettier-ignore

/** The 4 × 4 sums into the result, those beyond its edge left out. */
const putTile = (product: Product, row: string, column: string, w: ShaderWriter): void => {
  const { rows, columns, accumulate } = product;
  const out = affine(product.out, product, w);
  w.line(`let out = ${out.rest};`);
  for (const r of four)
    for (const c of four) {
      const at = `m[out + (${row} + ${r}i) * ${out.step(rows.id)}i + (${column} + ${c}i) * ${out.step(columns.id)}i]`;
      const value = accumulate ? `bitcast<f32>(${at}) + sum${r}[${c}]` : `sum${r}[${c}]`;
      w.line(`if (${row} + ${r}i < rows && ${column} + ${c}i < columns) { ${at} = bitcast<u32>(${value}); }`);
    }
};
