// Each kind of work on a line that breaks at many places, falls silent, is slow or far away: no wait without end, and
// afterwards server, index, maildir and promises agree. The long run is `npm run crash -- --line`.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { deeds, LineRig } from "../crash/line.ts";
import { serverMissing } from "../servers/daemon.ts";

for (const kind of ["dovecot", "cyrus"] as const) {
  describe(`on a line with faults to ${kind}`, { skip: serverMissing(kind) }, () => {
    let rig: LineRig;
    before(async () => {
      rig = await LineRig.start(kind, 1);
    });
    after(() => rig?.stop());

    for (const deed of deeds) {
      test(deed, async () => {
        for (const fault of await rig.choose(deed, kind === "dovecot" ? 7 : 3))
          assert.deepEqual(await rig.run(deed, fault), [], JSON.stringify(fault));
      });
    }
  });
}
