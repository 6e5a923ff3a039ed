// Syntax trees and typed models as stable, indented JSON for --emit. Dims print as text.
import { print } from '../tensor/dims.ts';
import type { Dim } from '../tensor/dims.ts';

const isDim = (value: unknown): value is Dim =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((t) => typeof t === 'object' && t !== null && 'coef' in t && 'sizes' in t);

export const printTree = (value: unknown): string =>
  `${JSON.stringify(value, (key, v: unknown) => (key === 'span' ? undefined : isDim(v) ? print(v) : v), 2)}\n`;
