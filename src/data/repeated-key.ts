// JSON.parse keeps the last of two equal keys in silence. In: the text of a valid JSON object. Out: the first key of that
// object (not of those inside it) that comes twice, or null.

const piece = /"(?:[^"\\]+|\\.)*"|[[\]{}:,]/g;

export const repeatedKey = (text: string): string | null => {
  const seen = new Set<string>();
  let depth = 0;
  let lastString = '';
  for (const [part] of text.matchAll(piece)) {
    if (part === '{' || part === '[') depth++;
    else if (part === '}' || part === ']') depth--;
    else if (part === ':') {
      if (depth !== 1) continue;
      const key = JSON.parse(lastString) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    } else if (part !== ',') lastString = part;
  }
  return null;
};
