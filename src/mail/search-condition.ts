/** A query as a condition of the index. What only a server can tell is not known here. */

import { isMachinery } from "../message/machinery.ts";
import type { Condition } from "../store/index.ts";
import type { Query } from "./query.ts";
import { attachable, type TextField } from "./query-terms.ts";

const unknown: Condition = { kind: "constant", value: null };

/** Fields that every row has, in lower case. */
const rowFields = {
  subject: "subject",
  from: "from",
  to: "to",
  cc: "cc",
  "message-id": "messageId",
  "in-reply-to": "inReplyTo",
  references: "references",
} as const;

/** Whether a field is in the rows of the index, and need not be in its full text. */
export function isRowField(name: string): name is keyof typeof rowFields {
  return Object.hasOwn(rowFields, name);
}

export interface ConditionOptions {
  /** Labels are Gmail's: no row has them. */
  readonly gmail: boolean;
  /**
   * Beside a server, which looks at the same messages in its own way: a text found here counts, one not found may be
   * found there.
   */
  readonly besideServer?: boolean;
  /** The server may know of flags that have been changed since. */
  readonly staleFlags?: boolean;
}

/** Never throws. */
export function toCondition(query: Query, options: ConditionOptions): Condition {
  const found = (condition: Condition): Condition =>
    options.besideServer ? { kind: "or", of: [condition, unknown] } : condition;
  switch (query.kind) {
    case "all":
      return { kind: "constant", value: true };
    case "and":
    case "or":
      return { kind: query.kind, of: query.of.map((q) => toCondition(q, options)) };
    case "not":
      return { kind: "not", of: toCondition(query.of, options) };
    case "flag": {
      if (options.staleFlags) return unknown;
      const flag: Condition = { kind: "flag", flag: query.flag };
      return options.gmail && !query.flag.startsWith("\\") ? { kind: "or", of: [flag, unknown] } : flag;
    }
    case "since":
    case "before":
      return { kind: query.kind, at: query.at };
    case "larger":
    case "smaller":
      return { kind: query.kind, octets: query.octets };
    case "text":
      return found(textCondition(query.field, query.text));
    case "header": {
      const name = query.name.toLowerCase();
      if (isMachinery(name)) return unknown;
      return found(
        isRowField(name)
          ? { kind: "contains", column: rowFields[name], text: query.text }
          : { kind: "field", name, text: query.text },
      );
    }
    case "like":
      return found({ kind: "words", where: "anywhere", text: query.text, scattered: true });
    case "file":
      return found({ kind: "words", where: "files", text: query.text });
    case "has":
      return { kind: "attached", type: attachable[query.what].type };
    case "threadId":
    case "uids":
      return query;
    case "raw":
    case "in":
    case "thread":
      return unknown;
  }
}

function textCondition(field: TextField, text: string): Condition {
  switch (field) {
    case "from":
    case "to":
    case "cc":
    case "subject":
      return { kind: "contains", column: field, text };
    case "bcc":
      return { kind: "field", name: "bcc", text };
    case "body":
      return { kind: "words", where: "body", text };
    case "text":
      return { kind: "words", where: "anywhere", text };
  }
}

/** Whether an answer depends on texts: what the index may know better than the server. */
export function asksForText(query: Query): boolean {
  if (query.kind === "and" || query.kind === "or") return query.of.some(asksForText);
  if (query.kind === "not") return asksForText(query.of);
  return ["text", "header", "like", "file"].includes(query.kind);
}
