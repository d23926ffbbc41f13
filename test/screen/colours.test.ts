// Colours of one's own, over those of the theme.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { has, makeHome, openScreen } from "./postern.ts";

const colours = `
[colours]
border = "bold 208"

[colours.bar]
focused = "black on bright-green"

[colours.list]
unread = "italic magenta"
`;

describe("colours of one's own", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    server.deliver(
      "INBOX",
      [1, 2, 3].map((n) => ({ message: sampleMessage({ n }), flags: n === 2 ? "" : "S" })),
    );
  });
  after(() => server?.stop());

  /** How the row under the cursor, the unread one, a read one, and the border look. */
  async function looks(env: Readonly<Record<string, string>>) {
    const home = makeHome(server.port, colours);
    const pty = await openScreen({ ...home, env: { ...home.env, ...env } }, { columns: 110, rows: 20 });
    try {
      await pty.waitFor(has(/INBOX {2}1\/3 .*● online/));
      await pty.settle();
      const at = pty.text()[0]?.indexOf("Ada Sample") ?? -1;
      const border = pty.text()[0]?.indexOf("│") ?? -1;
      assert.ok(border > 0 && at > border, pty.text().join("\n"));
      const look = (row: number, column: number) => {
        const { foreground, background, bold, italic } = pty.cell(row, column);
        return { foreground, background, bold, italic };
      };
      return [look(0, at), look(1, at), look(2, at), look(0, border)];
    } finally {
      await pty.stop();
      home.remove();
    }
  }
  const plain = { foreground: -1, background: -1, bold: false, italic: false };

  test("are on the screen, and what they do not name is as before", async () => {
    assert.deepEqual(await looks({}), [
      { ...plain, foreground: 0, background: 10 },
      { ...plain, foreground: 5, italic: true },
      plain,
      { ...plain, foreground: 208, bold: true },
    ]);
  });

  test("are left out with NO_COLOR", async () => {
    for (const { foreground, background } of await looks({ NO_COLOR: "1" }))
      assert.deepEqual([foreground, background], [-1, -1]);
  });
});
