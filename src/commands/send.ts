import { createReadStream } from "node:fs";
import { access } from "node:fs/promises";
import { type Context, defineCommand, UsageError } from "./definition.ts";
import { sendingTime } from "./writing/time.ts";
import { deliverNow, openDesk } from "./writing/write.ts";
import { written } from "./writing/writer.ts";

export const send = defineCommand({
  name: "send",
  aliases: ["sendmail"],
  summary:
    "Send a finished message from a file or standard input. It takes sendmail's -t, -i, -f, -F, -N, -o… too, for git send-email and cron",
  imap: "SMTP; APPEND to Sent",
  args: {
    what: { type: "file", repeat: true, help: "a file, - for standard input (default), or recipients" },
  },
  options: {
    "from-header": { type: "flag", help: "send to those of To, Cc and Bcc in its header (-t)" },
    from: { type: "text", help: "the sender of the envelope (-f)" },
    name: { type: "text", help: "your name, for a message without From (-F)" },
    dot: { type: "flag", help: "a line with a dot alone ends the message, as with sendmail without -i" },
    dsn: { type: "text", help: "delivery reports: never, or some of success,failure,delay (-N)" },
    at: { type: "text", help: "when to send it: 10s, 30min, 2h, 18:00, 2027-01-31T09:00" },
    "without-copy": { type: "flag", help: "put no copy into the Sent folder" },
  },
  returns: ["written"],
  changes: true,
  alone: true,
  async run(context, values) {
    const { files, recipients } = await sorted(values.what);
    const desk = await openDesk(context);
    const [{ readRaw }, { chooseIdentity, personOf }, { formatAddress }] = await Promise.all([
      import("../send/raw.ts"),
      import("../send/reply/identity.ts"),
      import("../send/compose/addresses.ts"),
    ]);
    const own = personOf(chooseIdentity(desk.writing, values.from === undefined ? [] : [values.from]));
    const raw = await readRaw(input(context, files), {
      recipients,
      // Who names nobody means those of the header.
      fromHeader: values["from-header"] || recipients.length === 0,
      sender: values.from === "<>" ? "" : values.from,
      defaultFrom: formatAddress({ ...own, ...(values.name === undefined ? {} : { name: values.name }) }),
      dotEnds: values.dot,
    });
    const dsn = values.dsn === undefined ? {} : { dsn: reports(values.dsn) };
    const message = { ...raw, envelope: { ...raw.envelope, ...dsn } };
    if (context.dryRun) {
      const text = `would send a message to ${raw.envelope.to.join(", ")}`;
      return written("nothing", text, { messageId: raw.messageId });
    }
    const notBefore = values.at === undefined ? Date.now() : sendingTime(values.at, Date.now());
    const entry = await desk.postRaw(message, { notBefore, copy: !values["without-copy"] });
    if (values.at === undefined) {
      const result = await deliverNow(desk, entry);
      // Who calls sendmail has done their part when the message is kept: they would send it again.
      const handedIn = values["from-header"] || recipients.length > 0;
      return result.state === "waits" && handedIn ? { ...result, state: "scheduled" } : result;
    }
    const text = `message ${entry.id} is in the outbox until ${new Date(notBefore).toLocaleString("sv-SE")}`;
    return written("scheduled", text, entry);
  },
});

/** Recipients have an @ and are no files. */
async function sorted(words: readonly string[]): Promise<{ files: string[]; recipients: string[] }> {
  const files: string[] = [];
  const recipients: string[] = [];
  for (const word of words) {
    const there =
      word === "-" ||
      (await access(word).then(
        () => true,
        () => false,
      ));
    (word.includes("@") && !there ? recipients : files).push(word);
  }
  if (files.length > 1) throw new UsageError("send: takes one message", "send them one by one");
  return { files, recipients };
}

function input({ stdin }: Context, [file = "-"]: readonly string[]): AsyncIterable<unknown> {
  if (file !== "-") return readable(file);
  if ("isTTY" in stdin && stdin.isTTY === true)
    throw new UsageError(
      "send: needs a message",
      'give a file, or a message on standard input; "postern compose" writes one',
    );
  return stdin;
}

async function* readable(file: string): AsyncGenerator<unknown> {
  try {
    yield* createReadStream(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(
      `cannot read ${file}: ${code}`,
      "give the path of a message, or - for standard input",
    );
  }
}

function reports(text: string): {
  notify: ("never" | "success" | "failure" | "delay")[];
  ret: null;
  envid: null;
} {
  const known = ["never", "success", "failure", "delay"] as const;
  const notify = text
    .toLowerCase()
    .split(",")
    .map((word) => {
      const found = known.find((name) => name === word.trim());
      if (found) return found;
      throw new UsageError(`send: there is no report "${word}"`, `say some of ${known.join(", ")}`);
    });
  if (notify.includes("never") && notify.length > 1)
    throw new UsageError("send: never goes with no other report", "say --dsn never, or others without it");
  return { notify, ret: null, envid: null };
}
