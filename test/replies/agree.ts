/** What several servers say about one message's structure, reduced to what they must agree on. */
import type { Response } from "../../src/imap/response/response.ts";
import { type BodyStructure, isInvalid } from "../../src/imap/values.ts";

/** Kinds and places of the parts, with their encodings; sizes, lines and defaults are each server's own affair. */
function outline(body: BodyStructure): string {
  if (body.kind === "multipart") return `${body.subtype}(${body.parts.map(outline).join(" ")})`;
  const inner = body.body ? `<${outline(body.body)}>` : "";
  return `${body.section}:${body.type}/${body.subtype}${inner}`;
}

/** The outline of the structure in a FETCH response; null where there is none that could be read. */
export function structureOf(responses: readonly Response[]): string | null {
  for (const response of responses) {
    if (response.kind !== "fetch") continue;
    const { bodyStructure } = response.message;
    if (bodyStructure && !isInvalid(bodyStructure)) return outline(bodyStructure);
  }
  return null;
}

/** Those of several whose outline is not that of most; where no two agree, all of them. */
export function outliers<T extends { readonly outline: string }>(answers: readonly T[]): T[] {
  if (answers.length < 2) return [];
  const votes = new Map<string, number>();
  for (const { outline: o } of answers) votes.set(o, (votes.get(o) ?? 0) + 1);
  const most = Math.max(0, ...votes.values());
  return answers.filter((answer) => votes.get(answer.outline) !== most || most < 2);
}
