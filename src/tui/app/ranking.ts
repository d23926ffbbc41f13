/** Finding fuzzily: what can be meant by a few letters, best first. */

/** Whether `text`'s letters occur in `candidate` in their order: what fuzzy finding means here. */
function fuzzy(candidate: string, text: string): boolean {
  let at = -1;
  for (const c of text.toLowerCase()) {
    at = candidate.toLowerCase().indexOf(c, at + 1);
    if (at < 0) return false;
  }
  return true;
}

/**
 * Those that begin with `text`, then those that contain it, then those that have its letters in order, then those whose
 * `about` has all of its words: who does not know what a command is called finds it by what it does.
 */
export function ranked<T>(
  items: readonly T[],
  text: string,
  key: (item: T) => string,
  about: (item: T) => string = () => "",
): T[] {
  const words = text.toLowerCase().split(/[\s-]+/);
  const tells = (item: T) => words.every((word) => about(item).toLowerCase().includes(word));
  const rank = (item: T) => {
    const at = key(item).toLowerCase().indexOf(text.toLowerCase());
    if (at >= 0) return Math.min(at, 1);
    return fuzzy(key(item), text) ? 2 : tells(item) ? 3 : 4;
  };
  const ranks = items.map(rank);
  return [0, 1, 2, 3].flatMap((wanted) => items.filter((_, i) => ranks[i] === wanted));
}
