import assert from "node:assert/strict";
import { test } from "node:test";
import { htmlToBody, snippetOf, textToBody, tidySnippet } from "../../src/message/index.ts";

const ofText = (text: string) => snippetOf(textToBody(text));

test("a beginning is what the author says first, in one line", () => {
  assert.equal(ofText("Dear Bea,\n\n  the roses\tare\nout.\n\n-- \nAda"), "Dear Bea, the roses are out.");
});

test("what is quoted, and the line that says whose it is, is left out", () => {
  const answer = "On Friday, Bea wrote:\n\n> Are they?\n> Truly?\n\nThey are:\n\n- red\n- white\n";
  assert.equal(ofText(answer), "They are: - red - white");
});

test("rules, pictures and what fills up a newsletter's preview are no words", () => {
  const html = `<div style="display:block">Sale ends today&#847;&zwnj;&nbsp;&#847;&zwnj;&nbsp;&shy;</div>
    <hr><img src="cid:a" alt="a rose"><p>Half price</p>`;
  assert.equal(snippetOf(htmlToBody(html)), "Sale ends today Half price");
});

test("a long one ends after 200 characters, none of them cut in two", () => {
  assert.equal(tidySnippet("🌹".repeat(300)), "🌹".repeat(200));
});

test("what joins letters or pictures stays", () => {
  assert.equal(tidySnippet("می‌خواهم 👩‍🌾"), "می‌خواهم 👩‍🌾");
});

test("a message without text begins with nothing", () => {
  assert.equal(ofText(""), "");
  assert.equal(ofText("> only what was said before\n"), "");
});
