/**
 * The one gate between text from outside and a terminal.
 *
 * Everything a server or a message says stays raw until it is about to be measured or drawn, and goes through here
 * then. What leaves this file holds no control character, no escape sequence, and nothing that reorders or hides text.
 */

/**
 * C0, DEL, C1; soft hyphen and grapheme joiner; bidi controls; zero-width and invisible operators; line and paragraph separators; BOM;
 * interlinear annotation and noncharacters; tag characters; lone surrogates (a pair is one code point under /u).
 */
const UNSAFE =
  /[\0-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}\p{Cs}]|\u034f/u;
const UNSAFE_CHARACTERS = new RegExp(UNSAFE.source, "gu");

/** What a control introducer opens: a CSI, a string ended by ST, or a short escape (ECMA-48 §5.3–5.6). */
const CSI = /[0-?]*[ -/]*[@-~]?/y;
const SHORT_ESCAPE = /[ -/]*[0-~]?/y;
/** A control string runs to ST or BEL. CAN, SUB, another escape or a line end abandon it, as terminals do. */
const CONTROL_STRING = /[^\n\r\x07\x18\x1a\x1b\x9c]*(?:\x1b\\|[\x07\x18\x1a\x9c])?/y;
const INTRODUCER = /[\x1b\x90\x98\x9b\x9d-\x9f]/g;

function bodyOf(introducer: string): RegExp | null {
  if (introducer === "[" || introducer === "\x9b") return CSI;
  if (/^[\]PX^_\x90\x98\x9d-\x9f]$/.test(introducer)) return CONTROL_STRING;
  return null;
}

/** Removes whole control sequences, 7-bit and C1, also nested and unterminated ones. Linear: every byte is visited once. */
function withoutSequences(s: string): string {
  let out = "";
  let from = 0;
  INTRODUCER.lastIndex = 0;
  for (let found = INTRODUCER.exec(s); found; found = INTRODUCER.exec(s)) {
    out += s.slice(from, found.index);
    let at = found.index + 1;
    let body = bodyOf(found[0]);
    if (found[0] === "\x1b") {
      body = bodyOf(s.charAt(at));
      if (body) at++;
      else body = SHORT_ESCAPE;
    }
    if (body) {
      body.lastIndex = at;
      body.test(s);
      at = body.lastIndex;
    }
    from = at;
    INTRODUCER.lastIndex = at;
  }
  return out + s.slice(from);
}

/**
 * Makes outside text safe for a terminal. Never throws; idempotent; linear in the length.
 *
 * Control sequences are removed whole; tab becomes a space; line ends (CR LF, CR, LF, VT, FF, NEL, U+2028, U+2029)
 * become "\n" with `keepNewlines`, else a space; other controls and lone surrogates become U+FFFD; bidi controls,
 * tags, annotation marks and invisible characters are dropped. ZWJ, ZWNJ and variation selectors stay: emoji and
 * Persian need them.
 */
export function safeText(s: string, options?: { readonly keepNewlines?: boolean }): string {
  if (!UNSAFE.test(s)) return s;
  const newline = options?.keepNewlines ? "\n" : " ";
  return withoutSequences(s.replace(/\r\n/g, "\n")).replace(UNSAFE_CHARACTERS, (c) => {
    const code = c.codePointAt(0) ?? 0;
    if (code === 9) return " ";
    if ((code >= 0x0a && code <= 0x0d) || code === 0x85 || code === 0x2028 || code === 0x2029) return newline;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) return "\ufffd";
    if ((code >= 0xd800 && code <= 0xdfff) || code === 0xfffe || code === 0xffff) return "\ufffd";
    return "";
  });
}
