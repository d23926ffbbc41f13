// Which commands may be under way together.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Capabilities } from "../../src/imap/capabilities.ts";
import { compress } from "../../src/imap/command/compress.ts";
import { idleCommand } from "../../src/imap/command/idle.ts";
import * as imap from "../../src/imap/index.ts";
import { mayStart, type Traits } from "../../src/imap/pipelining.ts";
import type { SessionState } from "../../src/imap/session.ts";

const set = [[1, 1]] as const;
const handlers = { onMessage() {} };
const change = { mode: "add", flags: ["\\Seen"] } as const;
const commands = {
  fetch: imap.fetch(set, {}, handlers),
  fetchSeq: imap.fetch(set, { bySequence: true }, handlers),
  store: imap.store(set, change),
  storeSeq: imap.store(set, { ...change, bySequence: true }),
  search: imap.uidSearch({ all: true }),
  searchSaving: imap.uidSearch({ all: true }, { save: true }),
  fetchSaved: imap.fetch(imap.savedSearch, {}, handlers),
  storeSaved: imap.store(imap.savedSearch, change),
  copySaved: imap.copy(imap.savedSearch, "A"),
  expungeSaved: imap.uidExpunge(imap.savedSearch),
  sort: imap.uidSort({ all: true }, [{ by: "date" }]),
  thread: imap.uidThread({ all: true }),
  rightsA: imap.myRights("A"),
  rightsB: imap.myRights("B"),
  quota: imap.getQuotaRoot("A"),
  statusA: imap.status("A", []),
  statusB: imap.status("B", []),
  list: imap.list("", "*"),
  select: imap.select("A"),
  unselect: imap.unselect(),
  append: imap.append("A", { source: Buffer.alloc(0) }),
  copy: imap.copy(set, "A"),
  expunge: imap.expunge(),
  noop: imap.noop(),
  idle: idleCommand(() => {}),
  enable: imap.enable(["QRESYNC"]),
  enableUtf8: imap.enable(["UTF8=ACCEPT"]),
  compress: compress(() => {}),
  notify: imap.notify({}),
  replace: imap.replace(1, "A", { source: Buffer.alloc(0) }),
  oneLineLogin: { traits: { needs: "not-authenticated", barrier: true, logsIn: true } },
  longLogin: { traits: { needs: "not-authenticated", barrier: true, exclusive: true } },
} satisfies Record<string, { traits: Traits }>;

type Name = keyof typeof commands;

function may(
  command: Name,
  pending: Name[],
  state: SessionState = "selected",
  capabilities: string[] = [],
): boolean {
  return mayStart(
    commands[command].traits,
    pending.map((name) => commands[name].traits),
    { state, capabilities: new Capabilities(capabilities) },
  );
}

describe("pipelining", () => {
  it("sends anything when nothing is pending", () => {
    for (const name of Object.keys(commands) as Name[]) assert.ok(may(name, []), name);
  });

  it("sends beside one another what cannot disturb", () => {
    assert.ok(may("fetch", ["fetch", "store", "search", "statusA", "list", "append", "noop"]));
    assert.ok(may("statusB", ["statusA"]));
    assert.ok(may("fetchSeq", ["fetchSeq", "storeSeq"]));
    assert.ok(may("search", ["search"], "selected", ["ESEARCH"]));
  });

  it("never sends sequence numbers beside what may renumber, nor the reverse", () => {
    for (const other of ["fetch", "store", "search", "noop", "expunge", "append", "statusA"] as const) {
      assert.ok(!may("fetchSeq", [other]), other);
      assert.ok(!may(other, ["storeSeq"]), other);
    }
  });

  it("waits where answers could be taken for one another's", () => {
    assert.ok(!may("search", ["search"]));
    assert.ok(!may("statusA", ["statusB", "statusA"]));
    assert.ok(!may("list", ["list"]));
    assert.ok(!may("copy", ["copy"]));
    assert.ok(!may("sort", ["sort"]) && may("sort", ["sort"], "selected", ["ESORT"]));
    assert.ok(!may("thread", ["thread"]) && may("thread", ["sort", "search"]));
    assert.ok(!may("rightsA", ["rightsA"]) && may("rightsA", ["rightsB", "quota"]));
    assert.ok(!may("quota", ["quota"]));
  });

  it("changes no saved messages before it is known that they were saved", () => {
    for (const changing of ["storeSaved", "copySaved", "expungeSaved"] as const) {
      assert.ok(!may(changing, ["searchSaving"]), changing);
      assert.ok(may(changing, ["search", "fetchSaved"]), changing);
    }
    assert.ok(may("fetchSaved", ["searchSaving"]));
    assert.ok(may("store", ["searchSaving"]));
  });

  it("waits for changes of state, except reading behind a SELECT from nowhere", () => {
    assert.ok(!may("fetch", ["unselect"]));
    assert.ok(!may("unselect", ["fetch"]));
    assert.ok(!may("select", ["fetch"]));
    assert.ok(!may("fetch", ["select"], "selected"));
    assert.ok(may("fetch", ["select"], "authenticated"));
    assert.ok(may("search", ["select"], "authenticated"));
    assert.ok(may("select", ["list", "statusA"], "authenticated"));
    for (const changing of ["store", "copy", "expunge", "append", "select", "fetchSeq"] as const)
      assert.ok(!may(changing, ["select"], "authenticated"), changing);
  });

  it("sends behind a login of one line what does no harm where it is refused, and nothing else", () => {
    for (const name of ["list", "select", "enable", "noop", "search", "statusA"] as const)
      assert.ok(may(name, ["oneLineLogin"], "not-authenticated"), name);
    assert.ok(may("fetch", ["oneLineLogin", "enable", "select"], "not-authenticated"));
    for (const name of [
      "store",
      "append",
      "copy",
      "expunge",
      "fetchSeq",
      "enableUtf8",
      "replace",
      "notify",
    ] as const)
      assert.ok(!may(name, ["oneLineLogin"], "not-authenticated"), name);
    for (const name of ["list", "select", "enable", "noop", "oneLineLogin"] as const) {
      assert.ok(!may(name, ["longLogin"], "not-authenticated"), name);
      assert.ok(!may("oneLineLogin", ["noop"], "not-authenticated"));
    }
  });

  it("sends nothing beside what changes how everything is read", () => {
    for (const name of ["list", "select", "fetch", "noop"] as const) {
      assert.ok(!may(name, ["compress"], "authenticated"), name);
      assert.ok(!may(name, ["enableUtf8"], "authenticated"), name);
      assert.ok(!may("compress", [name], "authenticated"), name);
    }
    assert.ok(may("select", ["enable"], "authenticated"));
    assert.ok(!may("enable", ["select"], "authenticated"));
  });

  it("sends nothing beside IDLE", () => {
    assert.ok(!may("noop", ["idle"]));
    assert.ok(!may("idle", ["noop"]));
  });
});
