/** Commands that mean something only on a screen: moving, opening, prompting. The rest are in src/commands. */
import type { App } from "./app.ts";
import { mark, moveBy, pageBy, toEnd, toRow, toUnread } from "./moving.ts";
import { decrypt, setCharset, toggleForm } from "./opening.ts";
import {
  copyLink,
  openAttachment,
  openLink,
  pipe,
  print,
  promptSave,
  save,
  toggleSource,
} from "./outside.ts";
import { KeysPage, messagesPage } from "./pages.ts";
import { openPalette } from "./palette.ts";
import { togglePictures } from "./pictures.ts";
import { go, openAccount, openAccountNear, openFolderNear } from "./places.ts";
import { openTrace } from "./protocol.ts";
import { reviewStep } from "./review.ts";
import { chosenPlaces } from "./running.ts";
import { find, limit, markMatching, promptSearch, sort, toHit } from "./searching.ts";
import { fold, markThread, onThread, showThreads, toThread } from "./threads.ts";
import { composeOrGoOn } from "./writing.ts";

export interface Action {
  readonly summary: string;
  /** The IMAP it causes, for help; empty for none. */
  readonly imap: string;
  /** What follows the name is a query. */
  readonly query?: true;
  /** What follows the name is a folder, of any account. */
  readonly folder?: true;
  /** Who says no more than the name mostly means to say more. */
  readonly asks?: true;
  /** `argument` is what follows the name; `count` what was typed before the key. */
  run(app: App, argument: string, count: number | null): void;
}

/** Moves in whatever has the focus: rows of a list, lines of a message. */
function move(summary: string, by: (app: App, count: number) => void, imap = ""): Action {
  return { summary, imap, run: (app, _argument, count) => by(app, count ?? 1) };
}

function simple(summary: string, run: (app: App) => void, imap = ""): Action {
  return { summary, imap, run };
}

function end(summary: string, which: "first" | "last"): Action {
  return {
    summary,
    imap: "",
    run: (app, _argument, count) => (count === null ? toEnd(app, which) : toRow(app, count)),
  };
}

function prompt(summary: string, text: (argument: string) => string): Action {
  return { summary, imap: "", run: (app, argument, count) => app.promptCommand(text(argument), count) };
}

export const actions: Readonly<Record<string, Action>> = {
  next: move("Go down a row or a line", (app, count) => moveBy(app, count)),
  previous: move("Go up a row or a line", (app, count) => moveBy(app, -count)),
  "page-down": move("Go down a page", (app, count) => pageBy(app, count)),
  "page-up": move("Go up a page", (app, count) => pageBy(app, -count)),
  "half-page-down": move("Go down half a page", (app, count) => pageBy(app, count / 2)),
  "half-page-up": move("Go up half a page", (app, count) => pageBy(app, -count / 2)),
  first: end("Go to the first, or with a number before it to that row", "first"),
  last: end("Go to the last, or with a number before it to that row", "last"),
  open: simple(
    "Open the message, or the folder",
    (app) => app.openSelected(),
    "FETCH BODY.PEEK[], STORE +\\Seen; SELECT",
  ),
  back: simple("Close the message or the help", (app) => app.back()),
  "next-message": move("Open the next message", (app, count) => app.openNeighbour(count), "FETCH"),
  "previous-message": move("Open the previous message", (app, count) => app.openNeighbour(-count), "FETCH"),
  "next-unread": simple("Go to the next unread message", (app) => toUnread(app, 1)),
  "previous-unread": simple("Go to the previous unread message", (app) => toUnread(app, -1)),
  mark: {
    summary: "Mark the message for the next command, or with a query all that match",
    imap: "UID SEARCH",
    query: true,
    run: (app, argument, count) =>
      argument === "" ? mark(app, count ?? 1, false) : app.try(markMatching(app, argument, true)),
  },
  unmark: {
    summary: "Take the marks away, or with a query those of all that match",
    imap: "UID SEARCH",
    query: true,
    run: (app, argument) =>
      argument === "" ? void app.list.clearMarks() : app.try(markMatching(app, argument, false)),
  },
  "mark-again": simple("Mark again what was marked before", (app) => {
    app.say(`${app.list.markAgain()} marked again`);
  }),
  visual: simple("Mark along with the cursor, or no longer", (app) => app.list.toggleVisual()),
  sort: {
    asks: true,
    summary:
      "Sort the list by arrival, date, from, subject or size; -size turns the order, reverse the one there is; threads lists by thread",
    imap: "",
    run: (app, argument) => sort(app, argument),
  },
  "toggle-threads": simple(
    "List thread after thread, answers below what they answer, or one by one again",
    (app) => showThreads(app, !app.list.threaded),
  ),
  fold: {
    summary: "Fold the thread to one row; fold all: every one; fold toggle: or unfold",
    imap: "",
    run: (app, argument) => fold(app, "fold", argument),
  },
  unfold: {
    summary: "Show all messages of the thread; unfold all: of every one",
    imap: "",
    run: (app, argument) => fold(app, "unfold", argument),
  },
  "next-thread": move("Go to the next thread", (app, count) => toThread(app, 1, count)),
  "previous-thread": move("Go to the previous thread", (app, count) => toThread(app, -1, count)),
  "mark-thread": simple("Mark the whole thread, or take its marks away", (app) => app.try(markThread(app))),
  "on-thread": {
    asks: true,
    summary: "Do a command with whole threads: on-thread archive",
    imap: "as the command",
    run: (app, argument, count) => app.try(onThread(app, argument, count)),
  },
  "mark-next": move("Mark the message and go down", (app, count) => mark(app, count, true)),
  limit: {
    asks: true,
    summary: "Show only what matches a query; without one, everything again",
    imap: "UID SEARCH",
    query: true,
    run: (app, argument) => app.try(limit(app, argument)),
  },
  find: {
    asks: true,
    summary: "Go to the next message that matches a query",
    imap: "UID SEARCH",
    query: true,
    run: (app, argument) => app.try(find(app, argument)),
  },
  "next-hit": simple("Go to the next hit of the search", (app) => toHit(app, 1)),
  "previous-hit": simple("Go to the previous hit of the search", (app) => toHit(app, -1)),
  go: {
    summary: "Open a folder by name",
    imap: "SELECT",
    asks: true,
    folder: true,
    run: (app, argument) => go(app, argument),
  },
  account: {
    asks: true,
    summary: "Open an account's inbox, by the account's name or number",
    imap: "SELECT",
    run: (app, argument) => openAccount(app, argument.trim()),
  },
  "next-account": simple("Open the next account's inbox", (app) => openAccountNear(app, 1), "SELECT"),
  "previous-account": simple(
    "Open the previous account's inbox",
    (app) => openAccountNear(app, -1),
    "SELECT",
  ),
  "next-folder": simple("Open the next folder", (app) => openFolderNear(app, 1), "SELECT"),
  "previous-folder": simple("Open the previous folder", (app) => openFolderNear(app, -1), "SELECT"),
  focus: {
    asks: true,
    summary: "Put the keys into a pane: folders, list, reader, attachments",
    imap: "",
    run: (app, argument) => {
      app.uncover();
      app.focus(argument);
    },
  },
  "toggle-folders": simple("Show or hide the folder pane", (app) => app.toggleSidebar()),
  clear: simple("Clear the marks, then the limit, or the signs of a search", (app) => app.clear()),
  cancel: simple("End what is under way, or clear as Esc does", (app) => app.cancel()),
  sync: simple("Look for changes on the server now", (app) => app.sync(), "SELECT, STATUS, FETCH"),
  help: simple("Show all keys, or no longer", (app) =>
    app.show(app.page instanceof KeysPage ? null : new KeysPage(app.bindings)),
  ),
  messages: simple("Show what was said so far", (app) => app.show(messagesPage(app.notices.log))),
  console: simple(
    "Type commands of the protocol and see the answers",
    (app) => app.openConsole(),
    "as typed",
  ),
  trace: simple("Show the protocol as it runs, secrets taken out", (app) => openTrace(app)),
  type: simple("Go on with the row under the cursor; in the console, type the next command", (app) =>
    app.page?.enter(),
  ),
  prompt: prompt("Type a command", (argument) => argument),
  palette: {
    summary: "Find a command by a few letters or by what it does, and do it",
    imap: "",
    run: (app, _argument, count) => openPalette(app, count),
  },
  "prompt-search": simple("Type a query, go to what it finds", (app) => promptSearch(app), "UID SEARCH"),
  "prompt-save": simple("Save the attachment", (app) => promptSave(app), "FETCH BODY.PEEK[n]"),
  save: {
    asks: true,
    summary: "Save a part of the message to a file: save 2 PATH",
    imap: "FETCH BODY.PEEK[n]",
    run: (app, argument) => app.try(save(app, argument)),
  },
  "open-link": {
    asks: true,
    summary: "Open a link of the message by its number; without a browser here, copy it",
    imap: "",
    run: (app, argument) => app.try(openLink(app, argument)),
  },
  "copy-link": {
    asks: true,
    summary: "Copy a link of the message by its number (OSC 52)",
    imap: "",
    run: (app, argument) => copyLink(app, argument),
  },
  "open-attachment": simple(
    "Open the attachment: a message here, else with the program for its type (mailcap, the desktop)",
    (app) => app.try(openAttachment(app)),
    "FETCH BODY.PEEK[n]",
  ),
  pipe: {
    asks: true,
    summary: "Give the message's source, or the chosen attachment, to a command; several messages as an mbox",
    imap: "FETCH BODY.PEEK[]",
    run: (app, argument, count) => app.try(pipe(app, argument, chosenPlaces(app, count))),
  },
  print: {
    summary: "Print the message as it reads, by lp or by another command: print a2ps",
    imap: "",
    run: (app, argument) => app.try(print(app, argument)),
  },
  "toggle-junk": simple(
    "Move to the Junk folder, marked as junk; in it, back to the inbox, marked as not",
    (app) => app.execute(app.place.folder.role === "junk" ? "junk --not" : "junk", null),
    "UID STORE ($Junk, $NotJunk), UID MOVE",
  ),
  headers: simple(
    "Show the whole header, or the message again",
    (app) => app.try(toggleSource(app, "header")),
    "FETCH BODY.PEEK[HEADER]",
  ),
  raw: simple(
    "Show the message's source, or the message again",
    (app) => app.try(toggleSource(app, "raw")),
    "FETCH BODY.PEEK[]",
  ),
  form: {
    summary: "Show the message's other form: HTML or plain text",
    imap: "FETCH BODY.PEEK[n]",
    run: (app, argument) => toggleForm(app, argument.trim()),
  },
  charset: {
    asks: true,
    summary: "Read the message as if in this charset; without one, in those it names",
    imap: "",
    run: (app, argument) => setCharset(app, argument),
  },
  pictures: simple(
    "Show all pictures that the message brings along, or none; on terminals that can",
    (app) => app.try(togglePictures(app)),
    "FETCH BODY.PEEK[n]",
  ),
  decrypt: simple(
    "Decrypt the message and check its signatures; gpg may ask for a passphrase",
    (app) => app.try(decrypt(app)),
    "FETCH BODY.PEEK[]",
  ),
  "toggle-quotes": simple("Fold long quotes, or show them again", (app) => app.reader?.toggleQuotes()),
  "compose-or-go-on": simple(
    "Write a message; asks whether to go on with one that was postponed",
    (app) => app.try(composeOrGoOn(app)),
    "APPEND to Drafts and Sent; SMTP",
  ),
  review: {
    asks: true,
    summary: "Look over the message that is written: send, edit, change, keep or discard it",
    imap: "SMTP; APPEND to Drafts and Sent",
    run: (app, argument) => app.try(reviewStep(app, argument)),
  },
  redraw: simple("Paint the screen anew", (app) => app.redraw()),
  suspend: simple("Give the terminal back for a while", (app) => app.suspend()),
  interrupt: simple("Twice: quit", (app) => app.interrupt()),
  quit: simple(
    "Quit; asks where changes or messages still wait after two seconds",
    (app) => app.try(app.quitting.quit()),
    "LOGOUT; SMTP",
  ),
  "quit!": simple("Quit without asking", (app) => app.host.quit(), "LOGOUT"),
};

/** The action of this name; undefined where there is none. */
export function findAction(name: string): Action | undefined {
  return Object.hasOwn(actions, name) ? actions[name] : undefined;
}
