/** The word somebody may have meant who wrote another. */

/** Letters to put in, take out, change or swap with the next, to make `b` of `a` (optimal string alignment). */
function distance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        row[j - 1]! + 1,
        last[j]! + 1,
        last[j - 1]! + same,
        swapped ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}

/** Of `known`, those that `word` begins, or is a slip from, or two after the same first letter; the nearest first, at most three. */
export function nearest(word: string, known: readonly string[]): string[] {
  if (word.length > 40) return [];
  const slips = (name: string) => (word.length > 3 && name[0] === word[0] ? 2 : 1);
  return known
    .map((name) => ({ name, far: word.length > 1 && name.startsWith(word) ? 0 : distance(word, name) }))
    .filter(({ name, far }) => far <= slips(name))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ name }) => name);
}
