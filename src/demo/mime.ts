// Where the parts of a message lie, and the three views IMAP gives of that: ENVELOPE, BODYSTRUCTURE and sections.
import { nstring, string } from "./syntax.ts";

/** One body part; the message itself is the root. Offsets are octets into the whole message. */
export interface Part {
  /** Header fields in order, values unfolded, as raw octets. */
  fields: { name: string; value: string; raw: string }[];
  start: number;
  /** First octet after the blank line that ends the header. */
  bodyStart: number;
  end: number;
  type: string;
  subtype: string;
  parameters: [name: string, value: string][];
  /** Parts of a multipart. */
  children: Part[];
  /** The message inside a message/rfc822 part. */
  message: Part | null;
}

/** Deeper than this, a part is read as opaque: no honest message goes there. */
const maxDepth = 30;

/** Value of the first field of that (lower case) name. */
export function field(part: Part, name: string): string | undefined {
  return part.fields.find((f) => f.name === name)?.value;
}

/** All the parameters of a structured field such as Content-Type. */
function parametersOf(value: string): [string, string][] {
  const found = value.matchAll(/;\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g);
  return [...found].map(([, name = "", quoted, plain]) => [
    name,
    quoted === undefined ? (plain ?? "") : quoted.replace(/\\(.)/g, "$1"),
  ]);
}

function boundaryOf(parameters: [string, string][]): string | undefined {
  return parameters.find(([name]) => name.toLowerCase() === "boundary")?.[1];
}

/** The ranges between the delimiter lines of a multipart (RFC 2046 §5.1.1). */
function partRanges(text: string, start: number, end: number, boundary: string): [number, number][] {
  const escaped = boundary.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
  const delimiter = new RegExp(`(?:^|\\r?\\n)--${escaped}(--)?[ \\t]*(?=\\r?\\n|$)`, "g");
  const ranges: [number, number][] = [];
  let open: number | undefined;
  const body = text.slice(start, end);
  for (const found of body.matchAll(delimiter)) {
    if (open !== undefined) ranges.push([open, Math.max(open, start + found.index)]);
    const after = found.index + found[0].length;
    open = start + after + (body.startsWith("\r\n", after) ? 2 : 1);
    if (found[1]) return ranges;
  }
  if (open !== undefined && open <= end) ranges.push([open, end]);
  return ranges;
}

/** Finds the parts of a message; anything at all gives a tree, malformed MIME gives a shallow one. */
export function indexMessage(text: string, start = 0, end = text.length, depth = 0): Part {
  const blank = /^\r?\n|\r?\n\r?\n/g;
  const scope = text.slice(start, end);
  const gap = blank.exec(scope);
  const bodyStart = gap ? start + blank.lastIndex : end;
  const fields = [
    ...text
      .slice(start, bodyStart)
      .matchAll(/^([\x21-\x39\x3b-\x7e]+)[ \t]*:([^\r\n]*(?:(?:\r?\n[ \t]|\r(?!\n))[^\r\n]*)*)(?:\r?\n|$)/gm),
  ].map(([raw, name = "", value = ""]) => ({
    name: name.toLowerCase(),
    value: value.replace(/\r?\n(?=[ \t])/g, "").trim(),
    raw,
  }));
  const part: Part = {
    fields,
    start,
    bodyStart,
    end,
    type: "text",
    subtype: "plain",
    parameters: [],
    children: [],
    message: null,
  };
  const contentType = field(part, "content-type") ?? "";
  const [, type, subtype] = /^\s*([\w.+-]+)\s*\/\s*([\w.+-]+)/.exec(contentType) ?? [];
  if (type && subtype) {
    part.type = type.toLowerCase();
    part.subtype = subtype.toLowerCase();
    part.parameters = parametersOf(contentType);
  } else {
    part.parameters = [["charset", "us-ascii"]];
  }
  const boundary = boundaryOf(part.parameters);
  if (part.type === "multipart" && boundary !== undefined && depth < maxDepth)
    part.children = partRanges(text, bodyStart, end, boundary).map(([from, to]) =>
      indexMessage(text, from, to, depth + 1),
    );
  // BODYSTRUCTURE has no form for a multipart of no parts.
  if (part.type === "multipart" && part.children.length === 0)
    Object.assign(part, { type: "application", subtype: "octet-stream", parameters: [] });
  if (part.type === "message" && part.subtype === "rfc822") {
    const encoding = (field(part, "content-transfer-encoding") ?? "7bit").toLowerCase();
    if (depth < maxDepth && /^(7bit|8bit|binary)$/.test(encoding))
      part.message = indexMessage(text, bodyStart, end, depth + 1);
    else Object.assign(part, { type: "application", subtype: "octet-stream" });
  }
  return part;
}

/** address: `(name adl mailbox host)`; groups as RFC 3501 §7.4.2 tells. */
function addresses(value: string | undefined): string {
  if (value === undefined || value === "") return "NIL";
  const found: string[] = [];
  const add = (name: string, address: string) => {
    const at = address.lastIndexOf("@");
    const [mailbox, host] = at < 0 ? [address, ""] : [address.slice(0, at), address.slice(at + 1)];
    found.push(`(${nstring(name.trim() || null)} NIL ${string(mailbox.trim())} ${string(host.trim())})`);
  };
  let name = "";
  let comment = "";
  let angle: string | undefined;
  const finish = () => {
    if (angle !== undefined) add(name || comment, angle);
    else if (name.trim()) add(comment, name);
    name = comment = "";
    angle = undefined;
  };
  for (const [token, quoted, inAngle, inComment] of value.matchAll(
    /"((?:[^"\\]|\\.)*)"|<([^<>]*)>|\(([^()]*)\)|[,;:]|[^"<(,;:]+|[\s\S]/g,
  )) {
    if (quoted !== undefined) name += quoted.replace(/\\(.)/g, "$1");
    else if (inAngle !== undefined) angle = inAngle;
    else if (inComment !== undefined) comment = inComment;
    else if (token === ",") finish();
    else if (token === ":") {
      found.push(`(NIL NIL ${string(name.trim())} NIL)`);
      name = "";
    } else if (token === ";") {
      finish();
      found.push("(NIL NIL NIL NIL)");
    } else name += token.replace(/\s+/g, " ");
  }
  finish();
  return found.length > 0 ? `(${found.join("")})` : "NIL";
}

/** ENVELOPE (RFC 3501 §7.4.2). */
export function envelope(part: Part): string {
  const from = addresses(field(part, "from"));
  const or = (name: string) => {
    const list = addresses(field(part, name));
    return list === "NIL" ? from : list;
  };
  const plain = (name: string) => addresses(field(part, name));
  const text = (name: string) => nstring(field(part, name));
  return `(${text("date")} ${text("subject")} ${from} ${or("sender")} ${or("reply-to")} ${plain("to")} ${plain("cc")} ${plain("bcc")} ${text("in-reply-to")} ${text("message-id")})`;
}

function parameterList(parameters: [string, string][]): string {
  if (parameters.length === 0) return "NIL";
  return `(${parameters.map(([name, value]) => `${string(name)} ${string(value)}`).join(" ")})`;
}

function disposition(part: Part): string {
  const value = field(part, "content-disposition");
  const kind = /^\s*([\w-]+)/.exec(value ?? "")?.[1];
  return value && kind ? `(${string(kind)} ${parameterList(parametersOf(value))})` : "NIL";
}

function countLines(text: string, part: Part): number {
  let lines = 0;
  for (let at = text.indexOf("\n", part.bodyStart); at >= 0 && at < part.end; at = text.indexOf("\n", at + 1))
    lines++;
  return lines;
}

/** BODYSTRUCTURE, or BODY without the extension data (RFC 3501 §7.4.2). */
export function bodyStructure(text: string, part: Part, extended: boolean): string {
  const rest = `${disposition(part)} ${nstring(field(part, "content-language"))} ${nstring(field(part, "content-location"))}`;
  if (part.type === "multipart") {
    const children = part.children.map((child) => bodyStructure(text, child, extended)).join("");
    const extension = extended ? ` ${parameterList(part.parameters)} ${rest}` : "";
    return `(${children} ${string(part.subtype)}${extension})`;
  }
  const basic = [
    string(part.type),
    string(part.subtype),
    parameterList(part.parameters),
    nstring(field(part, "content-id")),
    nstring(field(part, "content-description")),
    string(field(part, "content-transfer-encoding") ?? "7bit"),
    part.end - part.bodyStart,
  ];
  if (part.message)
    basic.push(envelope(part.message), bodyStructure(text, part.message, extended), countLines(text, part));
  else if (part.type === "text") basic.push(countLines(text, part));
  if (extended) basic.push(nstring(field(part, "content-md5")), rest);
  return `(${basic.join(" ")})`;
}

export interface Section {
  /** Part numbers; empty for the message itself. */
  path: number[];
  what: "" | "HEADER" | "HEADER.FIELDS" | "HEADER.FIELDS.NOT" | "TEXT" | "MIME";
  /** Names of the fields, as asked for. */
  fields: string[];
}

/** The part that a path names: numbers go through multiparts and through the messages inside message/rfc822 parts. */
function partAt(root: Part, path: number[]): Part | undefined {
  let part: Part | undefined = root;
  for (const [depth, number] of path.entries()) {
    const holder: Part | undefined = depth > 0 && part?.message ? part.message : part;
    if (!holder) return undefined;
    if (holder.children.length > 0) part = holder.children[number - 1];
    else part = number === 1 && (depth === 0 || holder !== part) ? holder : undefined;
  }
  return part;
}

/** The octets of a section (RFC 3501 §6.4.5), or null where the message has no such part. */
export function section(text: string, root: Part, { path, what, fields }: Section): string | null {
  const part = partAt(root, path);
  if (!part) return null;
  if (what === "MIME") return text.slice(part.start, part.bodyStart);
  if (what === "") return text.slice(path.length === 0 ? part.start : part.bodyStart, part.end);
  const message = path.length === 0 ? part : part.message;
  if (!message) return null;
  if (what === "TEXT") return text.slice(message.bodyStart, message.end);
  if (what === "HEADER") return text.slice(message.start, message.bodyStart);
  const names = fields.map((name) => name.toLowerCase());
  const chosen = message.fields.filter((f) => names.includes(f.name) === (what === "HEADER.FIELDS"));
  return `${chosen.map((f) => f.raw.replace(/\r?\n$/, "")).join("\r\n")}${chosen.length > 0 ? "\r\n" : ""}\r\n`;
}
