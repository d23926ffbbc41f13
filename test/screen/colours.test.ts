// Colours of one's own, over those of the theme.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { isDeepStrictEqual } from "node:util";
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

[colours.light.list]
unread = "italic blue"

[colours.dark.bar]
focused = "white on blue"
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

  interface Look {
    readonly foreground: number;
    readonly background: number;
    readonly bold: boolean;
    readonly italic: boolean;
  }

  /** The row under the cursor, the unread one, a read one, and the border come to look like this. */
  async function look(wanted: readonly Look[], { env = {}, background = "" }) {
    const home = makeHome(server.port, colours);
    const pty = await openScreen({ ...home, env: { ...home.env, ...env } }, { columns: 110, rows: 20 });
    try {
      await pty.waitFor(has(/INBOX {2}1\/3 .*● online/));
      pty.type(background);
      await pty.settle();
      const at = pty.text()[0]?.indexOf("Ada Sample") ?? -1;
      const border = pty.text()[0]?.indexOf("│") ?? -1;
      assert.ok(border > 0 && at > border, pty.text().join("\n"));
      const cell = (row: number, column: number) => {
        const { foreground, background, bold, italic } = pty.cell(row, column);
        return { foreground, background, bold, italic };
      };
      const now = () => [cell(0, at), cell(1, at), cell(2, at), cell(0, border)];
      await pty.waitFor(() => isDeepStrictEqual(now(), wanted)).catch(() => assert.deepEqual(now(), wanted));
    } finally {
      await pty.stop();
      home.remove();
    }
  }
  const plain = { foreground: -1, background: -1, bold: false, italic: false };
  const unread = { ...plain, italic: true };
  const border = { ...plain, foreground: 208, bold: true };

  test("are on the screen, and what they do not name is as before; those for the background go first", async () => {
    const dark = [{ ...plain, foreground: 7, background: 4 }, { ...unread, foreground: 5 }, plain, border];
    await look(dark, {});
    await look(dark, { background: "\x1b]11;rgb:0000/0000/0000\x1b\\" });
    const light = [{ ...plain, foreground: 0, background: 10 }, { ...unread, foreground: 4 }, plain, border];
    await look(light, { background: "\x1b]11;rgb:ffff/ffff/ffff\x1b\\" });
  });

  test("are left out with NO_COLOR", async () => {
    await look([plain, { ...plain, bold: true }, plain, plain], { env: { NO_COLOR: "1" } });
  });
});
