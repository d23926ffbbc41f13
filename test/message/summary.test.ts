/** Messages of many charsets and makers beside what another reader made of them: every word of theirs is in ours. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { readMessage } from "../../src/message/index.ts";
import { layoutBody } from "../../src/message/layout.ts";
import type { ReadOptions } from "../../src/message/types.ts";

const folder = join(process.env.CORPUS ?? "../shared/corpus", "torture/mailcore2-summary");
const missing = existsSync(folder) ? false : `there are no messages in ${folder}: set CORPUS`;

/** So wide that no line is broken: words are compared here, and not where they end. */
const wide = 100_000;

async function shown(source: Buffer, options: ReadOptions): Promise<string> {
  const { body, attachments } = await readMessage(source, options);
  const text = layoutBody(body, wide).map(({ spans }) => spans.map((span) => span.text).join(""));
  return [...text, ...attachments.map(({ fileName }) => fileName ?? ""), ...body.links].join("\n");
}

const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}]{2,}/gu) ?? [];

/** What they say beside the message: its header above, and below it the size and a name for each part. */
const withoutFrame = (text: string) =>
  text
    .replace(/^(?:[A-Z][\w-]*: .*\n)+/gm, "")
    .replace(/(?:https?|mailto):\S+|\(#\w+\)/g, "")
    .replace(/^.*, \d+(?:\.\d+)? (?:bytes|KB|MB).*$/gim, "");

describe("beside what another reader shows", { skip: missing }, () => {
  for (const name of missing ? [] : readdirSync(join(folder, "input")))
    test(name, async () => {
      const source = readFileSync(join(folder, "input", name));
      const theirs = withoutFrame(
        readFileSync(join(folder, "expected", name.replace(/\.eml$/, ".txt")), "utf8"),
      );
      // They show HTML first, we the plain text where both say something: one of our two forms has each word.
      const ours = new Set(
        wordsOf(`${await shown(source, { prefer: "html" })}\n${await shown(source, { prefer: "plain" })}`),
      );
      assert.deepEqual(
        wordsOf(theirs).filter((word) => !ours.has(word)),
        [],
      );
    });
});

test("lines of Korean are broken at spaces, those of Chinese and Japanese anywhere", async () => {
  const lines = async (text: string) => {
    const source = Buffer.from(`Content-Type: text/plain; charset=utf-8\r\n\r\n${text}\r\n`);
    const { body } = await readMessage(source, {});
    return layoutBody(body, 20).map(({ spans }) =>
      spans
        .map((span) => span.text)
        .join("")
        .trimEnd(),
    );
  };
  assert.deepEqual(await lines("이용약관과 서비스 상품약관 변경사항을"), [
    "이용약관과 서비스",
    "상품약관 변경사항을",
  ]);
  assert.equal((await lines("日本語の件名はとても長いので改行します"))[0], "日本語の件名はとても");
});
