/**
 * `npm run replies -- FOLDER…`: reads every server reply of the folders, compares it with the parse its source gives
 * (or with what other servers say of the same message), and ends with `N replies, N attributes invalid, N failed`.
 * Everything invalid or failed is named above; what `known.ts` explains is not failed.
 */
import { outliers, structureOf } from "./agree.ts";
import { type Checked, check } from "./check.ts";
import { difference } from "./expected.ts";
import { explanation, knownCount } from "./known.ts";
import { readTranscripts, type Transcript } from "./sources.ts";

/** A reply that takes longer than this to read has hung. */
const hangMs = 1_000;

const folders = process.argv.slice(2);
if (folders.length === 0) {
  console.error("usage: npm run replies -- FOLDER…");
  process.exit(64);
}

const transcripts = readTranscripts(folders);
const used = new Set<string>();
const unknownKinds = new Map<string, number>();
let replies = 0;
let invalid = 0;
let failed = 0;
let compared = 0;

/** What is invalid or differs and has no explanation is failed. */
function report(what: "invalid" | "failed", name: string, why: string): void {
  const reason = explanation(name);
  if (reason !== undefined) used.add(reason);
  else failed++;
  if (what === "invalid") invalid++;
  const told = reason === undefined ? what.toUpperCase() : `known, ${reason}:`;
  console.log(`${told} ${name}: ${why}`);
}

function read({ name, bytes }: Transcript): Checked | null {
  const started = performance.now();
  try {
    const checked = check([bytes]);
    if (performance.now() - started > hangMs) report("failed", name, "took too long");
    return checked;
  } catch (error) {
    report("failed", name, error instanceof Error ? (error.stack ?? error.message) : String(error));
    return null;
  }
}

const answers = new Map<string, { name: string; outline: string }[]>();
for (const transcript of transcripts) {
  const { name, expected, subject } = transcript;
  const checked = read(transcript);
  if (!checked) continue;
  replies += checked.responses.length + checked.skipped.length;
  for (const attribute of checked.invalid) report("invalid", name, attribute);
  for (const reason of checked.skipped) report("failed", name, reason);
  if (checked.ended) report("failed", name, checked.ended.message);
  if (checked.unread) report("failed", name, "it breaks off within a response");
  for (const response of checked.responses)
    if (response.kind === "unknown")
      unknownKinds.set(response.name, (unknownKinds.get(response.name) ?? 0) + 1);
  const [response] = checked.responses;
  if (expected && response) {
    const differs = difference(expected, response);
    if (differs !== "none") compared++;
    if (differs !== null && differs !== "none") report("failed", name, differs);
  }
  if (subject !== undefined) {
    const outline = structureOf(checked.responses);
    if (outline === null) {
      if (checked.invalid.length === 0) report("failed", name, "no structure");
    } else answers.set(subject, [...(answers.get(subject) ?? []), { name, outline }]);
  }
}
for (const said of answers.values()) {
  if (said.length > 1) compared += said.length;
  const most = said.find((answer) => !outliers(said).includes(answer));
  for (const { name, outline } of outliers(said))
    report("failed", name, `says ${outline}, others ${most?.outline ?? "differ among themselves"}`);
}
const kinds = [...unknownKinds].map(([kind, n]) => `${kind} ${n}`).join(", ");
if (kinds !== "") console.log(`passed over, as nothing here uses them: ${kinds}`);
console.log(`${used.size} of ${knownCount} known differences seen, ${compared} compared with their source`);
console.log(`${replies} replies, ${invalid} attributes invalid, ${failed} failed`);
process.exit(failed === 0 && replies > 0 ? 0 : 1);
