// The text of shaders: numbers that WGSL has no literal for, functions with what they call, loops from one number, commands.
import { describe, expect, it } from 'vitest';
import { decode, forLoops } from '../../../src/kernel/render-wgsl/loops.ts';
import { functionTexts } from '../../../src/kernel/render-wgsl/functions.ts';
import { intText, realText } from '../../../src/kernel/render-wgsl/numbers.ts';
import { ShaderWriter, type ProgramFacts } from '../../../src/kernel/render-wgsl/shader-writer.ts';
import { constant } from '../../../src/tensor/dims.ts';

const facts: ProgramFacts = {
  sizes: {},
  buffers: [],
  baseOf: () => 0,
  seedWord: () => null,
  workspace: 0,
  stop: 0,
  firstFreeLocal: 0,
};

describe('numbers', () => {
  const called = (name: string): string => name;
  it.each([
    [1, '1f'],
    [-2.5, '(-2.5f)'],
    [0.1, '0.10000000149011612f'],
    [1e30, '1.0000000150474662e+30f'],
    [1e39, 'from_bits(0x7f800000u)'],
    [-Infinity, 'from_bits(0xff800000u)'],
    [NaN, 'from_bits(0x7fc00000u)'],
    [-0, 'from_bits(0x80000000u)'],
  ])('the real %d', (value, text) => expect(realText(value, called)).toBe(text));
  it.each([
    [7, '7i'],
    [-7, '(-7i)'],
    [-(2 ** 31), '(-2147483647i - 1i)'],
  ])('the int %d', (value, text) => expect(intText(value)).toBe(text));
});

it('functions come with those that they call, once, whatever the order of the names', () => {
  const texts = functionTexts(['tan_', 'exp_']);
  const names = texts.map((text) => /^fn (\w+)/.exec(text)![1]!);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(['tan_', 'sin_', 'cos_', 'reduce_angle', 'multiply_words', 'exp_']));
  expect(functionTexts(['exp_', 'tan_'])).toEqual(texts);
});

describe('loops', () => {
  const loop = (id: number, count: number) => ({ id, extent: { kind: 'dim', dim: constant(count) } }) as const;
  const linesOf = (write: (w: ShaderWriter) => void): readonly string[] => {
    const w = new ShaderWriter(facts);
    write(w);
    const text = w.module(1, 1);
    return text.slice(text.indexOf('lane: u32) {\n') + 13).trim().split('\n').slice(0, -1).map((line) => line.trim()); // prettier-ignore
  };
  it('are found from the number of their combination, the innermost running fastest', () => {
    expect(linesOf((w) => decode([loop(0, 4), loop(1, 3), loop(2, 5)], 'n', w, 'return;'))).toEqual([
      'let loop0 = i32((n / 15u));',
      'let loop1 = i32((n / 5u) % 3u);',
      'let loop2 = i32(n % 5u);',
    ]);
  });
  it('skip what lies beyond the end of a last tile', () => {
    const tile = { id: 1, extent: { kind: 'tile', of: constant(10), tile: 0, size: 4 } } as const;
    const over = { id: 0, extent: { kind: 'tiles', of: constant(10), size: 4 } } as const;
    expect(linesOf((w) => decode([over, tile], 'n', w, 'continue;')).at(-1)).toBe(
      'if (loop1 >= min(4i, 10i - loop0 * 4i)) { continue; }',
    );
  });
  it('stand in each other', () => {
    expect(linesOf((w) => forLoops([loop(3, 2), loop(4, 6)], w, () => w.line('go();')))).toEqual([
      'for (var loop3 = 0i; loop3 < 2i; loop3++) {',
      'for (var loop4 = 0i; loop4 < 6i; loop4++) {',
      'go();',
      '}',
      '}',
    ]);
  });
});
