// Whom a message is to, completed while it is typed: on the lines that ask for recipients, and on the : line.
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Home, makeHome, openScreen, sizes } from "./postern.ts";
import type { Pty } from "./pty.ts";

const every =
  (...texts: RegExp[]) =>
  (lines: string[]) =>
    texts.every((text) => lines.some((line) => text.test(line)));

for (const size of sizes) {
  describe(`recipients at ${size.columns}×${size.rows}`, { skip: serverMissing("dovecot") }, () => {
    let server: Dovecot;
    let home: Home;
    let pty: Pty;

    before(async () => {
      server = await startDovecot();
      server.deliver("INBOX", [
        sampleMessage({ n: 1, from: "Irma Bloom <irma@example.net>", to: "user@example.org" }),
        sampleMessage({ n: 2, from: "user@example.org", to: "Ivo <ivo@example.net>" }),
      ]);
      home = makeHome(
        server.port,
        '[contacts]\ncommand = "./ask %s"\naliases = { isles = ["ivo@example.net", "ines@example.net"] }',
      );
      writeFileSync(join(home.dir, "ask"), "#!/bin/sh\nprintf 'igor@example.com\\tIgor of %s\\n' \"$1\"\n");
      chmodSync(join(home.dir, "ask"), 0o755);
      home = { ...home, env: { ...home.env, VISUAL: "", EDITOR: "true" } };
      pty = await openScreen(home, size);
      await pty.waitFor("INBOX  1/2");
    });
    after(async () => {
      await pty?.stop();
      await server?.stop();
      home?.remove();
    });

    test("what is typed becomes whom one wrote to, what the command says, who wrote; an alias all it stands for", async () => {
      pty.type("m");
      await pty.waitFor("To:");
      pty.type("i");
      await pty.waitFor(
        every(
          /ivo@example\.net, ines@example\.net +alias isles/,
          /Ivo <ivo@example\.net> +written to once/,
          /Igor of i <igor@example\.com> +the command/,
          /Irma Bloom <irma@example\.net> +wrote once/,
        ),
      );
      pty.type("\t");
      await pty.waitFor(every(/To: ivo@example\.net, ines@example\.net$/));
      pty.type(", bloom");
      await pty.waitFor(every(/^ *Irma Bloom <irma@example\.net> +wrote once/));
      pty.type("\x1b[Z");
      await pty.waitFor(every(/To: ivo@.*, Irma Bloom <irma@example\.net>/));
      pty.type("\r");
      await pty.waitFor("Subject:");
      pty.type("Isles\r");
      await pty.waitFor(
        every(/Your message/, /To +ivo@example\.net, ines@example\.net, Irma Bloom <irma@example\.net>/),
      );
    });

    test("an alias that is typed out is put in for, in every field", async () => {
      pty.type("c");
      await pty.waitFor("Cc:");
      pty.type("isles\r");
      await pty.waitFor(every(/Cc +ivo@example\.net, ines@example\.net/));
      pty.type("n");
      await pty.waitFor("Discard this message");
      pty.type("y");
      await pty.waitFor((lines) => !lines.some((line) => line.includes("Your message")));
    });

    test("on the : line addresses follow what takes them", async () => {
      pty.type(":compose --subject x --cc bl");
      await pty.waitFor(every(/ irma@example\.net +wrote once/));
      pty.type("\t");
      await pty.waitFor(every(/^:compose --subject x --cc irma@example\.net/));
      pty.type("\x07:contacts irma\r");
      await pty.waitFor(every(/Contacts/, /irma@example\.net +Irma Bloom: wrote once/));
    });
  });
}
