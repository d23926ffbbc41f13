// The keys of the screen, in a shell.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Home } from "./postern.ts";

interface KeysJson {
  readonly items: readonly {
    readonly place: string;
    readonly keys: string;
    readonly line: string;
    readonly imap: string;
  }[];
}

describe("keys", () => {
  let home: Home;
  before(() => {
    home = new Home("");
    home.account("imaps://user@mail.invalid", [
      '[keys.in."@junk"]',
      'd = "delete --yes"',
      "[accounts.test.keys]",
      '"g w" = "go Work"',
    ]);
  });
  after(() => home.remove());

  it("are those that are bound, the person's own among them, with the IMAP they cause", async () => {
    const ran = await home.run(["keys", "--json"]);
    assert.deepEqual([ran.status, ran.err], [0, ""]);
    const { items } = JSON.parse(ran.out) as KeysJson;
    const at = (place: string, keys: string) =>
      items.find((item) => item.place === place && item.keys === keys);
    assert.equal(at("any", "g w")?.line, "go Work");
    assert.equal(at("list", "d")?.line, "delete");
    assert.match(at("list", "d")?.imap ?? "", /MOVE/);
  });

  it("are those of a folder where one is named, and those that words tell of", async () => {
    const ran = await home.run(["keys", "-f", "@junk", "delete"]);
    assert.equal(ran.status, 0, ran.err);
    assert.match(ran.out, /^list\td\tdelete --yes\t/m);
    assert.doesNotMatch(ran.out, /go Work/);
  });

  it("are the default ones where there is no account", async () => {
    const ran = await home.run(["keys"], { env: { POSTERN_CONFIG: "/nonexistent/config.toml" } });
    assert.equal(ran.status, 0, ran.err);
    assert.match(ran.out, /^list\td\tdelete\t/m);
  });
});
