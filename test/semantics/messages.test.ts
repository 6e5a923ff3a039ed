// Every message of names, shapes and index bounds: its example produces that very code, and reads as a sentence.
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/diagnostics/message.ts';
import { graphMessages } from '../../src/diagnostics/messages/graph.ts';
import { namesMessages } from '../../src/diagnostics/messages/names.ts';
import { shapesMessages } from '../../src/diagnostics/messages/shapes.ts';
import { check } from '../../src/semantics/check.ts';
import { parse } from '../../src/syntax/parse.ts';

// EBM450 and beyond are found by the graph, after the check.
// oxlint-disable-next-line no-explicit-any
const entries: readonly (readonly [string, Message<any>])[] = Object.entries({
  ...namesMessages,
  ...shapesMessages,
  ...graphMessages,
});
const checked = entries.filter(([code]) => code < 'EBM450');

describe('messages of the checker', () => {
  it.each(checked)('%s: the example produces it and no other error', (code, { example }) => {
    const { tree, diagnostics } = parse(example);
    expect(diagnostics).toEqual([]);
    const found = check(tree).diagnostics;
    expect(found.map((d) => d.code)).toContain(code);
    expect(found.filter((d) => d.severity === 'error' && d.code !== code)).toEqual([]);
  });

  it.each(checked)('%s: texts are whole', (_code, { title, explanation }) => {
    expect(title).toMatch(/^\S+( \S+){1,6}$/);
    expect(explanation.length).toBeGreaterThan(60);
  });

  it('each code is used by some program of the corpus or example, with a message that names what was found', () => {
    for (const [, { example }] of checked)
      for (const { message } of check(parse(example).tree).diagnostics)
        expect(message).not.toMatch(/undefined|\[object/);
  });
});
