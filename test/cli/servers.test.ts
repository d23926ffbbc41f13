// Which servers `account add` takes for an address.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { systemNetwork } from "../../src/account/discovery/network.ts";
import { AccountError } from "../../src/account/errors.ts";
import { chooseServers } from "../../src/cli/account/servers.ts";
import { Talk } from "../../src/cli/account/talk.ts";
import { type NameServer, startNameServer } from "../servers/dns.ts";

describe("servers of an account that is added", () => {
  let names: NameServer;
  before(async () => {
    names = await startNameServer({
      srv: {
        "_imaps._tcp.inside.example": [[0, 0, 993, "imap.inside.example"]],
        "_imaps._tcp.outside.example": [[0, 0, 993, "imap.hoster.example"]],
      },
      mx: { "business.example": [[10, "business-example.mail.protection.outlook.com"]] },
    });
  });
  after(() => names.stop());
  const choose = (address: string, given = {}) =>
    chooseServers(new Talk(), address, given, {
      network: systemNetwork({ nameServers: [names.address] }),
      limitMs: 2_000,
    });
  const refused = (says: RegExp) => (error: unknown) => {
    assert.ok(error instanceof AccountError);
    assert.equal(error.code, "NO_SERVER");
    assert.match(`${error.message}\n${error.hint}`, says);
    return true;
  };

  it("what DNS tells is taken within the domain, and outside of it by --yes alone", async () => {
    assert.equal((await choose("me@inside.example")).imap.host, "imap.inside.example");
    await assert.rejects(
      choose("me@outside.example"),
      refused(
        /is at imap\.hoster\.example, which is not below outside\.example\ngive --yes if that is right/,
      ),
    );
    const servers = await choose("me@outside.example", { yes: true, user: "me.there" });
    assert.deepEqual([servers.imap.host, servers.users], ["imap.hoster.example", ["me.there"]]);
    await assert.rejects(choose("me@business.example"), refused(/outlook\.office365\.com/));
    const { found } = await choose("me@business.example", { yes: true });
    assert.equal(found?.provider?.login, "oauth2");
  });

  it("a person is shown what DNS tells outside of the domain, and asked; who says no names another", async () => {
    /** Somebody at a terminal, who answers every question so. */
    class Person extends Talk {
      override readonly interactive = true;
      readonly shown: string[] = [];
      readonly #yes: boolean;
      constructor(yes: boolean) {
        super();
        this.#yes = yes;
      }
      override say(text = ""): void {
        this.shown.push(text);
      }
      override mark(_mark: string, text: string): void {
        this.shown.push(text);
      }
      override during<T>(_text: string, work: Promise<T>): Promise<T> {
        return work;
      }
      override async confirm(question: string): Promise<boolean> {
        this.shown.push(question);
        return this.#yes;
      }
      override async ask(): Promise<string> {
        return "imap.mine.example";
      }
    }
    const meet = async (person: Person, address: string) =>
      (
        await chooseServers(
          person,
          address,
          {},
          { network: systemNetwork({ nameServers: [names.address] }), limitMs: 2_000 },
        )
      ).imap.host;
    const trusting = new Person(true);
    assert.equal(await meet(trusting, "me@outside.example"), "imap.hoster.example");
    assert.match(
      trusting.shown.join("\n"),
      /^imap\.hoster\.example:993 \(TLS\)\ntold by the SRV records of outside\.example\n.*can be forged\.\nIs imap\.hoster\.example where/,
    );
    assert.equal(await meet(new Person(false), "me@outside.example"), "imap.mine.example");
    const within = new Person(false);
    assert.equal(await meet(within, "me@inside.example"), "imap.inside.example");
    assert.ok(!within.shown.some((line) => line.includes("?")));
  });

  it("what is given is not looked for; a bare name is IMAP behind TLS", async () => {
    const before = names.asked.length;
    const servers = await choose("me@nowhere.example", {
      imap: "mail.nowhere.example",
      smtp: "mail.nowhere.example",
    });
    assert.deepEqual(servers.imap, {
      security: "tls",
      host: "mail.nowhere.example",
      port: 993,
      user: "me@nowhere.example",
    });
    assert.equal(servers.smtp?.port, 465);
    assert.equal(names.asked.length, before);
    await assert.rejects(
      choose("me@nowhere.example"),
      refused(/no mail server of nowhere\.example was found\ngive --imap/),
    );
  });
});
