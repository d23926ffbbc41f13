// A process that writes to a store until it is done or killed, saying after each step what it was promised.
import { openStore } from "../../src/store/index.ts";
import { mailboxIn, messages } from "./sample.ts";

const [, , cacheDir = "", stateDir = "", first = "1", steps = "1", batch = "1"] = process.argv;
const store = openStore({ cacheDir, stateDir });
const { id } = mailboxIn(store);
for (let step = 0; step < Number(steps); step++) {
  const uid = Number(first) + step * Number(batch);
  store.messages.put(id, messages(Number(batch), uid));
  const writer = store.bodies.create(id, uid);
  writer.write(Buffer.from(`body ${uid}`));
  writer.commit();
  store.messages.setFlags(id, [{ uid, flags: ["\\Flagged"] }]);
  store.journal.append({ kind: "flag", payload: String(uid) });
  process.stdout.write(`${uid}\n`);
}
store.close();
