/** A query as SEARCH keys (RFC 9051 §6.4.4). */
import type { SearchKey } from "../imap/index.ts";
import type { Query } from "./query.ts";

export function toSearchKey(query: Query): SearchKey {
  switch (query.kind) {
    case "all":
      return { all: true };
    case "and":
      return { and: query.of.map(toSearchKey) };
    case "or":
      return { or: query.of.map(toSearchKey) };
    case "not":
      return { not: toSearchKey(query.of) };
    case "flag":
      return { flag: query.flag };
    case "since":
      return { since: query.day };
    case "before":
      return { before: query.day };
    case "larger":
      return { larger: query.octets };
    case "smaller":
      return { smaller: query.octets };
    case "header":
      return { header: [query.name, query.text] };
    case "text": {
      const { field, text } = query;
      // Spelt out, so that each key has the type that SearchKey gives it.
      switch (field) {
        case "from":
          return { from: text };
        case "to":
          return { to: text };
        case "cc":
          return { cc: text };
        case "bcc":
          return { bcc: text };
        case "subject":
          return { subject: text };
        case "body":
          return { body: text };
        case "text":
          return { text };
      }
    }
  }
}
