/** The header of a message as bytes. */

/** From the beginning to the empty line, whatever the line ends are. */
export function headerOf(message: Buffer): Buffer {
  const ends = ["\r\n\r\n", "\n\n", "\r\r"]
    .map((end) => [message.indexOf(end), end.length] as const)
    .filter(([at]) => at >= 0);
  const [at, length] = ends.sort((a, b) => a[0] - b[0])[0] ?? [message.length, 0];
  return message.subarray(0, at + length);
}

/** The lines of the named fields, with their continuations, and the empty line. */
export function chooseFields(header: Buffer, fields: readonly string[]): Buffer {
  const wanted = new Set(fields.map((name) => name.toLowerCase()));
  const kept = header
    .toString("latin1")
    .split(/(?:\r\n|\r|\n)(?![ \t])/)
    .filter((line) =>
      wanted.has(
        line
          .slice(0, Math.max(0, line.indexOf(":")))
          .trim()
          .toLowerCase(),
      ),
    );
  return Buffer.from(`${[...kept, ""].join("\r\n")}\r\n`, "latin1");
}
