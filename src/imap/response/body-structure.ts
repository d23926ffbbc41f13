import type { BodyMultipart, BodyPart, BodyStructure, Disposition, Envelope } from "../values.ts";
import { LPAREN, RPAREN } from "../wire/bytes.ts";
import type { Reader } from "../wire/reader.ts";
import { readEnvelope } from "./envelope.ts";

/** Subtypes that tell a multipart whose children the server left out. */
const multiparts: ReadonlySet<string> = new Set([
  "alternative",
  "appledouble",
  "digest",
  "encrypted",
  "form-data",
  "mixed",
  "parallel",
  "related",
  "report",
  "signed",
]);
const dispositionNext = /^\( *"(?:inline|attachment)"/i;
const dispositions: ReadonlySet<string> = new Set(["inline", "attachment"]);

const noParams: ReadonlyMap<string, string> = new Map();
const noLanguage: readonly string[] = Object.freeze([]);

/** body-fld-param: NIL, `()` or pairs; a NIL value is read as empty. */
function readParams(r: Reader): ReadonlyMap<string, string> {
  if (r.nil()) return noParams;
  if (r.atString()) {
    r.string();
    return noParams;
  }
  const params = new Map<string, string>();
  r.list(() => {
    const name = r.nstring();
    r.skipSp();
    const value = r.peek() === RPAREN ? null : r.nstring();
    if (name !== null && !params.has(name.toLowerCase())) params.set(name.toLowerCase(), value ?? "");
  });
  return params.size > 0 ? params : noParams;
}

/** body-fld-dsp: NIL or `(type params)`; a bare string and `(NIL NIL)` are met with. */
function readDisposition(r: Reader): Disposition | null {
  if (r.nil()) return null;
  if (r.atString()) {
    const type = r.string().toLowerCase();
    return dispositions.has(type) ? { type, params: noParams } : null;
  }
  if (r.peek() !== LPAREN) {
    r.skipValue();
    return null;
  }
  let type: string | null = null;
  let params = noParams;
  let index = 0;
  r.list(() => {
    if (index === 0) type = r.nstring();
    else if (index === 1) params = readParams(r);
    else r.skipValue();
    index++;
  });
  return type === null ? null : { type: String(type).toLowerCase(), params };
}

/** body-fld-lang: nstring or a list of strings. */
function readLanguage(r: Reader): readonly string[] {
  if (r.peek() !== LPAREN) {
    const one = r.nstring();
    return one ? [one] : noLanguage;
  }
  const languages: string[] = [];
  r.list(() => {
    const language = r.nstring();
    if (language) languages.push(language);
  });
  return languages;
}

/** nstring for which `()` is met with. */
function readLocation(r: Reader): string | null {
  if (r.peek() !== LPAREN) return r.nstring();
  r.skipValue();
  return null;
}

/** Reads `value` if the list goes on, after its SP. */
function next<T>(r: Reader, read: (r: Reader) => T, absent: T): T {
  r.skipSp();
  return r.peek() === RPAREN ? absent : read(r);
}

/** disposition, language, location, and whatever future versions add; then the closing parenthesis. */
function readExtension(r: Reader): Pick<BodyPart, "disposition" | "language" | "location"> {
  let disposition = next(r, readDisposition, null);
  let language: readonly string[];
  r.skipSp();
  if (disposition && !dispositions.has(disposition.type) && dispositionNext.test(r.ahead(16))) {
    // Exchange has them the wrong way round.
    language = [disposition.type];
    disposition = readDisposition(r);
  } else language = next(r, readLanguage, noLanguage);
  const location = next(r, readLocation, null);
  r.skipSp();
  while (!r.take(RPAREN)) {
    r.skipValue();
    r.skipSp();
  }
  return { disposition, language, location };
}

const join = (section: string, n: number) => (section === "" ? String(n) : `${section}.${n}`);

/** After the children, or where a multipart without children has its subtype behind it. */
function multipart(
  r: Reader,
  section: string,
  subtype: string,
  parts: readonly BodyStructure[],
): BodyMultipart {
  const params = next(r, readParams, noParams);
  return { kind: "multipart", section, subtype: subtype.toLowerCase(), params, parts, ...readExtension(r) };
}

/**
 * body (RFC 9051 §7.5.2), BODY or BODYSTRUCTURE.
 * @param section the number of this body's place; "" for the message itself.
 * @param root whether it is a whole message's body: a single part there is number 1 of it (RFC 9051 §6.4.5.1).
 * @throws MalformedError
 */
export function readBodyStructure(r: Reader, section = "", root = true): BodyStructure {
  r.expect(LPAREN);
  r.enter();
  r.skipSp();
  const body = r.peek() === LPAREN ? readChildren(r, section) : readLeaf(r, section, root);
  r.leave();
  return body;
}

function readChildren(r: Reader, section: string): BodyMultipart {
  const parts: BodyStructure[] = [];
  while (r.peek() === LPAREN) {
    parts.push(readBodyStructure(r, join(section, parts.length + 1), false));
    r.skipSp();
  }
  return multipart(r, section, next(r, (s) => s.nstring(), null) ?? "mixed", parts);
}

function readLeaf(r: Reader, place: string, root: boolean): BodyStructure {
  let type = (r.nstring() ?? "").toLowerCase();
  r.skipSp();
  if (!r.atString() && multiparts.has(type)) return multipart(r, place, type, []);
  let subtype = r.atString() || r.nil() ? "" : null;
  if (subtype === "" && r.atString()) subtype = r.string().toLowerCase();
  r.skipSp();
  if (type === "" && multiparts.has(subtype ?? "")) return multipart(r, place, subtype!, []);
  if (type === "" || subtype === null || subtype === "") [type, subtype] = defaultType(type, subtype);
  const section = root ? join(place, 1) : place;
  const params = next(r, readParams, noParams);
  const id = next(r, (s) => s.nstring(), null);
  const description = next(r, (s) => s.nstring(), null);
  const encoding = next(r, (s) => s.nstring(), null)?.toLowerCase() || "7bit";
  const size = next(r, (s) => s.number(), 0);
  let lines: number | null = null;
  let envelope: Envelope | null = null;
  let body: BodyStructure | null = null;
  r.skipSp();
  if (type === "message" && r.peek() === LPAREN) {
    envelope = readEnvelope(r);
    r.skipSp();
    if (!r.nil()) body = readBodyStructure(r, section, true);
    r.skipSp();
  }
  if ((type === "text" || envelope) && r.atNumber()) lines = r.number();
  const md5 = next(r, (s) => s.nstring(), null);
  const extension = readExtension(r);
  if (type === "multipart")
    return { kind: "multipart", section: place, subtype, params, parts: [], ...extension };
  return {
    kind: "part",
    section,
    type,
    subtype,
    params,
    id,
    description,
    encoding,
    size,
    lines,
    envelope,
    body,
    md5,
    ...extension,
  };
}

/** RFC 2045 §5.2 where the type is missing or only half of it is there. */
function defaultType(type: string, subtype: string | null): [string, string] {
  if (type === "text") return ["text", "plain"];
  if (type === "message") return ["message", "rfc822"];
  if (type === "multipart") return ["multipart", "mixed"];
  return type !== "" && subtype === null ? ["application", type] : ["application", subtype || "octet-stream"];
}
