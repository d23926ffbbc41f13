/** What a terminal got that our writer never sends: the check that nothing from outside reached it raw. */

/** CSI sequences of our own: position, erase, scroll, style, margins, modes; parameters are digits and `;`. And NEL, DECSC, DECRC. */
const ownCsi = /^\x1b(?:[E78]|\[\??[0-9;]*[ABCDGHJKLMPSTXdhlmrs@])/;
/** OSC 8 links to web and mail addresses, in printable ASCII. */
const ownLink = /^\x1b\]8;;(?:(?:https?:\/\/|mailto:)[\x21-\x7e]*)?(?:\x07|\x1b\\)/i;
/** What we ask the terminal: its background colour, the modes and keys it knows, the pictures it can show; and kitty's keys. */
const ownQuery =
  /^(?:\x1b\]11;\?\x07|\x1b\[\?(?:(?:69|2026)\$p|u)|\x1b\[(?:>5|<)u|\x1b_Gi=3141,[^\x1b]*\x1b\\\x1b\]1337;ReportCellSize\x07\x1b\[16t\x1b\[c)/;
/** Modes we switch: wrapping, cursor, left and right margins, alternate screen, bracketed paste, synchronized updates. */
const ownModes = new Set(["?7", "?25", "?69", "?1049", "?2004", "?2026"]);
/** Characters that reorder or hide text. */
const tricky = /[\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/u;

/** The first thing in `raw` that is neither text nor ours, described; null where there is none. */
export function strayBytes(raw: Buffer): string | null {
  const text = raw.toString("utf8");
  for (let at = 0; at < text.length; at++) {
    const c = text.charCodeAt(at);
    if (c === 0x1b) {
      const rest = text.slice(at, at + 2100);
      const found = ownCsi.exec(rest)?.[0] ?? ownLink.exec(rest)?.[0] ?? ownQuery.exec(rest)?.[0];
      if (!found) return `an escape sequence: ${JSON.stringify(rest.slice(0, 24))}`;
      const mode = /^\x1b\[(\??[0-9]+)[hl]$/.exec(found)?.[1];
      if (mode !== undefined && !ownModes.has(mode)) return `mode ${JSON.stringify(found)}`;
      at += found.length - 1;
    } else if (c < 0x20 ? !"\r\n\b".includes(text[at] ?? "") : c >= 0x7f && c <= 0x9f) {
      return `U+${c.toString(16).padStart(4, "0")}`;
    } else if (tricky.test(text[at] ?? "")) {
      return `U+${c.toString(16)}`;
    }
  }
  return null;
}
