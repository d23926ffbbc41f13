import assert from "node:assert/strict";
import { test } from "node:test";
import { baseSubject, fold } from "../../src/store/fold.ts";
import { assertQuick } from "../cost.ts";

test("folding takes off case, accents and doubled white space", () => {
  assert.equal(fold("  Ärger\t MIT  Éric "), "arger mit eric");
  assert.equal(fold("ПРИВЕТ"), "привет");
  assert.equal(fold(""), "");
});

test("the base subject is what replies and forwards have in common (RFC 5256 §2.1)", () => {
  const cases: Record<string, string> = {
    "re: hello": "hello",
    "Re: RE: re: hello": "hello",
    "Fwd: hello (fwd)": "hello",
    "Re[2]: hello": "hello",
    "[team] Re: [team] hello": "hello",
    "[Fwd: Re: hello]": "hello",
    "re :hello": "hello",
    "[team]": "[team]",
    reply: "reply",
    "": "",
  };
  for (const [subject, base] of Object.entries(cases))
    assert.equal(baseSubject(fold(subject)), base, subject);
});

test("a hostile subject takes no noticeable time", () => {
  for (const piece of ["[a]", "re:", "(fwd)", "[fwd:", " [", "re ["])
    assertQuick(() => baseSubject(piece.repeat(300)), 50, piece);
});
