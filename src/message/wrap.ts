import { cutToWidth, textWidth } from "./width.ts";

/**
 * `text` (safe, one line) behind `indent` blanks, and more of them where it begins with blanks itself, in lines of at most
 * `columns`. Text with a word that is longer than a line (a URL, to be copied) is left whole.
 */
export function hangingLines(text: string, indent: number, columns: number): string {
  const words = text.trimStart();
  const blanks = " ".repeat(indent + text.length - words.length);
  const room = columns - blanks.length;
  if (words.split(" ").some((word) => textWidth(word) > room)) return blanks + words;
  return blanks + wrapWords(words, room).join(`\n${blanks}`);
}

/** `text` (safe, one line) in lines of at most `columns`, broken at blanks; a word longer than a line is cut through. */
export function wrapWords(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = "";
  const put = (word: string) => {
    let rest = word;
    while (textWidth(rest) > columns) {
      const head = cutToWidth(rest, columns, "") || rest.slice(0, 1);
      lines.push(head);
      rest = rest.slice(head.length);
    }
    line = rest;
  };
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (textWidth(longer) <= columns) line = longer;
    else {
      if (line !== "") lines.push(line);
      put(word);
    }
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line];
}
