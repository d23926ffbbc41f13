/** What the surroundings say of the language on a terminal. Imports nothing: the quickest of commands ask it. */

/** Whether the locale's character set is UTF-8, as far as the environment tells. */
export function showsUtf8(env: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || "");
}
