/**
 * iCalendar as text (RFC 5545 §3.1): content lines taken apart and put together. Lines that are broken, which real
 * invitations have, cost themselves alone. (The library ical.js gives up a whole invitation for one such line, and
 * does not come back from a time zone whose rule repeats every second.)
 */

export interface Property {
  /** Upper case. */
  readonly name: string;
  /** Names in upper case; of several values the first, without quotes. */
  readonly params: ReadonlyMap<string, string>;
  /** As it stands: escapes not undone. */
  readonly value: string;
  /** The whole line, unfolded. */
  readonly line: string;
}

export interface Component {
  /** Upper case: `VEVENT`, `VTIMEZONE`, … */
  readonly name: string;
  readonly properties: readonly Property[];
  readonly components: readonly Component[];
}

interface Building {
  readonly name: string;
  readonly properties: Property[];
  readonly components: Building[];
}

const MAX_TEXT = 1024 * 1024;
const MAX_LINES = 50_000;
const MAX_DEPTH = 8;

/** One content line; null where it is none. */
function readLine(line: string): Property | null {
  const name = /^[A-Za-z0-9-]+/.exec(line)?.[0];
  if (!name) return null;
  const params = new Map<string, string>();
  let at = name.length;
  while (line.charAt(at) === ";") {
    const equals = line.indexOf("=", at);
    if (equals === -1) return null;
    const key = line.slice(at + 1, equals).toUpperCase();
    let value = "";
    let quoted = false;
    let first = true;
    for (at = equals + 1; at < line.length; at++) {
      const c = line.charAt(at);
      if (c === '"') quoted = !quoted;
      else if (!quoted && (c === ";" || c === ":")) break;
      else if (!quoted && c === ",") first = false;
      else if (first) value += c;
    }
    if (!params.has(key)) params.set(key, value);
  }
  if (line.charAt(at) !== ":") return null;
  return { name: name.toUpperCase(), params, value: line.slice(at + 1), line };
}

/** Reads a calendar: what stands in its outermost component. Never throws. */
export function readCalendar(text: string): Component {
  const root: Building = { name: "", properties: [], components: [] };
  const open: Building[] = [root];
  const lines: string[] = [];
  for (const line of text.slice(0, MAX_TEXT).split(/\r\n|\n|\r/, MAX_LINES)) {
    const last = lines.length - 1;
    const known = lines[last];
    if (known !== undefined && /^[ \t]/.test(line)) lines[last] = known + line.slice(1);
    // A value with a bare line end in it: what follows is no line of its own.
    else if (known !== undefined && line !== "" && !/^[A-Za-z0-9-]+[;:]/.test(line))
      lines[last] = `${known}\\n${line}`;
    else if (line !== "") lines.push(line);
  }
  for (const line of lines) {
    const property = readLine(line);
    const top = open.at(-1);
    if (!property || !top) continue;
    if (property.name === "BEGIN") {
      const made: Building = { name: property.value.trim().toUpperCase(), properties: [], components: [] };
      if (open.length <= MAX_DEPTH) top.components.push(made);
      open.push(made);
    } else if (property.name === "END") {
      const name = property.value.trim().toUpperCase();
      const at = open.findLastIndex((one) => one.name === name);
      if (at > 0) open.length = at;
    } else top.properties.push(property);
  }
  return root.components.find(({ name }) => name === "VCALENDAR") ?? root;
}

export function property(component: Component, name: string): Property | null {
  return component.properties.find((one) => one.name === name) ?? null;
}

/** A TEXT value (RFC 5545 §3.3.11) with its escapes undone; empty where there is none. */
export function textOf(component: Component, name: string): string {
  return unescapeText(property(component, name)?.value ?? "");
}

export function unescapeText(value: string): string {
  return value.replace(/\\([\s\S])/g, (_, c: string) => (c === "n" || c === "N" ? "\n" : c));
}

export function escapeText(text: string): string {
  return text
    .replace(/\r\n|\r/g, "\n")
    .replace(/[\\;,]/g, "\\$&")
    .replaceAll("\n", "\\n");
}

/** A parameter's value (RFC 5545 §3.2), in quotes: those and control characters cannot be said in it. */
export function quoteParam(text: string): string {
  return `"${text.replace(/[\0-\x1f\x7f"]/g, " ")}"`;
}

/** Lines as a calendar has them: at most 75 octets, CR LF (RFC 5545 §3.1). Control characters but tab are dropped. */
export function foldLines(lines: readonly string[]): string {
  let out = "";
  for (const line of lines) {
    let octets = 0;
    for (const c of line.replace(/[\0-\x08\x0a-\x1f\x7f]/g, "")) {
      const size = Buffer.byteLength(c);
      if (octets + size > 75) {
        out += "\r\n ";
        octets = 1;
      }
      out += c;
      octets += size;
    }
    out += "\r\n";
  }
  return out;
}
