// To whom an answer goes: r, R and L in the list and in a message, and E, which begins anew; and m as a preset has it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type Home, has, lacks, makeHome, openScreen, sizes } from "./postern.ts";
import type { Pty } from "./pty.ts";

const talk = sampleMessage({
  n: 1,
  subject: "Compost",
  from: "Ann Lee <ann@example.org>",
  to: "user@example.org, Bob <bob@example.org>",
  headers: [
    "Cc: Cy <cy@example.org>",
    "List-Post: <mailto:garden@lists.example>",
    "List-Id: <garden.lists.example>",
  ],
});

for (const size of sizes)
  describe(`answering at ${size.columns}×${size.rows}`, { skip: serverMissing("dovecot") }, () => {
    let server: Dovecot;
    let home: Home;
    let pty: Pty;
    before(async () => {
      server = await startDovecot({ tls: "none" });
      server.deliver("INBOX", [{ message: talk, flags: "S" }]);
      const made = makeHome(server.port);
      home = { ...made, env: { ...made.env, VISUAL: "", EDITOR: "true" } };
      pty = await openScreen(home, size);
      await pty.waitFor(has(/INBOX {2}1\/1 .*● online/));
    });
    after(async () => {
      await pty?.stop();
      await server?.stop();
      home?.remove();
    });
    /** The fields of the message that is looked over, which is then discarded. */
    const written = async (key: string) => {
      pty.type(key);
      await pty.waitFor("Your message");
      await pty.waitFor(has(/^ +Subject /));
      const fields = pty.text().flatMap((line) => {
        const [, name = "", text = ""] = /^ +(To|Cc|Subject) {2,}(\S.*)$/.exec(line) ?? [];
        return name === "" ? [] : [`${name}: ${text.trim()}`];
      });
      pty.type("n");
      await pty.waitFor("for good?");
      pty.type("y");
      await pty.waitFor(lacks("Your message"));
      return fields;
    };

    const expected = {
      r: ["To: Ann Lee <ann@example.org>", "Subject: Re: Compost"],
      R: [
        "To: Ann Lee <ann@example.org>",
        "Cc: Bob <bob@example.org>, Cy <cy@example.org>",
        "Subject: Re: Compost",
      ],
      L: ["To: garden@lists.example", "Subject: Re: Compost"],
      E: ["To: user@example.org, Bob <bob@example.org>", "Cc: Cy <cy@example.org>", "Subject: Compost"],
    };
    for (const [where, enter, leave] of [
      ["the list", "", ""],
      ["a message", "\r", "q"],
    ] as const)
      test(`from ${where}`, async () => {
        pty.type(enter);
        if (enter !== "") await pty.waitFor("This is sample message 1.");
        for (const [key, fields] of Object.entries(expected))
          assert.deepEqual(await written(key), fields, key);
        pty.type(leave);
        await pty.waitFor(lacks("This is sample message 1."));
      });
  });
