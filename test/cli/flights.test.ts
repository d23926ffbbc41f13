// How many times a one-shot command waits for the server, TCP and TLS among them: when nothing is known of it, and from then on.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { type RoundsProxy, roundsProxy } from "../servers/rounds.ts";
import { Home } from "./postern.ts";

/** More than come with the opening of a folder that is not known: low UIDs are in no index. */
const messages = 300;

/** A command for a message, and its flights at most, cold and warm. A change waits until it is known what it is made to. */
const lines: readonly (readonly [line: (uid: number) => string, cold: number, warm: number])[] = [
  [() => "list", 5, 3],
  [() => "folders", 5, 3],
  [() => "count", 5, 3],
  [() => "check", 5, 3],
  [() => "status", 5, 3],
  [() => "search subject:sample", 6, 3],
  [() => "list is:unread", 6, 3],
  [() => "sort -date", 6, 3],
  [(uid) => `fetch ${uid}`, 5, 3],
  [(uid) => `fetch ${uid + 100}`, 5, 3],
  [(uid) => `fetch ${uid} --headers`, 5, 3],
  [(uid) => `fetch ${uid} --raw`, 5, 3],
  [(uid) => `fetch ${uid} --part 2`, 5, 3],
  [(uid) => `attach ${uid}`, 5, 3],
  [(uid) => `attach ${uid} cat 2`, 5, 3],
  [(uid) => `flag ${uid} +flagged`, 7, 4],
  [(uid) => `copy ${uid} -t Sent`, 9, 5],
  [(uid) => `delete ${uid}`, 9, 5],
];

describe("flights of a command", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let proxy: RoundsProxy;
  let cold: Home;
  let warm: Home;

  const home = () => Home.on(server, `imaps://${server.user}@localhost:${proxy.port}`);
  /** TCP's own handshake the proxy does not see; for the goodbye, which it does, nobody waits. */
  const flights = async (where: Home, line: string) => {
    const { rounds } = proxy;
    const ran = await where.run(line.split(" "));
    assert.equal(ran.err, "", line);
    return proxy.rounds - rounds;
  };

  before(async () => {
    server = await startDovecot();
    const mail = Array.from({ length: messages }, (_, n) => sampleMessage({ n, attachmentBytes: 600 }));
    server.deliver("INBOX", mail);
    proxy = await roundsProxy(server.tlsPort);
    [cold, warm] = [home(), home()];
    for (const line of ["folders", "list"]) await flights(warm, line);
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
    for (const made of [cold, warm]) made.remove();
  });

  for (const [at, [line, first, then]] of lines.entries())
    it(`${line(at + 1)}: ${first} cold, ${then} warm`, async () => {
      // A machine that is busy may cut an answer in two, and not each time.
      const fewest = async (most: number, run: (uid: number) => Promise<number>) => {
        let seen = await run(at + 1);
        for (let again = 1; seen > most && again < 3; again++)
          seen = Math.min(seen, await run(at + 1 + again * 30));
        assert.ok(seen <= most, `${seen} flights`);
      };
      await fewest(first, (uid) => {
        rmSync(join(cold.dir, "cache"), { recursive: true, force: true });
        return flights(cold, line(uid));
      });
      await fewest(then, (uid) => flights(warm, line(uid + 100)));
    });
});
