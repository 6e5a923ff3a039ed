// The known name closest to one that is unknown, for "did you mean". Damerau-Levenshtein distance, at most a third of the length.

const distance = (a: string, b: string): number => {
  let before: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Infinity;
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution, swap));
    }
    [before, previous] = [previous, row];
  }
  return previous[b.length]!;
};

/** null when nothing is near. Names that differ in case only are nearest; a name of one letter has no other neighbours. */
export const nearestName = (name: string, known: Iterable<string>): string | null => {
  let best: string | null = null;
  let least = Math.floor(name.length / 3) + (name.length > 1 ? 1 : 0.5);
  for (const candidate of known) {
    const same = candidate.toLowerCase() === name.toLowerCase();
    if (!same && Math.abs(candidate.length - name.length) >= least) continue;
    const found = same ? 0 : distance(name, candidate);
    if (found < least) [best, least] = [candidate, found];
  }
  return best;
};
