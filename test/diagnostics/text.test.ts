// Positions in texts, and names that are near.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearestName } from '../../src/diagnostics/nearest-name.ts';
import { sourceMap } from '../../src/diagnostics/source-map.ts';

const texts = fc.array(fc.constantFrom('a', 'β', '😀', '\n', '\r\n', '\r', ' ')).map((parts) => parts.join(''));

test('position and offset are inverse, and lines hold no line ends', () => {
  fc.assert(
    fc.property(texts, fc.nat(), (text, n) => {
      const offset = n % (text.length + 1);
      const map = sourceMap(text);
      const { line, column } = map.position(offset);
      expect(map.lineStart(line) + column - 1).toBe(offset);
      expect(map.lineText(line)).not.toMatch(/[\r\n]/);
      expect(map.lineCount).toBe(text.split(/\r\n|\r|\n/).length);
      expect(map.lineText(line)).toBe(text.split(/\r\n|\r|\n/)[line - 1]);
    }),
  );
});

test('the distance is a metric on short words up to swaps, and counts single edits', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 6 });
  fc.assert(
    fc.property(word, word, (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      expect(editDistance(a, b)).toBeGreaterThanOrEqual(Math.abs(a.length - b.length));
    }),
  );
  expect(editDistance('factr', 'factor')).toBe(1);
  expect(editDistance('faktor', 'factor')).toBe(1);
  expect(editDistance('fcator', 'factor')).toBe(1);
  expect(editDistance('kitten', 'sitting')).toBe(3);
});

test('only near names are offered, the nearest first', () => {
  expect(nearestName('factr', ['latent', 'factor', 'fact_x'])).toBe('factor');
  expect(nearestName('n', ['N', 'm'])).toBe('N');
  expect(nearestName('x', ['y', 'z'])).toBeNull();
  expect(nearestName('elephant', ['factor', 'latent'])).toBeNull();
  expect(nearestName('lambda', ['lambda'])).toBeNull();
});
