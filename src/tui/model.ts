/**
 * Everything the screen shows, as plain data. The controller makes one of these after every change; the components
 * draw it and know nothing else. Texts that came from outside have passed `message/safe.ts` (one line each, no control
 * characters); lists hold the visible window only, so that a frame costs what is on the screen.
 */
import type { LabelMeaning } from "../mail/labels.ts";
import type { DisplayLine } from "../message/layout.ts";
import type { Protocol, TerminalImage } from "./terminal/graphics.ts";

export type { DisplayLine } from "../message/layout.ts";

export type Pane = "folders" | "list" | "reader";

/** One line of the folder pane. */
export interface FolderRow {
  readonly key: string;
  /** Last part of the mailbox's name, or an account's name at depth 0. */
  readonly name: string;
  /** Levels of indentation, from 0. */
  readonly depth: number;
  /** Null where not known. */
  readonly unread: number | null;
  readonly total: number | null;
  /** Special use (RFC 6154) without its backslash, or `inbox`: `sent`, `drafts`, `trash`, … */
  readonly role?: string;
  /** An account's name, above its folders. */
  readonly heading?: boolean;
  /** The mailbox that is open in the list. */
  readonly selected: boolean;
  /** The cursor is here (drawn as the bar only while the pane has the focus). */
  readonly focused: boolean;
}

export interface FolderPaneModel {
  /** The rows in view, from the top of the pane; those past its height are not drawn. */
  readonly rows: readonly FolderRow[];
}

/** One line of the message list. */
export interface MessageRow {
  readonly uid: number;
  /** Letters that say what the message is, at most 3 columns: `N`, `r`, `F`, `D`, `@`, … */
  readonly flags: string;
  /** As it is to be shown, at most 10 columns: `14:02`, `Tue 12`, `3 Mar`, `2024-03-03`. */
  readonly date: string;
  readonly from: string;
  readonly subject: string;
  /** Keywords by the names people know them by. */
  readonly labels: readonly RowLabel[];
  /** As it is to be shown, at most 5 columns: `812`, `4.2K`, `13M`. */
  readonly size: string;
  readonly unread: boolean;
  readonly flagged: boolean;
  /** Under the cursor: drawn as the bar. */
  readonly selected: boolean;
  /** Chosen for the next command. */
  readonly marked: boolean;
  /** What was searched for is in it. */
  readonly hit?: boolean;
  /** Marked for deletion on the server, or waiting to be: drawn muted. */
  readonly deleted?: boolean;
  /** How the message begins, on a line of its own below; absent where the list does not show that. */
  readonly preview?: string;
  /** In a list of several folders: the account, or the folder, that it is in. */
  readonly origin?: string;
  /** Its place in its thread; absent where the list is not of threads. */
  readonly thread?: ThreadPlace;
}

export interface RowLabel {
  readonly name: string;
  readonly meaning: LabelMeaning;
}

export interface ThreadPlace {
  /** Which row of the thread it is, how deep it lies, and what leads to it: as in `ThreadMessage`. */
  readonly place: number;
  readonly depth: number;
  readonly guides: number;
  /** Messages that the list has of the thread. */
  readonly size: number;
  /** The row stands for all of them. */
  readonly folded: boolean;
  /** The subject is that of the row above, but for "Re:" and the like. */
  readonly repeats: boolean;
}

export interface MessageListModel {
  /** The rows in view, from the top of the pane. */
  readonly rows: readonly MessageRow[];
  /** `arrow` marks the selected row with `>` instead of a bar across it: fewer bytes on a slow line. */
  readonly cursor: "bar" | "arrow";
  /** Said in the middle of the pane where there are no rows: `No messages`, `Loading…`. */
  readonly empty: string;
}

/** How much what is said is to be relied on. */
export type Tone = "good" | "doubt" | "bad" | "quiet";

export interface ReaderHeader {
  /** `From`, `To`, `Subject`, `Date`, …; empty for what goes on from the row above. */
  readonly name: string;
  readonly value: string;
  /** Absent for what the message says of itself. */
  readonly tone?: Tone;
  readonly strong?: boolean;
}

export interface ReaderAttachment {
  readonly section: string;
  readonly name: string;
  readonly mediaType: string;
  /** As it is to be shown. */
  readonly size: string;
  /** The cursor is here. */
  readonly focused: boolean;
}

/** A picture over blank lines of the text. */
export interface ReaderPicture {
  readonly image: TerminalImage;
  readonly protocol: Protocol;
  /** The first of `ReaderModel.lines` that it covers. */
  readonly line: number;
  readonly rows: number;
  readonly columns: number;
}

export interface ReaderModel {
  readonly headers: readonly ReaderHeader[];
  readonly attachments: readonly ReaderAttachment[];
  /** Attachments that are not listed now. */
  readonly moreAttachments: number;
  readonly lines: readonly DisplayLine[];
  readonly pictures: readonly ReaderPicture[];
  /** Targets of links: a span whose `link` is n opens `links[n - 1]`. */
  readonly links: readonly string[];
  /** Numbers of the links that lead elsewhere than their text says. */
  readonly warned: readonly number[];
  /** Of `lines`, those that have what is looked for: marked in the margin. */
  readonly hits: readonly number[];
  /** First line of the whole document (headers, attachments, rule, body) that is in view. */
  readonly scroll: number;
  /** Said instead of the body: `Loading…`, or why there is none. Empty for a message with a body. */
  readonly notice: string;
}

/** The line at the bottom. A message or an error takes the place of `left` while it is there. */
export interface StatusModel {
  readonly left: string;
  readonly right: string;
  readonly message?: string;
  readonly error?: string;
}

/** A line being typed. */
export interface PromptModel {
  /** `:`, `/`, `To: ` … */
  readonly prefix: string;
  readonly text: string;
  /** Where the next character goes: UTF-16 index into `text`. */
  readonly cursor: number;
  /** Shown above the line, best first; at most a third of the screen is used for them, half of it where one is to be chosen. */
  readonly completions: readonly { readonly text: string; readonly help: string; readonly keys?: string }[];
  /** Index into `completions`, or -1. */
  readonly chosen: number;
  /** One of the completions is to be chosen: their room stays as it is while they become fewer. */
  readonly picks?: boolean;
  /** What was wrong with the text when it was entered; absent again after the next key. */
  readonly problem?: string;
}

/** A question answered by one key. */
export interface ChoiceModel {
  readonly question: string;
  readonly choices: readonly { readonly key: string; readonly label: string }[];
}

export interface PageEntry {
  /** Empty for an entry under no heading. */
  readonly section: string;
  /** What stands before the text: keys, or a time. */
  readonly label: string;
  /** Wrapped where it is longer than the line. */
  readonly text: string;
  /** Not shown, but found by a search: the command behind a key. */
  readonly also?: string;
  readonly error?: boolean;
  /** One line as it is, blanks and all, cut where it is too long. */
  readonly verbatim?: boolean;
  /** The cursor is here. */
  readonly selected?: boolean;
}

/** Text that covers the panes: all keys, what was said. */
export interface PageModel {
  readonly title: string;
  readonly entries: readonly PageEntry[];
  /** First line in view. */
  readonly scroll: number;
}

export interface KeyHint {
  readonly keys: string;
  readonly text: string;
}

export interface ScreenModel {
  /** The terminal's size in cells. */
  readonly columns: number;
  readonly rows: number;
  /** Somebody hears the screen: one pane, and the terminal's cursor on the row at hand. */
  readonly spoken?: boolean;
  /** The pane that keys go to; where there is room for one pane only, the one shown. */
  readonly focus: Pane;
  /** False where the person has turned the folder pane off; it still shows while it has the focus. */
  readonly sidebar: boolean;
  readonly folders: FolderPaneModel;
  readonly list: MessageListModel;
  /** Null while no message is open. */
  readonly reader: ReaderModel | null;
  /** Covers the panes while it is there. */
  readonly page: PageModel | null;
  /** What the keys typed so far can become: shown above the status line when somebody hesitates. Empty for none. */
  readonly continuations: readonly KeyHint[];
  readonly status: StatusModel;
  /** Takes the status line's place. */
  readonly prompt: PromptModel | null;
  /** Takes the status line's place. */
  readonly choice: ChoiceModel | null;
  /** Two lines of keys under the status line for beginners; null where turned off. */
  readonly keyBar: readonly KeyHint[] | null;
}
