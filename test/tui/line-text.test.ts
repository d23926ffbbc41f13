import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ImapError, type ImapErrorCode } from "../../src/imap/index.ts";
import type { LineState } from "../../src/mail/index.ts";
import { textWidth } from "../../src/message/width.ts";
import { lineText, quiet } from "../../src/tui/app/line-text.ts";

const now = 1_800_000_000_000;
const down = (code: ImapErrorCode, retryAt: number | null): LineState => ({
  kind: "down",
  error: new ImapError(code, "it broke"),
  retryAt,
});

describe("the line on the status line", () => {
  test("says how it stands, and in seconds how long that takes", () => {
    const states: [LineState, string][] = [
      [{ kind: "offline" }, "○ off line"],
      [{ kind: "online", since: now, waitedMs: 0 }, quiet],
      [{ kind: "online", since: now, waitedMs: 2_900 }, quiet],
      [{ kind: "online", since: now, waitedMs: 11_200 }, "◌ waiting for the server (12 s)"],
      [{ kind: "connecting", since: now - 1_000, waitedMs: 0 }, "◌ connecting"],
      [{ kind: "connecting", since: now - 7_000, waitedMs: 0 }, "◌ connecting (7 s)"],
      [down("REFUSED", now + 12_000), "○ off line (refused), again in 12 s"],
      [down("TIMEOUT", now - 50), "○ off line (no answer), again in 0 s"],
      [down("AUTH", null), "○ off line (login), $ tries again"],
      [{ kind: "down", error: new Error("?"), retryAt: now + 1 }, "○ off line, again in 1 s"],
    ];
    for (const [state, text] of states) assert.equal(lineText(state, now), text);
    const [, [online]] = states as [unknown, [LineState, string]];
    assert.equal(lineText(online, now, 190), quiet);
    assert.equal(lineText(online, now, 268), `${quiet} 250 ms`);
  });

  test("leaves room beside it at 80 columns, whatever broke", () => {
    const codes: ImapErrorCode[] = [
      "REFUSED",
      "UNRESOLVED",
      "TIMEOUT",
      "CLOSED",
      "BYE",
      "TLS",
      "CERTIFICATE",
      "AUTH",
    ];
    for (const code of codes)
      for (const retryAt of [now + 60_000, null])
        assert.ok(textWidth(lineText(down(code, retryAt), now)) <= 40, code);
  });
});
