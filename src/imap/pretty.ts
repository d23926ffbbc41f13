/** Responses laid out for people: lists that are too long for a line are indented, literals shown as the text they are. */
import { limits } from "./limits.ts";
import { decodeText } from "./wire/text.ts";

type Node =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "literal"; readonly size: number; readonly lines: readonly string[] }
  | { readonly kind: "list"; readonly nodes: Node[] };

/** A quoted string, with its blanks. */
const quoted = /"(?:\\.|[^"\\])*"/y;
/** Text up to a blank, a bracketed section with its blanks. */
const piece = /[^\s()"[{]*\[[^\]]{0,500}\]\S{0,50}?(?=[\s()]|$)|[^\s()"]+|["{]/y;

function parse(response: Buffer): Node[] {
  const text = response.toString("latin1");
  const top: Node[] = [];
  const open: Node[][] = [top];
  let at = 0;
  let closed = true;
  const add = (node: Node) => void open.at(-1)?.push(node);
  while (at < text.length) {
    const literal = /^\{(\d{1,15})\+?\}\r?\n/.exec(text.slice(at, at + 24));
    if (literal) {
      at += literal[0].length;
      const size = Number(literal[1]);
      const held = size <= limits.inlineLiteral;
      const content = held ? decodeText(response.subarray(at, at + size)) : "";
      add({
        kind: "literal",
        size,
        lines: content === "" ? [] : content.replace(/\r?\n$/, "").split(/\r?\n/),
      });
      if (held) at += size;
      continue;
    }
    const c = text[at];
    if (c === "(" && open.length < limits.depth) {
      const list: Node = { kind: "list", nodes: [] };
      add(list);
      open.push(list.nodes);
      at++;
    } else if (c === ")" && open.length > 1) {
      open.pop();
      at++;
    } else if (c === undefined || /\s/.test(c)) at++;
    else {
      quoted.lastIndex = piece.lastIndex = at;
      const string: string | undefined = c === '"' && closed ? quoted.exec(text)?.[0] : undefined;
      // Where one does not end, none is looked for any more: each look would go to the end of the response.
      closed &&= c !== '"' || string !== undefined;
      const found = string ?? piece.exec(text)?.[0] ?? c;
      add({ kind: "text", text: decodeText(Buffer.from(found, "latin1")) });
      at += found.length;
    }
  }
  return top;
}

/** The node in one line; null where it has a literal or is longer than `most`. */
function flat(node: Node, most: number): string | null {
  if (node.kind === "literal") return null;
  if (node.kind === "text") return node.text.length <= most ? node.text : null;
  let out = "(";
  for (const child of node.nodes) {
    const inner = flat(child, most - out.length - 1);
    if (inner === null) return null;
    out += out === "(" ? inner : ` ${inner}`;
  }
  return out.length < most ? `${out})` : null;
}

/** Something that has a value behind it: `ENVELOPE`, `BODY[HEADER]`. */
const isName = (node: Node) => node.kind === "text" && /^[A-Z][A-Z0-9.-]*(?:\[.*)?$/.test(node.text);

function layOut(
  nodes: readonly Node[],
  indent: number,
  width: number,
  lines: string[],
  inList: boolean,
): void {
  let line = lines.pop() ?? "";
  const room = () => width - line.length - 1;
  const blank = () => line.trim() === "" || line.endsWith("(");
  // In a list of names and values each name begins a line.
  let named = true;
  for (const node of nodes) {
    const fits = flat(node, room());
    if (fits !== null && (named || !inList || !isName(node))) line += blank() ? fits : ` ${fits}`;
    else {
      // A value stays beside its name, and begins its own lines there; all else begins a line.
      if ((!named || (!inList && node.kind === "text")) && !blank()) {
        lines.push(line);
        line = " ".repeat(indent);
      }
      const again = flat(node, room());
      if (again !== null) line += blank() ? again : ` ${again}`;
      else if (node.kind === "list") {
        lines.push(`${line}${blank() ? "" : " "}(`);
        layOut(node.nodes, indent + 2, width, lines, true);
        line = `${lines.pop() ?? ""})`;
      } else if (node.kind === "literal") {
        const what = node.lines.length === 0 && node.size > 0 ? `{${node.size}} not shown` : `{${node.size}}`;
        lines.push(
          `${line}${blank() ? "" : " "}${what}`,
          ...node.lines.map((text) => " ".repeat(indent + 2) + text),
        );
        line = " ".repeat(indent);
      } else line += `${blank() ? "" : " "}${node.text}`;
    }
    named = isName(node);
  }
  lines.push(line);
}

/**
 * One response, with or without its line end, in lines of about `width` characters; words longer than that are not cut.
 * Hostile text: it may hold any character but a line end.
 */
export function prettyResponse(response: Buffer, width: number): string[] {
  // What follows a condition is text for people, whatever parentheses are in it.
  if (/^(?:\*|\+|[A-Za-z0-9.]+) (?:OK|NO|BAD|BYE|PREAUTH)\b/i.test(response.toString("latin1", 0, 40)))
    return [decodeText(response).trimEnd()];
  const lines: string[] = [];
  layOut(parse(response), 4, width, lines, false);
  return lines.filter((line) => line.trim() !== "");
}
