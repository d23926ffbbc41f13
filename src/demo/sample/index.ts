// The sample mail, put into the mailboxes of the demo.
import { Content, type MailStore } from "../store.ts";
import { compose, sentAt } from "./compose.ts";
import { folderSamples } from "./folders.ts";
import { arrivingSample, inboxSamples } from "./inbox.ts";
import { listSamples } from "./list.ts";
import { odditySamples } from "./oddities.ts";

const flagNames: Record<string, string> = { S: "\\Seen", F: "\\Flagged", A: "\\Answered", D: "\\Draft" };

/** Makes the mailboxes and fills them, oldest message first, dated back from `now`. */
export function fillWithSamples(store: MailStore, now: Date): void {
  store.create("INBOX");
  for (const name of ["Drafts", "Sent", "Archive", "Junk", "Trash"]) store.create(name, `\\${name}`);
  store.create("Lists/postern-users");
  store.create("Travel");
  for (const { name } of store.all()) store.subscriptions.add(name);
  const samples = [...inboxSamples(), ...odditySamples(), ...folderSamples(), ...listSamples()];
  for (const sample of samples.sort((a, b) => b.ago - a.ago)) {
    const flags = [...(sample.flags ?? "")].map((letter) => flagNames[letter] ?? letter);
    store.get(sample.mailbox).add(new Content(compose(sample, now)), flags, sentAt(sample, now));
  }
}

/** The message that comes in by itself. */
export function arrival(now: Date): Content {
  return new Content(compose(arrivingSample(), now));
}
