// Finding an address's servers: DNS, web servers and an IMAP server, all of them here on loopback.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server as WebServer } from "node:https";
import type { AddressInfo } from "node:net";
import { after, before, describe, it, test } from "node:test";
import { parseAutoConfig } from "../../src/account/discovery/autoconfig.ts";
import { type Found, findServers, parseAddress, type Server } from "../../src/account/discovery/index.ts";
import { type Network, systemNetwork } from "../../src/account/discovery/network.ts";
import { providers } from "../../src/account/discovery/provider-table.ts";
import { AccountError } from "../../src/account/errors.ts";
import { oauthProviderOf } from "../../src/account/oauth/providers.ts";
import { ImapError } from "../../src/imap/index.ts";
import { type Certificates, makeCertificates } from "../servers/certificates.ts";
import { type NameServer, startNameServer, type Zone } from "../servers/dns.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";

const server = (url: string): Server => {
  const { protocol, hostname, port } = new URL(url);
  const security = protocol === "imaps:" || protocol === "submissions:" ? "tls" : "starttls";
  return { security, host: hostname, port: Number(port) };
};

const autoConfig = (body: string) => `<?xml version="1.0"?>
<clientConfig version="1.1"><emailProvider id="x"><domain>x</domain>${body}</emailProvider></clientConfig>`;
const imapEntry = (host: string, port = 993, socket = "SSL", user = "%EMAILADDRESS%") =>
  `<incomingServer type="imap"><hostname>${host}</hostname><port>${port}</port><socketType>${socket}</socketType><username>${user}</username></incomingServer>`;

test("the table: an address of a large provider needs no network", async () => {
  const network: Network = {
    get resolver(): never {
      throw new Error("asked DNS");
    },
    get: () => Promise.reject(new Error("asked the web")),
    greet: () => Promise.reject(new Error("asked IMAP")),
  };
  const of = (address: string) => findServers(address, { network });
  const cases: readonly [string, string, string][] = [
    ["me@gmail.com", "imap.gmail.com", "smtp.gmail.com"],
    ["me@Googlemail.COM", "imap.gmail.com", "smtp.gmail.com"],
    ["me@hotmail.co.uk", "outlook.office365.com", "smtp.office365.com"],
    ["me@yahoo.co.uk", "imap.mail.yahoo.com", "smtp.mail.yahoo.com"],
    ["me@yahoo.co.jp", "imap.mail.yahoo.co.jp", "smtp.mail.yahoo.co.jp"],
    ["me@web.de", "imap.web.de", "smtp.web.de"],
    ["me@outlook.com", "outlook.office365.com", "smtp.office365.com"],
    ["me@aol.com", "imap.aol.com", "smtp.aol.com"],
    ["me@icloud.com", "imap.mail.me.com", "smtp.mail.me.com"],
    ["me@fastmail.com", "imap.fastmail.com", "smtp.fastmail.com"],
    ["me@gmx.net", "imap.gmx.net", "mail.gmx.net"],
    ["me@zohomail.com", "imap.zoho.com", "smtp.zoho.com"],
    ["me@yandex.ru", "imap.yandex.com", "smtp.yandex.com"],
    ["me@163.com", "imap.163.com", "smtp.163.com"],
    ["me@mailbox.org", "imap.mailbox.org", "smtp.mailbox.org"],
    ["me@posteo.de", "posteo.de", "posteo.de"],
    ["me@laposte.net", "imap.laposte.net", "smtp.laposte.net"],
    ["me@runbox.com", "mail.runbox.com", "mail.runbox.com"],
    ["me@vip.qq.com", "imap.qq.com", "smtp.qq.com"],
    ["me@proton.me", "127.0.0.1", "127.0.0.1"],
  ];
  for (const [address, imap, smtp] of cases) {
    const found = await of(address);
    assert.deepEqual([found?.imap.host, found?.smtp?.host], [imap, smtp], address);
    assert.deepEqual([found?.source, found?.confirm], ["table", false]);
  }
  assert.deepEqual((await of("me@riseup.net"))?.users, ["me", "me@riseup.net"]);
  await assert.rejects(of("me@tuta.com"), (e) => e instanceof AccountError && e.code === "NO_SERVER");
});

test("the table itself: addresses that can be read, TLS everywhere, each domain once", () => {
  const domains = providers.flatMap((p) => p.domains.split(" "));
  assert.equal(new Set(domains).size, domains.length);
  assert.ok(providers.length > 40);
  for (const { name, imap, smtp, login, note } of providers) {
    if (imap === null) {
      assert.ok(note, name);
      continue;
    }
    assert.match(imap, /^imaps:\/\/[a-z0-9.-]+$|^imap:\/\/127\.0\.0\.1:\d+$/, name);
    assert.match(smtp, /^submissions?:\/\/[a-z0-9.-]+$|^submission:\/\/127\.0\.0\.1:\d+$/, name);
    if (login !== "password") assert.ok(note, `${name}: what the person has to do is told`);
    if (login === "oauth2") assert.ok(oauthProviderOf(new URL(imap).hostname), name);
  }
  assert.equal(oauthProviderOf("imap.gmail.com"), "google");
  assert.equal(oauthProviderOf("IMAP-mail.outlook.com"), "microsoft");
  assert.equal(oauthProviderOf("evil-outlook.com"), null);
});

test("what is no address is said so", () => {
  for (const text of [
    "",
    "me",
    "@example.org",
    "me@",
    "me@x",
    "me@ex ample.org",
    "a b@example.org",
    "me@1.2.3.4",
  ])
    assert.throws(
      () => parseAddress(text),
      (e) => e instanceof AccountError && e.code === "NO_SERVER",
      text,
    );
  assert.equal(parseAddress(" me@Bücher.example ").domain, "xn--bcher-kva.example");
  assert.equal(parseAddress('"a@b"@example.org'.replaceAll('"', "")).domain, "example.org");
});

describe("autoconfig files", () => {
  const who = parseAddress("me@example.org");
  it("are read for IMAP behind TLS, from the start before STARTTLS", () => {
    const xml = autoConfig(
      `<incomingServer type="pop3"><hostname>pop.example.org</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
       ${imapEntry("old.example.org", 143, "plain")}${imapEntry("b.example.org", 143, "STARTTLS")}
       ${imapEntry("mail.%EMAILDOMAIN%", 993, "SSL", "%EMAILLOCALPART%")}
       <outgoingServer type="smtp"><hostname>smtp.example.org</hostname><port>587</port><socketType>STARTTLS</socketType></outgoingServer>`,
    );
    assert.deepEqual(parseAutoConfig(xml, who), {
      imap: server("imaps://mail.example.org:993"),
      smtp: server("submission://smtp.example.org:587"),
      users: ["me"],
    });
  });
  it("that offer nothing usable, or are none, come to nothing", () => {
    const bad = [
      "",
      "<html><body>404",
      "{}",
      autoConfig(imapEntry("h.example.org", 143, "plain")),
      autoConfig(imapEntry("-bad-", 993)),
      autoConfig(imapEntry("a\u001b[2Jb.example.org", 993)),
      autoConfig(imapEntry("h.example.org/../x", 993)),
      autoConfig(imapEntry("h.example.org", 99999)),
      autoConfig(imapEntry("h.example.org", -1)),
      `<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>${autoConfig(imapEntry("&e;.example.org"))}`,
      "<a>".repeat(50_000),
    ];
    for (const xml of bad) assert.equal(parseAutoConfig(xml, who), null, xml.slice(0, 60));
    const odd = parseAutoConfig(autoConfig(imapEntry("h.example.org", 993, "SSL", "a\u001b]0;x%FOO%")), who);
    assert.deepEqual(odd?.users, ["me@example.org", "me"]);
  });
});

describe("asking", () => {
  let certificates: Certificates;
  let web: WebServer;
  let dovecot: Dovecot | null = null;
  const files = new Map<string, string | { status: number; location?: string } | "hang">();
  const fetched: string[] = [];
  const names: NameServer[] = [];
  const address = (name: string) => [name, "127.0.0.1"] as const;

  before(async () => {
    certificates = await makeCertificates();
    // One for each of the hosts that are asked; SNI picks by itself, since it is for *.example.org and example.org.
    const { cert, key } = certificates.servers.wildcard;
    web = createServer({ cert, key }, (request, response) => {
      const url = `${request.headers.host?.replace(/:\d+$/, "")}${request.url}`;
      fetched.push(url);
      const file = files.get(url.replace(/\?.*/, ""));
      if (file === "hang") return;
      if (typeof file === "string") response.end(file);
      else response.writeHead(file?.status ?? 404, file?.location ? { location: file.location } : {}).end();
    });
    web.listen(0, "127.0.0.1");
    await once(web, "listening");
    if (!serverMissing("dovecot")) dovecot = await startDovecot();
  });
  after(async () => {
    web.closeAllConnections();
    web.close();
    for (const name of names) await name.stop();
    await dovecot?.stop();
  });

  const greets = new Map<string, boolean>();
  async function networkOf(zone: Zone): Promise<Network> {
    const name = await startNameServer(zone);
    names.push(name);
    const httpsPort = (web.address() as AddressInfo).port;
    const network = systemNetwork({ nameServers: [name.address], ca: certificates.ca, httpsPort });
    return {
      ...network,
      greet: async ({ security, host }) => {
        if (!greets.get(`${security} ${host}`)) throw new ImapError("REFUSED", "not there");
      },
    };
  }
  async function find(zone: Zone, who = "me@mail.example.org", limitMs = 3_000): Promise<Found | null> {
    fetched.length = 0;
    return findServers(who, { network: await networkOf(zone), limitMs });
  }
  const domain = "mail.example.org";

  it("SRV: TLS from the start, the least priority first, the whole address as user first", async () => {
    const found = await find({
      srv: {
        [`_imaps._tcp.${domain}`]: [
          [10, 0, 1993, "second.mail.example.org"],
          [5, 1, 993, "a.mail.example.org"],
          [5, 9, 994, "first.mail.example.org"],
        ],
        [`_imap._tcp.${domain}`]: [[0, 0, 143, "starttls.mail.example.org"]],
        [`_submission._tcp.${domain}`]: [[0, 0, 587, "send.mail.example.org"]],
        [`_submissions._tcp.${domain}`]: [[0, 0, 0, "."]],
      },
    });
    assert.deepEqual(found, {
      source: "srv",
      told: "the SRV records of mail.example.org",
      imap: server("imaps://first.mail.example.org:994"),
      smtp: server("submission://send.mail.example.org:587"),
      users: ["me@mail.example.org", "me"],
      confirm: false,
      provider: null,
    });
  });

  it("SRV outside of the domain has to be confirmed, also where only its end looks alike", async () => {
    for (const target of ["imap.elsewhere.example", "evilmail.example.org", "imap.gmail.com"]) {
      const found = await find({ srv: { [`_imaps._tcp.${domain}`]: [[0, 0, 993, target]] } });
      assert.deepEqual([found?.source, found?.imap.host, found?.confirm], ["srv", target, true]);
    }
    const found = await find({ srv: { [`_imap._tcp.${domain}`]: [[0, 0, 143, "imap.mail.example.org"]] } });
    assert.deepEqual([found?.imap.security, found?.confirm], ["starttls", false]);
  });

  it("SRV that says there is none, or names no host, comes to nothing", async () => {
    for (const target of [".", "a b.example.org", "-x.example.org", "10.0.0.1"])
      assert.equal(await find({ srv: { [`_imaps._tcp.${domain}`]: [[0, 0, 993, target]] } }), null, target);
  });

  it("autoconfig at the domain, which is told who asks", async () => {
    files.clear();
    const zone = { a: Object.fromEntries([address("autoconfig.example.org")]) };
    files.set("autoconfig.example.org/mail/config-v1.1.xml", autoConfig(imapEntry("imap.other.example")));
    const found = await find(zone, "me@example.org");
    // Told by the domain itself, over TLS: nothing to confirm.
    assert.deepEqual(
      [found?.source, found?.imap.host, found?.confirm],
      ["autoconfig", "imap.other.example", false],
    );
    assert.deepEqual(fetched, ["autoconfig.example.org/mail/config-v1.1.xml?emailaddress=me%40example.org"]);
  });

  it("autoconfig at the domain's well-known path, where there is nothing else", async () => {
    files.clear();
    const path = `${domain}/.well-known/autoconfig/mail/config-v1.1.xml`;
    files.set(path, autoConfig(imapEntry("imap.other.example")));
    const found = await find({ a: Object.fromEntries([address(domain)]) });
    assert.deepEqual(
      [found?.source, found?.imap.host, found?.confirm],
      ["autoconfig", "imap.other.example", false],
    );
    assert.deepEqual(fetched, [`${path}?emailaddress=me%40mail.example.org`]);
  });

  it("Mozilla's list, which is not told who asks, for the domain and for who takes in its mail", async () => {
    const urls: string[] = [];
    const network = await networkOf({ mx: { "example.org": [[10, "mx1.mail.hoster.co.uk"]] } });
    const of = (listed: string) =>
      findServers("me@example.org", {
        network: {
          ...network,
          get: async (url) => {
            urls.push(url);
            return url.endsWith(`/v1.1/${listed}`) ? autoConfig(imapEntry("imap.hoster.co.uk")) : null;
          },
        },
      });
    const [own, hosters] = [await of("example.org"), await of("hoster.co.uk")];
    assert.deepEqual([own?.source, own?.confirm], ["ispdb", false]);
    assert.deepEqual(
      [hosters?.source, hosters?.imap.host, hosters?.confirm],
      ["mx", "imap.hoster.co.uk", true],
    );
    const toMozilla = urls.filter((url) => url.includes("thunderbird.net"));
    assert.ok(
      toMozilla.length >= 3 && toMozilla.every((url) => /^https:/.test(url) && !/me(@|%40)/.test(url)),
    );
  });

  it("a web server without a certificate for its name is not believed, nor one that leads away from https", async () => {
    files.clear();
    // The certificate is for *.example.org alone: not for example.org, nor two levels below.
    files.set(
      "example.org/.well-known/autoconfig/mail/config-v1.1.xml",
      autoConfig(imapEntry("a.example.org")),
    );
    files.set("autoconfig.example.org/mail/config-v1.1.xml", {
      status: 302,
      location: "http://x.example.org/",
    });
    const zone = {
      a: Object.fromEntries(["autoconfig.example.org", "example.org", "x.example.org"].map(address)),
    };
    assert.equal(await find(zone, "me@example.org"), null);
    assert.ok(!fetched.some((url) => url.startsWith("example.org/") || url.startsWith("x.")));
    files.set("autoconfig.example.org/mail/config-v1.1.xml", {
      status: 301,
      location: "https://x.example.org/there",
    });
    files.set("x.example.org/there", autoConfig(imapEntry("imap.example.org")));
    assert.equal((await find(zone, "me@example.org"))?.imap.host, "imap.example.org");
  });

  it("MX: who takes in the mail is known from the table, and is to be confirmed", async () => {
    const found = await find({
      mx: {
        [domain]: [
          [20, "other.example"],
          [10, "ASPMX.L.google.com"],
        ],
      },
    });
    assert.deepEqual(
      [found?.source, found?.imap.host, found?.confirm, found?.provider?.name],
      ["mx", "imap.gmail.com", true, "Gmail"],
    );
    assert.match(found?.told ?? "", /aspmx\.l\.google\.com/);
    assert.equal(await find({ mx: { [domain]: [[10, "notgoogle.com"]] } }), null);
  });

  it("what needs no confirming goes before what does, and what hangs keeps nobody waiting", async () => {
    files.clear();
    files.set("autoconfig.example.org/mail/config-v1.1.xml", autoConfig(imapEntry("imap.example.org")));
    const zone: Zone = {
      a: Object.fromEntries([address("autoconfig.example.org")]),
      srv: { "_imaps._tcp.example.org": [[0, 0, 993, "imap.elsewhere.example"]] },
      silent: ["example.org", "autoconfig.thunderbird.net"],
    };
    const started = performance.now();
    const found = await find(zone, "me@example.org", 20_000);
    assert.equal(found?.source, "autoconfig");
    assert.ok(performance.now() - started < 10_000);
    files.set("autoconfig.example.org/mail/config-v1.1.xml", "hang");
    assert.equal((await find(zone, "me@example.org", 20_000))?.source, "srv");
    // All silent: the limit ends it.
    const dead: Zone = { silent: ["autoconfig.example.org", "example.org", "_imaps._tcp.example.org"] };
    assert.equal(await find(dead, "me@example.org", 300), null);
  });

  it("guesses come last, TLS from the start first, and only names that answer as IMAP", async () => {
    greets.set("starttls imap.mail.example.org", true);
    let found = await find({});
    assert.deepEqual(
      [found?.source, found?.imap],
      ["guess", { security: "starttls", host: `imap.${domain}`, port: 143 }],
    );
    greets.set(`tls mail.${domain}`, true);
    found = await find({});
    assert.deepEqual(found?.imap, { security: "tls", host: `mail.${domain}`, port: 993 });
    assert.deepEqual(found?.users, ["me@mail.example.org", "me"]);
    greets.clear();
    assert.equal(await find({}), null);
  });

  it("a server greets, or says why not", { skip: serverMissing("dovecot") }, async () => {
    assert.ok(dovecot);
    const { signal } = new AbortController();
    const { greet } = systemNetwork({ ca: dovecot.ca });
    await greet({ security: "tls", host: "localhost", port: dovecot.tlsPort }, signal);
    await greet({ security: "starttls", host: "localhost", port: dovecot.port }, signal);
    await assert.rejects(
      systemNetwork().greet({ security: "tls", host: "localhost", port: dovecot.tlsPort }, signal),
      (error) => error instanceof ImapError && error.code === "CERTIFICATE",
    );
  });
});
