// Sizes anywhere in a program or a part of one: in shapes, bounds, lengths and nested programs. In: the part. Out: names.

export const sizesMentioned = (part: unknown, found = new Set<string>()): ReadonlySet<string> => {
  if (part === null || typeof part !== 'object') return found;
  if ('coef' in part && 'sizes' in part) for (const name of part.sizes as readonly string[]) found.add(name);
  else for (const inner of Object.values(part)) sizesMentioned(inner, found);
  return found;
};
