// Two clients and a third program change flags of the same messages at the same moments: in the end all say the same.
import { after, before, describe, test } from "node:test";
import { generator } from "../random.ts";
import { startCyrus } from "../servers/cyrus.ts";
import { type ServerName, serverMissing } from "../servers/daemon.ts";
import { startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Wire } from "../servers/wire.ts";
import { type AccountServer, type Client, type Clients, clientsOf, eventually } from "./fixture.ts";

const servers: readonly [ServerName, () => Promise<AccountServer>][] = [
  ["dovecot", () => startDovecot({ tls: "none" })],
  ["cyrus", () => startCyrus()],
];

const messages = 4;
const rounds = 60;
const flags = ["\\Seen", "\\Flagged"] as const;

const line = (m: { readonly subject: string; readonly flags: readonly string[] }) =>
  `${m.subject} ${flags.filter((flag) => m.flags.includes(flag)).join()}`;

for (const [name, start] of servers) {
  describe(`${name}: flags that cross`, { skip: serverMissing(name) }, () => {
    let clients: Clients;
    let wire: Wire;
    let two: Client[];
    before(async () => {
      const server = await start();
      clients = clientsOf(server);
      wire = await Wire.open(server.port, "INBOX", server.user);
      for (let n = 1; n <= messages; n++)
        await wire.append("INBOX", sampleMessage({ n, subject: `Letter ${n}` }));
      two = await Promise.all(["one", "two"].map((each) => clients.client(each, { keepOnline: true })));
      for (const { mail, inbox } of two) {
        await mail.refreshFolders();
        await mail.sync(inbox);
        mail.watch(inbox);
      }
    });
    after(async () => {
      wire?.close();
      await clients?.end();
    });

    const rows = ({ mail, inbox }: Client) =>
      mail.window(inbox, { sort: "arrival", descending: false, offset: 0, limit: 100 });
    const said = async () =>
      [await wire.listing(), ...two.map(rows)].map((list) => list.map(line).join("; "));

    test("each client ends with what the server has", async () => {
      const random = generator(20_261);
      for (let round = 0; round < rounds; round++) {
        let third: Promise<unknown> = Promise.resolve();
        const done: string[] = [];
        const changes: Promise<unknown>[] = [];
        for (let i = 0; i < 6; i++) {
          const [who, n, flag, adds] = [
            random(3),
            random(messages),
            flags[random(2)] ?? "\\Seen",
            random(2) === 1,
          ];
          done.push(`${who}: ${adds ? "+" : "-"}${flag} ${n + 1}`);
          const client = two[who];
          if (client) {
            const { uid = 0 } = rows(client)[n] ?? {};
            changes.push(client.mail.flag(client.inbox, [uid], adds ? "add" : "remove", [flag]));
          } else third = third.then(() => wire.command(`STORE ${n + 1} ${adds ? "+" : "-"}FLAGS (${flag})`));
          // At once after one another, in another turn, or while a server is at it.
          const pause = random(4);
          if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause === 3 ? random(40) : 0));
        }
        await Promise.all([third, ...changes]);
        let last: string[] = [];
        const same = async () => {
          last = await said();
          return last.every((list) => list === last[0]);
        };
        await eventually("all are the same", same).catch((error: Error) => {
          throw new Error([`round ${round}: ${error.message}`, ...last, ...done].join("\n"));
        });
      }
    });
  });
}
