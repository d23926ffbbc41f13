/** Command lines as the screen reads them: `move --to Archive`, `search from:"Ada L" is:unread`. */
import { type Command, type Param, type RawValues, UsageError } from "./definition.ts";

/** Splits a line into words; quotes group, a backslash takes the next character as it is. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  let word = "";
  let inWord = false;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const c = line[i] ?? "";
    if (c === "\\" && quote !== "'" && i + 1 < line.length) {
      word += line[++i];
      inWord = true;
    } else if (quote !== "") {
      if (c === quote) quote = "";
      else word += c;
    } else if (c === '"' || c === "'") {
      quote = c;
      inWord = true;
    } else if (c === " " || c === "\t") {
      if (inWord) words.push(word);
      word = "";
      inWord = false;
    } else {
      word += c;
      inWord = true;
    }
  }
  if (quote !== "") throw new UsageError(`a quote is not closed: ${line}`, `end it with ${quote}`);
  if (inWord) words.push(word);
  return words;
}

/** `line` from its second word on, untouched: what a query is, quotes and all. */
function rest(line: string): string {
  return line.trim().replace(/^\S+\s*/, "");
}

function optionNamed(
  command: Command,
  word: string,
): [name: string, param: Param, value: string | undefined] {
  const [head = "", ...tail] = word.split("=");
  const value = word.includes("=") ? tail.join("=") : undefined;
  const found = Object.entries(command.options).find(([name, { alias }]) =>
    head.startsWith("--") ? name === head.slice(2) : alias === head.slice(1),
  );
  if (!found) throw new UsageError(`${command.name} has no option ${head}`, "see ? for help");
  return [found[0], found[1], value];
}

/** The values of a command's parameters in `line`, for `Command.run`. Throws UsageError. */
export function parseLine(command: Command, line: string): RawValues {
  const positional = Object.entries(command.args);
  const [only] = positional;
  // A query keeps its own quotes: the query language reads them itself.
  if (only && positional.length === 1 && only[1].type === "query") return { [only[0]]: rest(line) };
  const values: Record<string, unknown> = {};
  const words = splitWords(rest(line));
  const loose: string[] = [];
  while (words.length > 0) {
    const word = words.shift() ?? "";
    if (word === "--") loose.push(...words.splice(0));
    else if (/^--\w/.test(word) || (/^-\w$/.test(word) && Object.keys(command.options).length > 0)) {
      const [name, param, value] = optionNamed(command, word);
      if (param.type === "flag") values[name] = true;
      else values[name] = value ?? (param.optionalValue ? "" : words.shift());
    } else loose.push(word);
  }
  for (const [name, param] of positional) values[name] = param.repeat ? loose.splice(0) : loose.shift();
  if (loose.length > 0) throw new UsageError(`${command.name} takes no "${loose[0]}"`, "see ? for help");
  return values;
}
