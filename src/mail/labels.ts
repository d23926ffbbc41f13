/** Keywords as labels: what people put on messages, apart from what programs note there for themselves. */

/** What a label asks of who reads it; the screen's colours go by it. */
export type LabelMeaning = "urgent" | "todo" | "later" | "plain";

export interface Label {
  /** The keyword, as the server spells it. */
  readonly flag: string;
  /** What it is called; raw, not yet made safe for a terminal. */
  readonly name: string;
  readonly meaning: LabelMeaning;
}

/** Keywords that programs keep for themselves (IANA's registry of IMAP keywords, and what is met in the wild); lower case. */
const technical = new Set([
  ...[
    "$forwarded",
    "forwarded",
    "$mdnsent",
    "mdnsent",
    "$submitpending",
    "$submitted",
    "$notjunk",
    "notjunk",
  ],
  ...["nonjunk", "junkrecorded", "$hasattachment", "$hasnoattachment", "$autosent", "$canunsubscribe"],
  ...["$hasmemo", "$imported", "$istrusted", "$maskedemail", "$memo", "$new", "$notify", "$unsubscribed"],
  ...["$attachment", "$signed", "$encrypted", "$invitation", "$error", "$queued", "$sent", "$replied"],
]);

/** Keywords with names of their own: Thunderbird's five labels by the names it gives them. */
const named: Readonly<Record<string, string>> = {
  $label1: "important",
  $label2: "work",
  $label3: "personal",
  $label4: "todo",
  $label5: "later",
};

const meanings: Readonly<Record<string, LabelMeaning>> = {
  important: "urgent",
  urgent: "urgent",
  phishing: "urgent",
  junk: "urgent",
  spam: "urgent",
  todo: "todo",
  followed: "todo",
  followup: "todo",
  waiting: "todo",
  watched: "todo",
  later: "later",
  muted: "later",
  ignored: "later",
  done: "later",
};

function labelOf(flag: string): Label | null {
  const key = flag.toLowerCase();
  if (flag.startsWith("\\") || technical.has(key)) return null;
  const name = Object.hasOwn(named, key) ? named[key]! : flag.replace(/^\$(?=.)/, "");
  const meaning = meanings[name.toLowerCase().replace(/[-_ ]/g, "")];
  return { flag, name, meaning: meaning ?? "plain" };
}

/** The labels among the flags of a message. */
export function labelsOf(flags: readonly string[]): Label[] {
  return flags.flatMap((flag) => labelOf(flag) ?? []);
}
