/** Texts as they are compared, sorted and searched. */

/** Accents, points and voice marks; not the vowels that some scripts write as marks. */
const marks = /(?:(?=\p{M})[\p{Script=Inherited}\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Cyrillic}])+/gu;
// biome-ignore format: one range
const ascii = /^[\x00-\x7f]*$/;
/** Nearly every text: nothing to be done but its case. */
const simple = /^[!-~]+(?: [!-~]+)*$/;

/** Case and accents taken off, white space made single: `Ärger  MIT` → `arger mit`. */
export function fold(text: string): string {
  if (simple.test(text)) return text.toLowerCase();
  const plain = ascii.test(text) ? text : text.normalize("NFKD").replace(marks, "");
  return plain.toLowerCase().replace(/\s+/g, " ").trim();
}

const trailer = /(?:\(fwd\)|\s)+$/;
const leader = /^(?:\s*(?:re|fwd?)\s*(?:\[[^[\]]*\]\s*)?:)+\s*|^\s*\[[^[\]]*\]\s*(?=\S)/;
/** What can begin or end what is not part of it. */
const mayBeMore = /^(?:re|fw|\[|\s)|[)\s]$/;
const forwarded = /^\[fwd:(.*)\]$/s;

/** The base subject (RFC 5256 §2.1) of a folded subject: `re: [list] fwd: x (fwd)` → `x`. */
export function baseSubject(folded: string): string {
  if (!mayBeMore.test(folded)) return folded;
  let subject = folded;
  for (;;) {
    const before = subject;
    subject = subject.replace(trailer, "").replace(leader, "").trimStart();
    subject = forwarded.exec(subject)?.[1] ?? subject;
    if (subject === before) return subject;
  }
}
