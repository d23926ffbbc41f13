import { after, before, describe, test } from "node:test";
import { generator } from "../random.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { eventually, type Home, makeHome, openScreen } from "./postern.ts";
import type { Pty } from "./pty.ts";

const skip = serverMissing("dovecot");
/** Few enough that every message has a row at 80×24. */
const most = 20;
const actions = 80;

const message = (n: number) =>
  sampleMessage({ n, subject: `Subject ${n}`, from: `Sender ${n} <s${n}@example.org>` });

interface Row {
  readonly flags: string;
  readonly sender: number;
  readonly subject: number;
}

function rowsOf(pty: Pty): Row[] {
  return pty.text().flatMap((line) => {
    const found = /^.([NrFD>T ]{3}) .*Sender (\d+) +Subject (\d+)$/.exec(line);
    return found
      ? [{ flags: (found[1] ?? "").trim(), sender: Number(found[2]), subject: Number(found[3]) }]
      : [];
  });
}

const letters = (flags: readonly string[]) =>
  [
    flags.includes("\\Seen") ? "" : "N",
    flags.includes("\\Flagged") ? "F" : "",
    flags.includes("\\Deleted") ? "D" : "",
  ].join("");

async function serverRows(wire: Wire): Promise<string[]> {
  return (await wire.listing())
    .map(({ flags, subject }) => `${letters(flags)} ${subject.replace("Subject ", "")}`)
    .reverse();
}

const shownRows = (pty: Pty) => rowsOf(pty).map(({ flags, subject }) => `${flags} ${subject}`);

describe("two screens and a third client on one mailbox", { skip }, () => {
  let server: Dovecot;
  let homes: Home[];
  let screens: Pty[];
  let wire: Wire;
  before(async () => {
    server = await startDovecot({ tls: "none" });
    server.deliver(
      "INBOX",
      Array.from({ length: 14 }, (_, i) => ({ message: message(i + 1), flags: i % 2 ? "S" : "" })),
    );
    homes = [makeHome(server.port), makeHome(server.port)];
    screens = await Promise.all(homes.map((home) => openScreen(home)));
    wire = await Wire.open(server.port, "INBOX");
    await Promise.all(screens.map((pty) => pty.waitFor("1/14")));
  });
  after(async () => {
    wire?.close();
    await Promise.all((screens ?? []).map((pty) => pty.stop()));
    await server?.stop();
    for (const home of homes ?? []) home.remove();
  });

  async function agree(what: string): Promise<void> {
    let said = "";
    const same = async () => {
      const rows = (await serverRows(wire)).join("\n");
      const shown = screens.map((pty) => shownRows(pty).join("\n"));
      said = [rows, ...shown].map((text) => text.replaceAll("\n", ", ")).join("\n");
      return shown.every((text) => text === rows);
    };
    await eventually(same, what).catch((error: Error) => {
      throw new Error(`${error.message}\n${said}`);
    });
  }

  test("what one does, the other shows without a key", async () => {
    const [one, two] = screens as [Pty, Pty];
    await agree("both list what there is");
    one.type("F");
    await two.waitFor(() => rowsOf(two).some((row) => row.subject === 14 && row.flags.includes("F")));
    two.type("jd");
    await one.waitFor(() => !rowsOf(one).some((row) => row.subject === 13));
    const [first = 0] = await wire.search('SUBJECT "Subject 12"');
    await wire.command(`UID STORE ${first} +FLAGS (\\Deleted)`);
    await one.waitFor(() => rowsOf(one).some((row) => row.subject === 12 && row.flags.includes("D")));
    await wire.command(`UID EXPUNGE ${first}`);
    await two.waitFor(() => !rowsOf(two).some((row) => row.subject === 12));
    await agree("all are the same");
  });

  test("however their changes cross, no row is ever wrong, and in the end all are the same", async () => {
    const random = generator(20_261);
    let next = 100;
    // Looked at while bytes still come, a row may be half drawn; but it does not stay so.
    const whole = (pty: Pty) => rowsOf(pty).every(({ sender, subject }) => sender === subject);
    const check = () => Promise.all(screens.map((pty) => pty.waitFor(() => whole(pty))));
    for (let i = 0; i < actions; i++) {
      const who = random(3);
      const pty = screens[who];
      if (pty) {
        const key = ["F", "M", "F", "M", "d", "u", "d", "u"][random(8)] ?? "F";
        pty.type(`gg${random(12) + 1}j${key}`);
      } else {
        const uids = await wire.search("ALL");
        const uid = uids[random(uids.length)];
        const what = random(5);
        if (what <= 1) await wire.command(`UID STORE ${uid} ${random(2) ? "+" : "-"}FLAGS (\\Flagged)`);
        else if (what === 2) await wire.command(`UID STORE ${uid} ${random(2) ? "+" : "-"}FLAGS (\\Seen)`);
        else if (what === 3 && uids.length > 6) {
          await wire.command(`UID STORE ${uid} +FLAGS (\\Deleted)`);
          await wire.command(`UID EXPUNGE ${uid}`);
        } else if (uids.length < most - 3) await wire.append("INBOX", message(next++));
      }
      await check();
      // Sometimes at once after one another, sometimes with a frame or a notification between.
      if (random(3) === 0) await new Promise((resolve) => setTimeout(resolve, random(120)));
      await check();
    }
    await agree("both screens and the server");
    await check();
  });
});
