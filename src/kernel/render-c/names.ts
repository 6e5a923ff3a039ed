// Identifiers of the C text. In: names of sizes and entries, ids of buffers, loops and locals. Out: C identifiers, unlike each
// other within what they name.

/** Letters, digits and underscores, anything else as `_`; may begin with a digit, so it needs a prefix. */
export const cleaned = (name: string): string => name.replaceAll(/[^A-Za-z0-9_]/g, '_');

/** An identifier for each of the names, in order: `prefix` and the name, with a number where two would be alike. */
export const identifiersFor = (names: readonly string[], prefix: string): ReadonlyMap<string, string> => {
  const taken = new Set<string>();
  return new Map(
    names.map((name) => {
      const plain = prefix + cleaned(name);
      let identifier = plain;
      for (let i = 2; taken.has(identifier); i++) identifier = `${plain}_${i}`;
      taken.add(identifier);
      return [name, identifier];
    }),
  );
};
