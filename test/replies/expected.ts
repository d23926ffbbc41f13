/** Compares a response with the parse that a fixture expects; each side is brought to the same plain words first. */
import { isDeepStrictEqual } from "node:util";
import type { ResponseCode } from "../../src/imap/response/code.ts";
import type { Response } from "../../src/imap/response/response.ts";
import * as uidSet from "../../src/imap/uid-set.ts";
import {
  type Address,
  type BodyStructure,
  type Envelope,
  type FetchedMessage,
  isInvalid,
  type UidRanges,
} from "../../src/imap/values.ts";
import { decodeMailboxName } from "../../src/imap/wire/mailbox-name.ts";
import { isMap, type Yaml, type YamlMap } from "./yaml.ts";

type Plain = null | string | number | Plain[] | { [key: string]: Plain };

const upper = (value: Yaml | undefined) => String(value ?? "").toUpperCase();
const list = (value: Yaml | undefined): readonly Yaml[] => (Array.isArray(value) ? value : []);
const text = (value: Yaml | undefined): string => String(value ?? "");
/** `:Seen` is how the fixtures write `\Seen`; capitals are theirs. */
const flag = (value: Yaml) => text(value).replace(/^:/, "\\").toLowerCase();
const sorted = (values: Iterable<string>) => [...values].sort();
const ranges = (set: UidRanges | null) => (set && set.length > 0 ? uidSet.format(set) : "");

/** A set as fixtures have it: text, numbers, or nothing. */
function expectedSet(value: Yaml | undefined): string {
  if (isMap(value)) return expectedSet(value.get("string"));
  if (Array.isArray(value)) return ranges(uidSet.fromNumbers(value.map(Number)));
  return value === null || value === undefined || value === "" ? "" : ranges(uidSet.parse(text(value)));
}

const params = (map: ReadonlyMap<string, unknown> | undefined): Plain =>
  Object.fromEntries([...(map ?? [])].map(([k, v]) => [k.toUpperCase(), String(v ?? "")]).sort());

function expectedBody(body: YamlMap): Plain {
  const disposition = body.get("disposition");
  const common: { [key: string]: Plain } = {
    subtype: upper(body.get("subtype")),
    params: params(isMap(body.get("param")) ? (body.get("param") as YamlMap) : undefined),
    disposition: isMap(disposition)
      ? [
          upper(disposition.get("dsp_type")),
          params(isMap(disposition.get("param")) ? (disposition.get("param") as YamlMap) : undefined),
        ]
      : null,
    language: (Array.isArray(body.get("language"))
      ? list(body.get("language"))
      : [body.get("language") ?? null]
    )
      .filter((l) => l !== null)
      .map((l) => upper(l)),
    location: (body.get("location") ?? null) as string | null,
  };
  if (upper(body.get("media_type")) === "MULTIPART")
    return { ...common, parts: list(body.get("parts")).map((p) => (isMap(p) ? expectedBody(p) : null)) };
  const envelope = body.get("envelope");
  const inner = body.get("body");
  return {
    ...common,
    type: upper(body.get("media_type")),
    id: (body.get("content_id") ?? null) as string | null,
    description: (body.get("description") ?? null) as string | null,
    encoding: upper(body.get("encoding")),
    size: Number(body.get("size")),
    lines: (body.get("lines") ?? null) as number | null,
    md5: body.get("md5") === null || body.get("md5") === undefined ? null : text(body.get("md5")),
    envelope: isMap(envelope) ? expectedEnvelope(envelope) : null,
    body: isMap(inner) ? expectedBody(inner) : null,
  };
}

function actualBody(body: BodyStructure): Plain {
  const common: { [key: string]: Plain } = {
    subtype: body.subtype.toUpperCase(),
    params: params(body.params),
    disposition: body.disposition && [body.disposition.type.toUpperCase(), params(body.disposition.params)],
    language: body.language.map((l) => l.toUpperCase()),
    location: body.location,
  };
  if (body.kind === "multipart") return { ...common, parts: body.parts.map(actualBody) };
  return {
    ...common,
    type: body.type.toUpperCase(),
    id: body.id,
    description: body.description,
    encoding: body.encoding.toUpperCase(),
    size: body.size,
    lines: body.lines,
    md5: body.md5,
    envelope: body.envelope && actualEnvelope(body.envelope),
    body: body.body && actualBody(body.body),
  };
}

const addressKeys = ["from", "sender", "reply_to", "to", "cc", "bcc"] as const;

function expectedEnvelope(envelope: YamlMap): Plain {
  const addresses = addressKeys.map((key) =>
    list(envelope.get(key)).map((a) =>
      isMap(a) ? ["name", "mailbox", "host"].map((k) => (a.get(k) ?? null) as string | null) : null,
    ),
  );
  const fields = ["date", "subject", "in_reply_to", "message_id"].map(
    (k) => (envelope.get(k) ?? null) as string | null,
  );
  return [...fields, ...addresses];
}

function actualEnvelope(e: Envelope): Plain {
  const addresses = (all: readonly Address[]) => all.map((a): Plain => [a.name, a.mailbox, a.host]);
  return [
    ...[e.date, e.subject, e.inReplyTo, e.messageId],
    ...[e.from, e.sender, e.replyTo, e.to, e.cc, e.bcc].map(addresses),
  ];
}

/** One attribute of FETCH, on both sides; null where it is not one of ours. */
function attribute(name: string, value: Yaml, message: FetchedMessage): [Plain, Plain] | null {
  switch (name) {
    case "UID":
      return [Number(value), message.uid ?? null];
    case "FLAGS":
      return [sorted(list(value).map(flag)), sorted((message.flags ?? []).map((f) => f.toLowerCase()))];
    case "RFC822.SIZE":
      return [Number(value), message.size ?? null];
    case "MODSEQ":
      return [text(value), text(message.modSeq?.toString())];
    case "EMAILID":
      return [text(value), message.emailId ?? ""];
    case "THREADID":
      return [text(value), message.threadId ?? ""];
    case "INTERNALDATE": {
      const time = Date.parse(text(value).replace(/^ ?(\d+)-(\w+)-(\d+)/, "$1 $2 $3"));
      return [time, message.internalDate ?? null];
    }
    case "ENVELOPE":
      if (!isMap(value) || !message.envelope || isInvalid(message.envelope)) return ["a map", "another"];
      return [expectedEnvelope(value), actualEnvelope(message.envelope)];
    case "BODY":
    case "BODYSTRUCTURE":
      if (!isMap(value) || !message.bodyStructure || isInvalid(message.bodyStructure))
        return ["a map", "another"];
      return [expectedBody(value), actualBody(message.bodyStructure)];
    default: {
      const section = /^BODY\[(.*)\](?:<\d+>)?$/i.exec(name)?.[1];
      if (section === undefined) return null;
      const found = message.sections?.get(section.toUpperCase().replaceAll('"', ""));
      return [text(value), found?.toString("utf8") ?? ""];
    }
  }
}

function code(expected: Yaml | undefined, actual: ResponseCode | null): [Plain, Plain] {
  if (!isMap(expected)) return [null, actual?.name ?? null];
  const name = upper(expected.get("name"));
  const data = expected.get("data");
  if (!actual) return [name, null];
  switch (actual.kind) {
    case "number":
      return [
        [name, Number(data)],
        [actual.name, actual.value],
      ];
    case "modseq":
      return [
        [name, text(data)],
        [actual.name, String(actual.value)],
      ];
    case "flags":
      return [
        [name, sorted(list(data).map(flag))],
        [actual.name, sorted(actual.flags.map((f) => f.toLowerCase()))],
      ];
    case "capability":
      return [
        [name, sorted(list(data).map(upper))],
        [actual.name, sorted(actual.capabilities.map((c) => c.toUpperCase()))],
      ];
    case "id":
      return [
        [name, text(data)],
        [actual.name, actual.id],
      ];
    case "set":
      return [
        [name, expectedSet(data)],
        [actual.name, ranges(actual.set)],
      ];
    case "appenduid":
      if (!isMap(data)) return ["APPENDUID data", null];
      return [
        [Number(data.get("uidvalidity")), expectedSet(data.get("assigned_uids"))],
        [Number(actual.appendUid.uidValidity), ranges(actual.appendUid.uids)],
      ];
    case "copyuid":
      if (!isMap(data)) return ["COPYUID data", null];
      return [
        [
          Number(data.get("uidvalidity")),
          expectedSet(data.get("source_uids")),
          expectedSet(data.get("assigned_uids")),
        ],
        [
          Number(actual.copyUid.uidValidity),
          ranges(actual.copyUid.source),
          ranges(actual.copyUid.destination),
        ],
      ];
    default:
      return [name, actual.name];
  }
}

function condition(
  expected: YamlMap,
  response: Extract<Response, { kind: "tagged" | "condition" }>,
): [Plain, Plain] {
  const data = expected.get("data");
  if (!isMap(data)) return ["resp-text", null];
  const [wanted, got] = code(data.get("code"), response.code);
  return [
    [upper(expected.get("name")), text(data.get("text")), wanted],
    [response.condition, response.text, got],
  ];
}

/** Both sides of what the fixture says about this response; null where there is nothing to compare. */
function sides(expected: YamlMap, response: Response): [Plain, Plain] | null {
  const data = expected.get("data");
  switch (response.kind) {
    case "tagged":
    case "condition":
      return condition(expected, response);
    case "continue": {
      const said = isMap(data) ? data.get("text") : "";
      // To us all of it is text: what stands in brackets there has no meaning.
      return isMap(data) && data.get("code") ? null : [text(said), response.text];
    }
    case "capability":
    case "enabled":
      return [sorted(list(data).map(upper)), sorted(response.capabilities.map((c) => c.toUpperCase()))];
    case "flags":
      return [sorted(list(data).map(flag)), sorted(response.flags.map((f) => f.toLowerCase()))];
    case "exists":
      return [Number(data), response.exists];
    case "expunge":
      return [Number(data), response.seq];
    case "fetch":
      return fetched(data, response.message);
    case "list":
      if (!isMap(data)) return null;
      return [
        [
          sorted(list(data.get("attr")).map(flag)),
          text(data.get("delim")),
          decodeMailboxName(Buffer.from(text(data.get("name"))).toString("latin1")),
        ],
        [sorted(response.mailbox.attributes), response.mailbox.delimiter ?? "", response.mailbox.name],
      ];
    case "status": {
      const attr = isMap(data) ? data.get("attr") : undefined;
      const known = new Map<string, Yaml>(
        Object.entries(response.status).map(([k, v]) => [k.toUpperCase(), String(v)]),
      );
      const wanted = [...(isMap(attr) ? attr : [])].filter(([k]) => known.has(k));
      return [
        [text(isMap(data) ? data.get("mailbox") : ""), ...wanted.map(([k, v]) => [k, text(v)])],
        [response.path, ...wanted.map(([k]) => [k, text(known.get(k))])],
      ];
    }
    case "search":
      return searched(expected, response);
    case "thread":
      return [
        threads(list(data), 0),
        response.threads.uids.map((uid, i): Plain => [uid, response.threads.depths[i] ?? 0]),
      ];
    case "acl": {
      // `c` and `d` are read as what they stand for (RFC 4314 §2.1.1).
      const rights = (text: string) => sorted(text.replace("c", "").replace("d", ""));
      const items = list(data).filter((item) => isMap(item));
      const one = items[0];
      return [
        [
          text(one?.get("mailbox")),
          items.map((i): Plain => [text(i.get("user")), rights(text(i.get("rights")))]),
        ],
        [
          response.path,
          [...response.entries].map(([who, given]): Plain => [who, rights([...given].join(""))]),
        ],
      ];
    }
    case "quota": {
      const [resource] = response.resources;
      if (!isMap(data) || !resource) return null;
      return [
        [text(data.get("mailbox")), text(data.get("usage")), text(data.get("quota"))],
        [response.root, String(resource.usage), String(resource.limit)],
      ];
    }
    case "quotaroot":
      if (!isMap(data)) return null;
      return [
        [text(data.get("mailbox")), list(data.get("quotaroots")).map(text)],
        [response.path, [...response.roots]],
      ];
    case "id":
      return [
        Object.fromEntries(
          [...(isMap(data) ? data : [])].filter(([, v]) => v !== null).map(([k, v]) => [k, text(v)]),
        ),
        Object.fromEntries(response.fields),
      ];
    default:
      return null;
  }
}

function fetched(data: Yaml | undefined, message: FetchedMessage): [Plain, Plain] | null {
  const attrs = isMap(data) ? data.get("attr") : undefined;
  if (!isMap(data) || !isMap(attrs)) return null;
  const wanted: Plain[] = [Number(data.get("seqno") ?? data.get("uid"))];
  const got: Plain[] = [data.has("seqno") ? message.seq : (message.uid ?? null)];
  for (const [name, value] of attrs) {
    const both = attribute(name.toUpperCase(), value, message);
    if (!both) continue;
    wanted.push([name, both[0]]);
    got.push([name, both[1]]);
  }
  return [wanted, got];
}

/** Each message with its depth; one that is not there counts as 0. */
function threads(members: readonly Yaml[], depth: number): Plain[] {
  return members.flatMap((member) =>
    isMap(member)
      ? [[Number(member.get("seqno") ?? 0), depth], ...threads(list(member.get("children")), depth + 1)]
      : [],
  );
}

function searched(expected: YamlMap, response: Extract<Response, { kind: "search" }>): [Plain, Plain] | null {
  const data = expected.get("data");
  const name = upper(expected.get("name"));
  if (name === "SEARCH") {
    const numbers = isMap(data) ? data.get("internal") : data;
    const ivars = isMap(data) ? data.get("ivars") : undefined;
    const modSeq = isMap(ivars) ? ivars.get("@modseq") : null;
    return [
      [expectedSet(numbers), text(modSeq)],
      [ranges(response.all), response.modSeq === null ? "" : String(response.modSeq)],
    ];
  }
  if (name !== "ESEARCH" || !isMap(data)) return null;
  const parts = list(data.get("data")).filter((pair) => text(list(pair)[0]) === "PARTIAL");
  const part = list(parts[0])[1];
  return [
    [text(data.get("tag")), text(data.get("uid")), isMap(part) ? expectedSet(part.get("results")) : ""],
    [response.tag ?? "", String(response.uid), ranges(response.partial)],
  ];
}

/** Null: as expected. "none": the fixture says nothing we could compare. Else what differs. */
export function difference(expected: YamlMap, response: Response): string | "none" | null {
  const both = sides(expected, response);
  if (!both) return "none";
  if (isDeepStrictEqual(both[0], both[1])) return null;
  return `expected ${JSON.stringify(both[0])}, read ${JSON.stringify(both[1])}`;
}
