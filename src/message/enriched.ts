/** text/enriched (RFC 1896) and its forerunner text/richtext (RFC 1341 §7.1.3) as HTML, to be read as that. */

const NAMES: ReadonlyMap<string, string> = new Map([
  ["bold", "b"],
  ["italic", "i"],
  ["fixed", "code"],
  ["excerpt", "blockquote"],
  ["heading", "h2"],
  ["paragraph", "p"],
  ["nofill", "pre"],
  ["verbatim", "pre"],
]);
/** Of richtext: elements that stand for something by themselves. */
const SIGNS: ReadonlyMap<string, string> = new Map([
  ["nl", "<br>"],
  ["np", "<hr>"],
  ["lt", "&lt;"],
]);
const TOKEN = /<<|<(\/?)([A-Za-z0-9-]{1,60})>|[&<]|(?:\r?\n)+|[^<&\r\n]+|\r/g;

/** The text as HTML. Unknown elements are dropped, their contents kept; what stands in `param` and `comment` goes. */
export function enrichedToHtml(text: string, richtext: boolean): string {
  const out: string[] = [];
  let unfilled = 0;
  let dropped = 0;
  for (const [token, slash, name] of text.matchAll(TOKEN)) {
    const element = name?.toLowerCase();
    const step = slash ? -1 : 1;
    if (element === "param" || element === "comment") dropped = Math.max(0, dropped + step);
    else if (dropped > 0) continue;
    else if (element !== undefined) {
      const html = NAMES.get(element);
      if (html === "pre") unfilled = Math.max(0, unfilled + step);
      out.push(html ? `<${slash}${html}>` : (SIGNS.get(element) ?? ""));
    } else if (token === "<<" || token === "<") out.push("&lt;");
    else if (token === "&") out.push("&amp;");
    else if (!token.includes("\n") || unfilled > 0) out.push(token);
    else {
      // One line end is a space; of more in a row one is (RFC 1896 §2). Richtext has none at all.
      const ends = token.split("\n").length - 1;
      out.push(richtext || ends === 1 ? " " : "<br>".repeat(Math.min(ends - 1, 3)));
    }
  }
  return out.join("");
}
