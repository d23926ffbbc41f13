// Every key that goes to a special folder, of every keymap, from the list, a message, the folders and the help.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { keymaps } from "../../src/account/settings.ts";
import { bindingsOf, type KeyContext, KeyReader } from "../../src/tui/app/keymap.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Home, has, lacks, makeHome, openScreen } from "./postern.ts";

/** Where each leads: what the status line calls it, and the messages there. */
const places: Readonly<Record<string, readonly [title: string, ...subjects: string[]]>> = {
  "go @inbox": ["INBOX", "In the inbox"],
  "go @sent": ["Sent", "Sent off"],
  "go @drafts": ["Drafts", "Half written"],
  "go @trash": ["Trash", "Thrown away"],
  "go @archive": ["Archive", "Put by"],
  "go @junk": ["Junk", "Buy now"],
  "go @unified": ["All inboxes", "In the inbox", "Tulips"],
};
const subjects = Object.values(places).flatMap(([, ...all]) => all);

/** What the keys are on the line; each is a character, or one with Alt. */
const octets = (keys: string) => keys.replace(/M-/g, "\x1b").replaceAll(" ", "");

/** The keys that lead somewhere special there, with what they stand for: not those that another binding comes before. */
function jumps(
  keymap: (typeof keymaps)[number],
  context: KeyContext,
): (readonly [keys: string, line: string])[] {
  const bindings = bindingsOf(keymap, []);
  return bindings.flatMap(({ keys, line }) => {
    if (!line.startsWith("go @")) return [];
    const reader = new KeyReader(() => bindings);
    const results = keys.split(" ").map((key) => reader.press(key, context));
    const [last] = results.slice(-1);
    const leads = results.slice(0, -1).every(({ kind }) => kind === "pending");
    return leads && last?.kind === "line" && last.line === line ? [[keys, line] as const] : [];
  });
}

describe("keys to special folders", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  const settings = (keymap: string) =>
    `[screen]\nunified = ["@inbox", "Lists/garden"]\nkeymap = "${keymap}"\n`;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    for (const [title, subject = ""] of Object.values(places))
      if (title !== "All inboxes")
        server.deliver(title, [
          { message: sampleMessage({ n: 1, subject, body: `Of ${title}.` }), flags: "S" },
        ]);
    server.deliver("Lists/garden", [{ message: sampleMessage({ n: 2, subject: "Tulips" }), flags: "S" }]);
  });
  after(() => server?.stop());

  for (const keymap of keymaps)
    for (const context of ["list", "reader", "folders", "page"] as const)
      test(`${keymap}: from ${context}`, async () => {
        const lead = jumps(keymap, context);
        assert.deepEqual(new Set(lead.map(([, line]) => line)), new Set(Object.keys(places)));
        const home: Home = makeHome(server.port, settings(keymap));
        const pty = await openScreen(home, { columns: 90, rows: 24 });
        try {
          await pty.waitFor(has(/INBOX {2}1\/1 .*● online/));
          for (const [keys, line] of lead) {
            const [title = "", ...there] = places[line] ?? assert.fail(`nothing is known of ${line}`);
            // From a folder that is another one.
            pty.type(":go Lists/garden\r");
            await pty.waitFor(has(/Lists\/garden {2}1\/1/));
            await pty.waitFor(has("Tulips"));
            if (context === "reader") {
              pty.type("\r");
              await pty.waitFor("This is sample message 2.");
            }
            if (context === "folders") {
              pty.type(":focus folders\r");
              await pty.waitFor(lacks("Tulips"));
            }
            if (context === "page") {
              pty.type("?");
              await pty.waitFor("Keys   / searches");
            }
            pty.type(octets(keys));
            await pty.waitFor(has(new RegExp(`${title} {2}1/${there.length}`)));
            await pty.waitFor((lines) =>
              subjects.every((subject) => has(subject)(lines) === there.includes(subject)),
            );
          }
          pty.type(":quit!\r");
          assert.equal(await pty.exit, 0);
        } finally {
          await pty.stop();
          home.remove();
        }
      });
});
