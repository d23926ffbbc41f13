/** sendmail's options as other programs give them (git send-email, cron, mail), in those of `send`. */

/** Take a value, in the same word or the next one. */
const withValue: Readonly<Record<string, string | null>> = {
  f: "--from",
  r: "--from",
  F: "--name",
  N: "--dsn",
  // How it is queued, what it is called, of what type it is: nothing here depends on it.
  B: null,
  C: null,
  D: null,
  L: null,
  O: null,
  p: null,
  R: null,
  V: null,
  X: null,
};
/** Mean nothing here: verbosity, no aliases, being sendmail, 8-bit headers; `-o…` but for `-oi`. */
const withoutMeaning = /^-(?:v|n|U|m|G|bm|A[cm]|o[^i].*|h\d+|e.)$/;

/** The words after `send`, for the parser. */
export function sendmailWords(words: readonly string[]): string[] {
  const out: string[] = [];
  const ends = !words.some((word) => word === "-i" || word === "-oi");
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--") return [...out, ...words.slice(i)];
    const letter = /^-([A-Za-z])/.exec(word)?.[1] ?? "";
    if (word === "-t") out.push("--from-header");
    else if (word === "-i" || word === "-oi" || withoutMeaning.test(word) || (word === "--dot" && !ends))
      continue;
    else if (Object.hasOwn(withValue, letter)) {
      const value = word.length > 2 ? word.slice(2) : (words[++i] ?? "");
      const name = withValue[letter];
      // Nobody, as bounces come from.
      if (name) out.push(`${name}=${value || "<>"}`);
    } else out.push(word);
  }
  return out;
}
