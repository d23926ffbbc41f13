/** What a key does, in words, and the IMAP it causes: for the help screen and the man page. */
import { findCommand } from "../../commands/index.ts";
import { findAction } from "./actions.ts";

/** Command lines of the default keymap that say more than their command's own summary. */
const meanings: Readonly<Record<string, string>> = {
  "flag toggle flagged": "Flag the message, or take the flag away",
  "flag toggle seen": "Mark the message as read, or as unread",
  "prompt flag toggle ": "Put a label on the message, or take it away: asks which",
  "prompt move --to ": "Move to a folder: asks which",
  "prompt copy --to ": "Copy to a folder: asks which",
  "prompt open-link ": "Open a link: asks which",
  "prompt copy-link ": "Copy a link: asks which",
  "prompt charset ": "Read the message in another charset: asks which",
  "prompt pipe ": "Give the message, or the chosen attachment, to a command",
  "prompt print ": "Print the message as it reads: asks by which command, lp where none is said",
  "prompt bounce --to ": "Send the message on as it is, from its author: asks to whom",
  "prompt contacts ": "Find an address: whom you wrote to, and who wrote to you",
  "prompt mark ": "Mark all that match a query",
  "prompt unmark ": "Take the marks of all that match a query away",
  "prompt sort ": "Sort the list: asks how",
  "sort reverse": "Turn the order of the list",
  "prompt limit ": "Show only what matches a query",
  limit: "Show everything again",
  "prompt go ": "Open a folder by name",
  prompt: "Type any command; Tab completes",
  "expunge --all": "Remove for good what is flagged deleted; asks",
  delete: "Move to the Trash; in the Trash, remove for good after asking",
  archive: "Move to the Archive",
  undo: "Take back the last change, or a message that is about to be sent",
  redo: "Do again what was taken back",
  fold: "Fold the thread to one row",
  unfold: "Show all messages of the thread",
  "fold all": "Fold all threads",
  "fold toggle": "Fold the thread to one row, or unfold it",
  "fold toggle all": "Fold all threads, or unfold them",
  "unfold all": "Unfold all threads",
  "on-thread delete": "Move the whole thread to the Trash",
  "on-thread archive": "Move the whole thread to the Archive",
  "on-thread flag +seen": "Mark the whole thread as read",
  "focus folders": "Go to the folders",
  "focus list": "Go to the message list",
  "focus reader": "Go back to the message",
  "focus attachments": "Choose an attachment",
  "review send": "Send it; undo calls it back before it is gone",
  "review later": "Send it later: asks when",
  "review edit": "Edit it again",
  "review change": "Change the field, or the name of the attachment, under the cursor",
  "review to": "Change who it is to",
  "review cc": "Change who gets a copy",
  "review bcc": "Change who gets a blind copy",
  "review subject": "Change the subject",
  "review from": "Change who it is from: Tab shows your addresses",
  "review reply-to": "Change where answers go",
  "review attach": "Attach a file; Tab completes its path",
  "review detach": "Take the attachment under the cursor out",
  "review rename": "Rename the attachment under the cursor, as others see it",
  "review sign": "Have it signed, or not",
  "review encrypt": "Have it encrypted for all it is to, or not",
  "review keep": "Keep it as a draft",
  "review discard": "Discard it; asks",
  "go @inbox": "Open the inbox",
  "go @unified": "Open all inboxes as one list",
  "go @sent": "Open the sent mail",
  "go @drafts": "Open the drafts",
  "go @trash": "Open the trash",
  "go @archive": "Open the archive",
  "go @junk": "Open the junk",
};

/** Of the steps of a review, those that a server hears of. */
const reviewImap: Readonly<Record<string, string>> = {
  "review send": "SMTP; APPEND to Sent",
  "review keep": "APPEND to Drafts (REPLACE)",
  "review discard": "UID EXPUNGE of the draft",
};

/** The command line behind a prompt that begins with it, and of a command for whole threads. */
function behindPrompt(line: string): string {
  return line
    .replace(/^prompt (?=.)/, "")
    .replace(/^on-thread (?=.)/, "")
    .trim();
}

/** One line for help. */
export function explain(line: string): string {
  const [name = ""] = behindPrompt(line).split(" ", 1);
  return (
    meanings[line] ??
    findAction(line)?.summary ??
    findAction(name)?.summary ??
    findCommand(name)?.summary ??
    line
  );
}

/** The same where the line is not to be seen: one of a person's own says itself what it is about. */
export function explainWhole(line: string): string {
  return meanings[line] !== undefined || !/^\S+ \S/.test(line) ? explain(line) : `${line}: ${explain(line)}`;
}

/** The IMAP commands a command line causes; empty for none. */
export function imapOf(line: string): string {
  if (line.startsWith("review ")) return reviewImap[line] ?? "";
  const [name = ""] = behindPrompt(line).split(" ", 1);
  return findAction(name)?.imap || findCommand(name)?.imap || "";
}
