// The matrix as a test: whatever a real server offers, the client uses, and it does what it should.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { serverMissing } from "../servers/daemon.ts";
import { judge } from "./judge.ts";
import { rows } from "./rows.ts";
import { ServerSite, servers } from "./site.ts";

for (const name of servers.keys())
  describe(`the matrix on ${name}`, { skip: serverMissing(name) }, () => {
    let site: ServerSite;
    before(async () => {
      site = await ServerSite.start(name);
    });
    after(() => site.stop());

    for (const one of rows)
      it(one.name, async (t) => {
        const { verdict, reason } = await judge(site, one);
        if (verdict === "not offered" || verdict === "untried") t.skip(reason || verdict);
        else assert.equal(verdict, "passed", reason);
      });
  });
