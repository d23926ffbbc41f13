/** What leaves the screen: links to a browser or the clipboard, attachments to their programs, messages into a pipe. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addAbortSignal, Readable } from "node:stream";
import { UsageError } from "../../commands/index.ts";
import { splitWords } from "../../commands/parse.ts";
import { browserFor, startDetached, type Viewer } from "../../commands/programs.ts";
import { saveStream } from "../../mail/save-stream.ts";
import { safeFileName } from "../../message/file-name.ts";
import { safeText } from "../../message/safe.ts";
import type { App } from "./app.ts";
import { openEnclosed, openReader, partOf, sourceOf } from "./opening.ts";
import { viewerFor } from "./programs.ts";
import { textOf } from "./reader-lines.ts";
import type { ReaderView } from "./reader-view.ts";
import type { Chosen } from "./sources.ts";

/** The link that a person calls by its number; its address is one that may be opened. */
function linkOf(app: App, argument: string): { number: number; target: string } {
  const links = openReader(app).message?.body.links ?? [];
  if (links.length === 0) throw new UsageError("this message has no links", "nothing to open");
  const number = argument.trim() === "" && links.length === 1 ? 1 : Number.parseInt(argument, 10);
  const target = links[number - 1];
  if (target === undefined)
    throw new UsageError(`there is no link ${argument || "without a number"}`, `give 1 to ${links.length}`);
  return { number, target };
}

export function copyLink(app: App, argument: string): void {
  const { target } = linkOf(app, argument);
  app.host.copy(safeText(target));
  app.say(`copied ${target}`);
}

/** Opens a link; one whose text names another place only after asking. Without a browser it is copied. */
export async function openLink(app: App, argument: string): Promise<void> {
  const { number, target } = linkOf(app, argument);
  if (!/^(?:https?|mailto|ftp):/i.test(target) || !URL.canParse(target))
    throw new UsageError(`link ${number} is no web address: ${target}`, "y copies it");
  const warning = app.reader?.message?.body.warnings.find(({ link }) => link === number);
  if (warning) {
    const question = `The text says ${warning.named}, the link leads to ${warning.actual}. Open it?`;
    if (!(await app.dialog.confirm(question))) return;
  }
  app.say(await openPage(app, target));
}

/** Opens an address in the browser; where there is none it is copied. */
export async function openPage(app: App, target: string): Promise<string> {
  const browser = browserFor(new URL(target).href);
  if (!browser) {
    app.host.copy(safeText(target));
    return `there is no browser here: copied ${target}`;
  }
  await show(app, browser);
  return `opened ${target}`;
}

/** Asks where the chosen attachment is to go, and saves it there. */
export function promptSave(app: App): void {
  const attachment = app.reader?.attachment;
  if (!attachment) return;
  const text = safeFileName(attachment.fileName, `part-${attachment.section}`);
  const accept = (path: string) => app.try(savePart(app, attachment.section, path));
  app.dialog.line({ prefix: "save to: ", text, accept });
}

/** `2 PATH`: saves a part of the open message. */
export async function save(app: App, argument: string): Promise<void> {
  const [section = "", path = "."] = splitWords(argument);
  if (section === "") throw new UsageError("save: needs a part", "say save 2 PATH; v shows the parts");
  await savePart(app, section, path);
}

async function savePart(app: App, section: string, path: string): Promise<void> {
  const reader = openReader(app);
  app.say("saving…");
  const { fileName, stream } = await partOf(reader, section);
  const written = await write(app, "saving…", stream, path, safeFileName(fileName, `part-${section}`));
  if (written !== null) app.say(`saved ${written}`);
}

/** Writes what comes to a file; null where the person has stopped that, and nothing of it is left. */
function write(app: App, label: string, content: Readable, path: string, name: string) {
  return app.tasks.run(label, async (signal) => {
    try {
      return await saveStream(addAbortSignal(signal, content), path, name);
    } catch (error) {
      if (!signal.aborted) throw error;
      app.say("stopped: nothing was written");
      return null;
    }
  });
}

/** Directories of attachments that were opened: how long their programs need them is not known. */
const opened: string[] = [];

/** Removes what was written to open attachments, when the screen ends. */
export function removeOpened(): void {
  for (const directory of opened.splice(0)) rmSync(directory, { recursive: true, force: true });
}

/** Opens the attachment under the cursor: a message here, anything else with the program for its type, from a file that only its owner may read. */
export async function openAttachment(app: App): Promise<void> {
  const reader = openReader(app);
  if (!reader.attachment) throw new UsageError("no attachment is chosen", "v chooses one");
  app.say("fetching…");
  const { section } = reader.attachment;
  if (reader.attachment.mediaType === "message/rfc822") {
    await openEnclosed(app, section);
    app.notices.clear();
    return;
  }
  const { fileName, mediaType, stream } = await partOf(reader, section);
  const directory = mkdtempSync(join(tmpdir(), "postern-"));
  opened.push(directory);
  const name = safeFileName(fileName, `part-${section}`);
  const path = await write(app, "fetching…", stream, join(directory, name), name);
  if (path === null) return;
  const viewer = await app.tasks.run("looking for a program…", async (signal) => {
    const found = await viewerFor(mediaType, path, signal);
    return signal.aborted ? undefined : found;
  });
  if (viewer === undefined) {
    app.say("stopped: nothing was opened");
    return;
  }
  if (!viewer) throw new UsageError(`nothing here opens ${mediaType}`, "s saves it to a file");
  await show(app, viewer);
  app.say(`opened ${name}`);
}

async function show(app: App, { command, terminal }: Viewer): Promise<void> {
  if (terminal) await app.host.handOver(() => inTerminal(command, null));
  else startDetached(command);
}

/**
 * Gives the message's source, or the chosen attachment, to a command, which has the terminal meanwhile. From the list, what
 * is chosen there: several messages as an mbox, which `git am` and others take apart again.
 */
export async function pipe(app: App, command: string, chosen: readonly Chosen[]): Promise<void> {
  if (command.trim() === "") throw new UsageError("pipe: needs a command", "say pipe less");
  if (app.pane === "list") return give(app, command, await sourceOfAll(chosen));
  const reader = openReader(app);
  const { attachment } = reader;
  const content = attachment ? (await partOf(reader, attachment.section)).stream : await sourceOf(reader);
  await give(app, command, content);
}

async function sourceOfAll(chosen: readonly Chosen[]): Promise<Readable> {
  const [first, ...others] = chosen;
  const [uid, ...more] = first?.uids ?? [];
  if (!first || uid === undefined) throw new UsageError("no message is chosen", "mark some, or go to one");
  if (others.length === 0 && more.length === 0) return first.mail.source(first.folder, uid);
  const { mboxStream } = await import("../../commands/exchange/writing.ts");
  const all = async function* () {
    for (const { mail, folder, uids } of chosen)
      yield* mboxStream({ mail }, { folder, uids: uids.toSorted((a, b) => a - b) }, false);
  };
  return Readable.from(all(), { objectMode: false });
}

async function give(app: App, command: string, content: Readable): Promise<void> {
  const failures: Error[] = [];
  content.once("error", (error) => failures.push(error));
  const status = await app.host.handOver(() => inTerminal(`{ ${command}\n}; ${waitForEnter}`, content));
  // The command got a part of it.
  if (failures[0]) throw failures[0];
  app.say(status === 0 ? `done: ${command}` : `${command} ended with ${status}`, status !== 0);
}

/** Gives the open message as it reads, header and text, to a command that prints: by default lp. */
export async function print(app: App, command: string): Promise<void> {
  const { headers, lines } = openReader(app).model();
  const text = [
    ...headers.map(({ name, value }) => (name === "" ? `  ${value}` : `${name}: ${value}`)),
    "",
    ...lines.map(textOf),
  ];
  await give(app, command.trim() || "lp", Readable.from([`${text.join("\n")}\n`]));
}

/** What the command printed can be read until Enter is pressed; its status is kept. */
const waitForEnter =
  "s=$?; printf '\\n[Enter goes back to the mail] ' > /dev/tty; read -r _ < /dev/tty; exit $s";

/** Runs a command in the terminal; resolves to its exit status, 128 where a signal ended it. */
function inTerminal(command: string, input: Readable | null): Promise<number> {
  return new Promise((resolve, reject) => {
    const stdio = [input ? ("pipe" as const) : ("inherit" as const), "inherit" as const, "inherit" as const];
    const child = spawn("/bin/sh", ["-c", command], { stdio });
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 128));
    if (input && child.stdin) {
      // A command that has read enough (head) is no fault.
      child.stdin.on("error", () => input.destroy());
      input.on("error", () => child.stdin?.end());
      input.pipe(child.stdin);
    }
  });
}

/** The header, or the whole source, in the message's place; again: the message. */
export async function toggleSource(app: App, what: "header" | "raw"): Promise<void> {
  const reader = openReader(app);
  if (reader.showsSource) {
    reader.showSource(null);
    return;
  }
  const text =
    what === "raw" ? await beginning(await sourceOf(reader)) : (await headerOf(reader)).toString("utf8");
  reader.showSource(text);
}

async function headerOf({ place: { mail, folder }, uid, source }: ReaderView): Promise<Buffer> {
  if (source === null) return mail.header(folder, uid, []);
  const { parseMime } = await import("../../message/index.ts");
  return parseMime(source).header;
}

/** Octets of a source that are shown; more is a matter for a pager (`pipe less`). */
const sourceShown = 2_000_000;

async function beginning(stream: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes = Buffer.from(chunk as Uint8Array);
    chunks.push(bytes);
    size += bytes.length;
    if (size > sourceShown) break;
  }
  const text = Buffer.concat(chunks).subarray(0, sourceShown).toString("utf8");
  return size > sourceShown ? `${text}\n[cut here: | less shows all]` : text;
}
