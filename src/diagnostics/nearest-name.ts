// "Did you mean …?" In: a name that is not known and the names that are. Out: the nearest one, if it is near.

/** Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours cost 1 each. */
export const editDistance = (a: string, b: string): number => {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let best = Math.min(change, previous[j]! + 1, current[j - 1]! + 1);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, before[j - 2]! + 1);
      current.push(best);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length]!;
};

/** At most a third of the letters may differ (one letter for names of up to five); names of one letter match by case only. */
export const nearestName = (name: string, known: Iterable<string>): string | null => {
  let best: string | null = null;
  let least = name.length < 2 ? 0.5 : Math.max(1, Math.floor(name.length / 3)) + 0.5;
  for (const candidate of known) {
    const distance = candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name, candidate);
    if (distance < least && candidate !== name) {
      least = distance;
      best = candidate;
    }
  }
  return best;
};
