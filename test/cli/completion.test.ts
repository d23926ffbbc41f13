// Completion scripts: each shell reads its own without a word, and bash really completes with it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, it, test } from "node:test";
import { shells } from "../../src/cli/own.ts";
import { type Dovecot, serverMissing, startDovecot } from "../servers/dovecot.ts";
import { sampleMessage } from "../servers/messages.ts";
import { Home } from "./postern.ts";

const has = (shell: string) => spawnSync(shell, ["-c", "exit 0"]).status === 0;

for (const shell of shells)
  test(`${shell} reads its script without a warning`, { skip: !has(shell) && `no ${shell}` }, async () => {
    const home = new Home("");
    const { out, status } = await home.run(["completion", shell]);
    assert.equal(status, 0);
    const path = home.write(`completion.${shell}`, out);
    const checked = spawnSync(shell, ["-n", path], { encoding: "utf8" });
    assert.deepEqual([checked.status, checked.stdout, checked.stderr], [0, "", ""]);
    const load = {
      bash: `source ${path}`,
      zsh: `autoload -Uz compinit; compinit -D; source ${path}`,
      fish: `source ${path}`,
    };
    const loaded = spawnSync(shell, ["-c", load[shell]], { encoding: "utf8", env: home.env });
    assert.deepEqual([loaded.status, loaded.stdout, loaded.stderr], [0, "", ""]);
    home.remove();
  });

test("a shell that is not known is refused", async () => {
  const home = new Home("");
  assert.equal((await home.run(["completion", "csh"])).status, 64);
  home.remove();
});

describe("completing in bash", { skip: serverMissing("dovecot") }, () => {
  let server: Dovecot;
  let home: Home;
  before(async () => {
    server = await startDovecot();
    for (const folder of ["INBOX", "Lists/garden", "Old mail"])
      server.deliver(folder, [sampleMessage({ n: 1, from: "Zoë Moss <moss.z@example.org>" })]);
    server.deliver("Sent", [
      sampleMessage({ n: 2, from: "user@example.org", to: "Ida@example.net, ines@example.net" }),
    ]);
    home = Home.on(server);
    assert.equal((await home.run(["folders"])).status, 0);
    assert.equal((await home.run(["sync", "INBOX", "Sent"])).status, 0);
    // From now on nothing may be asked of it.
    await server.stop();
  });
  after(() => home?.remove());

  /** What bash offers for the last of `words`. */
  async function complete(...words: string[]): Promise<string[]> {
    const script = [
      'eval "$(postern completion bash)"',
      `COMP_WORDS=(postern ${words.map((word) => `'${word}'`).join(" ")})`,
      `COMP_CWORD=${words.length}`,
      "_postern",
      `printf '%s\\n' "$\{COMPREPLY[@]}"`,
    ].join("\n");
    const { out, err } = await home.shell(script);
    assert.equal(err, "");
    return out.split("\n").filter((line) => line !== "");
  }

  it("commands, their options, and the words of their arguments", async () => {
    assert.deepEqual(await complete("se"), ["search", "send", "sendmail"]);
    assert.deepEqual(await complete("folder", "un"), ["unsubscribe"]);
    assert.deepEqual(await complete("completion", ""), ["bash", "zsh", "fish"]);
    const options = await complete("list", "--");
    for (const option of ["--limit", "--before-uid", "--json", "--folder"])
      assert.ok(options.includes(option));
    assert.ok(!options.includes("--headers"));
    assert.deepEqual(await complete("list", "--sort", "su"), ["subject"]);
    assert.deepEqual(await complete("-f", "INBOX", "fetch", "--he"), ["--headers", "--help"]);
  });

  it("folders and accounts, in any case, with blanks quoted", async () => {
    assert.deepEqual(await complete("move", "1", "--to", "lists/g"), ["Lists/garden"]);
    assert.deepEqual(await complete("list", "-f", "old"), ["Old\\ mail"]);
    assert.deepEqual(await complete("folder", "delete", "Lis"), ["Lists/garden"]);
    assert.deepEqual(await complete("list", "-a", ""), ["test"]);
    assert.deepEqual(await complete("account", "login", "t"), ["test"]);
  });

  it("addresses, as bash parts them at the @, in lists, and by a name where one alone has it", async () => {
    assert.deepEqual(await complete("compose", "--to", "i"), ["Ida@example.net", "ines@example.net"]);
    assert.deepEqual(await complete("compose", "id"), ["Ida@example.net"]);
    assert.deepEqual(await complete("bounce", "1", "--to", "ida", "@", "ex"), ["@example.net"]);
    assert.deepEqual(await complete("compose", "--cc", "ines", "@"), ["@example.net"]);
    assert.deepEqual(await complete("compose", "--to", "=", "in"), ["ines@example.net"]);
    assert.deepEqual(await complete("compose", "--to", "x", "@", "y.example,in"), [
      "@y.example,ines@example.net",
    ]);
    assert.deepEqual(await complete("compose", "zoe"), ["moss.z@example.org"]);
    assert.deepEqual(await complete("compose", "--to", "example"), []);
  });

  it("addresses with who they are, for shells that show that", async () => {
    const { out, err } = await home.run(["complete", "addresses", "--typed=i"]);
    assert.deepEqual(
      [out, err],
      [
        "Ida@example.net\tIda@example.net: written to once\nines@example.net\tines@example.net: written to once\n",
        "",
      ],
    );
  });
});
