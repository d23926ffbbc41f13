/**
 * A draft as a text file, for an editor and for the disk: header fields, an empty line, the text. Attachments and what
 * the draft answers are fields too (`Attach`, `Postern-Origin`). What is written reads back as the same draft.
 */
import type { Places } from "../../mail/sending.ts";
import { SendError } from "../errors.ts";
import {
  type Draft,
  type DraftAttachment,
  encodings,
  type Field,
  type Origin,
  oneLine,
  placesOf,
  type ServerPart,
} from "./draft.ts";

const fieldLine = /^([\x21-\x39\x3b-\x7e]+)[ \t]*:(.*)$/;
/** What a person need not see, and could only spoil, while the message is edited. */
const unseen = ["references", "postern-origin", "postern-copy"];

export function writeDraft(draft: Draft): string {
  const { headers, attachments, origin, body } = draft;
  const lines = headers.map(({ name, value }) => `${name}: ${oneLine(value)}`.trimEnd());
  for (const attachment of attachments) lines.push(`Attach: ${writeAttachment(attachment)}`);
  if (origin) lines.push(`Postern-Origin: ${writeOrigin(origin)}`);
  return `${lines.map((line) => `${line}\n`).join("")}\n${body}`;
}

/** Throws SendError "DRAFT" with the line that cannot be read. */
export function parseDraft(text: string): Draft {
  const source = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const headers: Field[] = [];
  const attachments: DraftAttachment[] = [];
  let origin: Origin | null = null;
  let at = 0;
  const fields: { name: string; value: string }[] = [];
  for (let number = 1; at < source.length; number++) {
    const end = source.indexOf("\n", at);
    const line = source.slice(at, end < 0 ? source.length : end);
    at = end < 0 ? source.length : end + 1;
    if (line === "") break;
    const last = fields.at(-1);
    const found = fieldLine.exec(line);
    if (/^[ \t]/.test(line) && last) {
      if (line.trim() === "") break;
      last.value += ` ${line.trim()}`;
    } else if (found) fields.push({ name: found[1] ?? "", value: (found[2] ?? "").trim() });
    else
      throw new SendError(
        "DRAFT",
        `line ${number} is no header field: ${line.slice(0, 60)}`,
        "write it as Name: text, and leave an empty line between the header and the message",
      );
  }
  for (const { name, value } of fields) {
    const clean = oneLine(value);
    if (/^attach$/i.test(name)) {
      if (clean !== "") attachments.push(readAttachment(clean));
    } else if (/^postern-origin$/i.test(name)) origin = readOrigin(clean);
    else headers.push({ name, value: clean });
  }
  return { headers, attachments, origin, body: source.slice(at) };
}

/** What the editor is given: the draft without what nobody writes by hand. */
export function forEditor(draft: Draft): string {
  const headers = draft.headers.filter(({ name }) => !unseen.includes(name.toLowerCase()));
  return writeDraft({ ...draft, headers, origin: null });
}

/**
 * What came back from the editor, with what it was not given. Who takes out In-Reply-To begins a discussion of its own:
 * the references go with it.
 */
export function fromEditor(text: string, before: Draft): Draft {
  const after = parseDraft(text);
  const has = (headers: readonly Field[], name: string) =>
    headers.some((field) => field.name.toLowerCase() === name);
  const detached = has(before.headers, "in-reply-to") && !has(after.headers, "in-reply-to");
  const kept = before.headers.filter(
    ({ name }) => unseen.includes(name.toLowerCase()) && !(detached && /^references$/i.test(name)),
  );
  return {
    ...after,
    headers: [...after.headers, ...kept.filter(({ name }) => !has(after.headers, name.toLowerCase()))],
    origin: detached && before.origin?.kind === "reply" ? null : before.origin,
  };
}

const quoted = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;

function writeAttachment({ path, name, mediaType, disposition, contentId, part }: DraftAttachment): string {
  const bare = !/["\\;]|^\s|\s$/.test(path);
  return [
    bare ? path : quoted(path),
    ...(name === null ? [] : [`name=${quoted(name)}`]),
    ...(mediaType === null ? [] : [`type=${quoted(mediaType)}`]),
    ...(disposition === "attachment" ? [] : ["inline"]),
    ...(contentId === null ? [] : [`id=${quoted(contentId)}`]),
    ...(part === undefined ? [] : writePart(part)),
  ].join("; ");
}

function readAttachment(text: string): DraftAttachment {
  const unquote = (s: string) => (s.startsWith('"') ? s.slice(1, -1).replace(/\\(.)/g, "$1") : s.trim());
  const pieces = text.match(/(?:"(?:[^"\\]|\\.)*"|[^;"]|"(?![^"]*"))+/g) ?? [];
  const [path = "", ...rest] = pieces.map((piece) => piece.trim());
  const parameters = new Map(
    rest.map((piece) => {
      const [, key = piece, value = ""] = /^(\w+)\s*=\s*(.*)$/s.exec(piece) ?? [];
      return [key.toLowerCase(), unquote(value)] as const;
    }),
  );
  const part = readPart(parameters);
  return {
    ...(part === null ? {} : { part }),
    path: unquote(path),
    name: parameters.get("name") ?? null,
    mediaType: parameters.get("type") ?? null,
    disposition: parameters.has("inline") ? "inline" : "attachment",
    contentId: parameters.get("id") ?? null,
  };
}

/** Where a part is, and what its message is known by. */
function writePart(part: ServerPart): string[] {
  const { path, uidValidity, uid, section, size, encoding, messageId, emailId, messageSize } = part;
  return [
    `folder=${quoted(path)}`,
    `part="${uidValidity}/${uid}/${section}"`,
    `octets="${size} ${encoding}"`,
    `of="${messageSize}"`,
    ...(messageId === null ? [] : [`message=${quoted(messageId)}`]),
    ...(emailId === null ? [] : [`object=${quoted(emailId)}`]),
  ];
}

function readPart(parameters: ReadonlyMap<string, string>): ServerPart | null {
  const path = parameters.get("folder");
  const place = /^(\d{1,10})\/(\d{1,10})\/((?:\d+(?:\.\d+)*)?)$/.exec(parameters.get("part") ?? "");
  const [, octets, coded] = /^(\d{1,15}) (\S+)$/.exec(parameters.get("octets") ?? "") ?? [];
  const encoding = encodings.find((one) => one === coded);
  if (path === undefined || !place || encoding === undefined) return null;
  const [, uidValidity, uid, section = ""] = place;
  return {
    ...{ path, section, encoding, uidValidity: Number(uidValidity), uid: Number(uid), size: Number(octets) },
    messageId: parameters.get("message") ?? null,
    emailId: parameters.get("object") ?? null,
    messageSize: Number(parameters.get("of") ?? 0),
  };
}

function writeOrigin(origin: Origin): string {
  const places = placesOf(origin).map(
    ({ path, uidValidity, uids }) => `${uidValidity} ${uids.join(",")} ${JSON.stringify(path)}`,
  );
  return [origin.kind, ...places].join(" ");
}

function readOrigin(text: string): Origin | null {
  const [, kind, places = ""] = /^(reply|forward)( .*)$/.exec(text) ?? [];
  if (kind !== "reply" && kind !== "forward") return null;
  const place = / (\d{1,10}) (\d{1,10}(?:,\d{1,10})*) ("(?:[^"\\]|\\.)*")/y;
  const found: Places[] = [];
  try {
    while (place.lastIndex < places.length) {
      const [, uidValidity, uids = "", path = ""] = place.exec(places) ?? [];
      found.push({
        path: String(JSON.parse(path)),
        uidValidity: Number(uidValidity),
        uids: uids.split(",").map(Number),
      });
    }
  } catch {
    return null;
  }
  const [first, ...also] = found;
  return first ? { kind, ...first, ...(also.length > 0 ? { also } : {}) } : null;
}
