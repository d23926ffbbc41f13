/**
 * What a full text index wants of a message: all of its words and none of its looks. Lighter than reading it, as a
 * whole mailbox goes through here.
 */
import { setImmediate } from "node:timers/promises";
import { Parser } from "htmlparser2";
import { attachedTypes, fileNames } from "./attached.ts";
import { decodeBytes } from "./charset.ts";
import { charsetLabel } from "./charset-label.ts";
import { decodeAll } from "./decode.ts";
import { decodeWords } from "./header.ts";
import { isMachinery } from "./machinery.ts";
import { type HeaderField, headerFields, leaves, parseMime } from "./mime.ts";
import type { LeafDescription, PartDescription } from "./types.ts";

/** Text kept of one message, in UTF-16 units: a long novel's chapter. */
const MAX_TEXT = 256 * 1024;
/** Octets of one part that are looked at: HTML is mostly not text. */
const MAX_OCTETS = 2 * 1024 * 1024;
const MAX_FIELDS = 200;
const MAX_VALUE = 1000;
const MAX_FILES = 200;
/** Milliseconds of work after which others have their turn. */
const TURN = 4;

export interface SearchText {
  /** Decoded, names in lower case; without `isMachinery` ones. Null where the header is not here. */
  readonly fields: readonly HeaderField[] | null;
  /** All text, paragraph by paragraph; HTML without its tags; enclosed messages with the heads of their headers. */
  readonly body: string;
  /** `body` is all of it: no part was missing, nothing was cut. */
  readonly whole: boolean;
  /** Names of files. */
  readonly files: readonly string[];
  /** Media types of what is attached, each once (`attachedTypes`). */
  readonly attached: readonly string[];
}

export interface SearchSource {
  readonly header: Buffer | null;
  readonly structure: PartDescription;
  /** The part's bytes, still transfer-encoded; for an enclosed message's header `section` ends in `.HEADER`. */
  part(section: string): Buffer | null;
}

/** Gives others their turn once it is due. */
class Turns {
  private since = performance.now();

  async pause(): Promise<void> {
    if (performance.now() - this.since < TURN) return;
    await setImmediate();
    this.since = performance.now();
  }
}

class Collector {
  readonly turns = new Turns();
  whole = true;
  body = "";

  add(text: string): void {
    const room = MAX_TEXT - this.body.length;
    if (text.length > room) this.whole = false;
    const kept = text.slice(0, Math.max(0, room)).trim();
    if (kept !== "") this.body += this.body === "" ? kept : `\n\n${kept}`;
  }

  get full(): boolean {
    return this.body.length >= MAX_TEXT;
  }
}

/** What of a message can be found. Never rejects: what cannot be read is left out. */
export async function readSearchText({ header, structure, part }: SearchSource): Promise<SearchText> {
  const collector = new Collector();
  for (const leaf of leaves(structure)) await readLeaf(collector, leaf, part);
  return {
    fields: header && searchFields(header),
    body: collector.body,
    whole: collector.whole,
    files: fileNames(structure).slice(0, MAX_FILES),
    attached: attachedTypes(structure),
  };
}

/** The same for a whole message (RFC 5322). */
export function readWholeSearchText(message: Buffer): Promise<SearchText> {
  const tree = parseMime(message);
  return readSearchText({
    header: tree.header,
    structure: tree.structure,
    part: (section) =>
      (section.endsWith(".HEADER")
        ? tree.enclosedHeaders.get(section.slice(0, -".HEADER".length))
        : tree.parts.get(section)?.body) ?? null,
  });
}

async function readLeaf(
  collector: Collector,
  leaf: LeafDescription,
  part: SearchSource["part"],
): Promise<void> {
  if (leaf.body) {
    // The reader's path asks a server for the fields it shows; a whole message has all of them.
    const block = part(`${leaf.section}.HEADER`);
    if (block) collector.add(headText(block));
    else collector.whole = false;
    return;
  }
  if (leaf.type !== "text" && leaf.type !== "message") return;
  const raw = part(leaf.section);
  if (!raw || collector.full) {
    if (leaf.size > 0) collector.whole = false;
    return;
  }
  if (raw.length > MAX_OCTETS) collector.whole = false;
  const contents = await decodeAll(raw.subarray(0, MAX_OCTETS), leaf.encoding).catch(() => null);
  await collector.turns.pause();
  if (contents === null) {
    collector.whole = false;
    return;
  }
  const text = decodeBytes(contents, charsetLabel(leaf, contents));
  if (leaf.subtype === "html") {
    const bare = await bareText(text, collector.turns);
    // As a rule the same words have come as plain text.
    if (!squeezed(collector.body).includes(squeezed(bare))) collector.add(bare);
  } else collector.add(text);
  await collector.turns.pause();
}

const squeezed = (text: string) => text.replace(/\s+/g, " ").trim();

/** Who wrote what to whom: what a reader is shown of an enclosed message's header. */
function headText(block: Buffer): string {
  return headerFields(block)
    .filter(({ name }) => ["from", "to", "cc", "subject"].includes(name))
    .map(({ value }) => decodeWords(value.slice(0, MAX_VALUE)))
    .join("\n");
}

function searchFields(header: Buffer): HeaderField[] {
  return headerFields(header)
    .filter(({ name }) => !isMachinery(name))
    .slice(0, MAX_FIELDS)
    .map(({ name, value }) => ({ name, value: decodeWords(value.slice(0, MAX_VALUE)) }));
}

const SLICE = 16 * 1024;
/** The parser's own stack costs its depth at every tag, so HTML nested deeper goes on with a fresh parser. */
const MAX_DEPTH = 2000;
const WORDLESS = new Set(["script", "style", "template", "svg", "math", "title"]);
/** Between these and their neighbours stands no space, and yet a word goes on. */
const INLINE = new Set(
  "a abbr acronym b bdi bdo big cite code del dfn em font i ins kbd mark q s samp small span strike strong sub sup tt u var wbr".split(
    " ",
  ),
);

/** The text of HTML, without any of its form. */
async function bareText(html: string, turns: Turns): Promise<string> {
  let text = "";
  let depth = 0;
  let silent = 0;
  let image = false;
  const newParser = () => {
    depth = 0;
    silent = 0;
    return new Parser({
      onopentagname(name) {
        depth++;
        image = name === "img";
        if (WORDLESS.has(name)) silent++;
        if (!INLINE.has(name)) text += " ";
      },
      onattribute(name, value) {
        if (image && name === "alt") text += value;
      },
      onclosetag(name) {
        depth--;
        if (WORDLESS.has(name)) silent = Math.max(0, silent - 1);
        if (!INLINE.has(name)) text += " ";
      },
      ontext(data) {
        if (silent === 0) text += data;
      },
    });
  };
  let parser = newParser();
  for (let at = 0; at < html.length && text.length < 2 * MAX_TEXT; at += SLICE) {
    parser.write(html.slice(at, at + SLICE));
    if (depth > MAX_DEPTH) {
      parser.end();
      parser = newParser();
    }
    await turns.pause();
  }
  parser.end();
  return squeezed(text);
}
