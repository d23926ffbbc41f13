/** Screens to draw in tests: made-up mail, always the same. */
import type { DisplayLine } from "../../src/message/layout.ts";
import type { SpanStyle } from "../../src/message/types.ts";
import { layoutOf } from "../../src/tui/layout.ts";
import type {
  FolderRow,
  MessageRow,
  Pane,
  ReaderModel,
  ScreenModel,
  ThreadPlace,
} from "../../src/tui/model.ts";

const people = [
  "Ada Lovelace",
  "Blaise Pascal",
  "Tomoe 漢字 Yamada",
  "Build robot",
  "Émilie du Châtelet",
  "Association for Long Names and Longer Titles",
  "Grace Hopper",
];
const subjects = [
  "Notes on the analytical engine",
  "Re: [calc] Rounding of intermediate results in the new adder",
  "Weekly report",
  "見積書をお送りします",
  "Lunch on Thursday? \u{1f35c}",
  "Your order has been shipped and will arrive between Tuesday and Thursday at the address you gave us",
  "Re: Fwd: minutes",
  "Agenda for the spring meeting, second draft",
];
const dates = ["14:02", "09:41", "Yest. 18", "Tue 17", "12 Nov", "3 Nov", "Oct 2025"];
const sizes = ["812", "4.2K", "13M", "96K", "1.1K"];

/** Of nine rows: a thread of three and one that is folded. */
function threadPlace(at: number): ThreadPlace | undefined {
  const thread = { place: at - 4, depth: at - 4, guides: 0, size: 3, folded: false, repeats: at === 6 };
  if (at === 7) return { ...thread, place: 0, depth: 0, size: 12, folded: true };
  return at >= 4 && at <= 6 ? thread : undefined;
}

export function messageAt(index: number, selected: boolean): MessageRow {
  const unread = index % 5 === 1 || index % 7 === 0;
  const flagged = index % 11 === 3;
  const thread = threadPlace(index % 9);
  return {
    uid: index + 1,
    flags: `${unread ? "N" : index % 4 === 2 ? "r" : " "}${flagged ? "F" : " "}${index % 6 === 4 ? "@" : " "}`,
    date: dates[Math.min(dates.length - 1, index >> 2)] ?? "",
    from: people[(index * 5) % people.length] ?? "",
    subject: subjects[(index * 3) % subjects.length] ?? "",
    labels: [],
    size: sizes[index % sizes.length] ?? "",
    unread,
    flagged,
    selected,
    marked: index === 8,
    deleted: index === 12,
    ...(thread ? { thread } : {}),
  };
}

const folderNames: readonly (readonly [name: string, depth: number, unread: number, role?: string])[] = [
  ["Inbox", 0, 12, "inbox"],
  ["Drafts", 0, 0, "drafts"],
  ["Sent", 0, 0, "sent"],
  ["Archive", 0, 0, "archive"],
  ["2024", 1, 0],
  ["2025", 1, 3],
  ["Junk", 0, 104, "junk"],
  ["Trash", 0, 0, "trash"],
  ["Lists", 0, 0],
  ["postern-devel-and-users", 1, 7],
];

export function folderRows(focused = 0): FolderRow[] {
  return folderNames.map(([name, depth, unread, role], i) => ({
    key: name,
    name,
    depth,
    unread,
    total: unread * 10,
    ...(role ? { role } : {}),
    selected: i === 0,
    focused: i === focused,
  }));
}

const line = (text: string, quote = 0, style: SpanStyle = "plain"): DisplayLine => ({
  spans: [{ text, style, link: style === "link" ? 1 : 0 }],
  quote,
  region: "text",
  width: text.length,
});

export const reader: ReaderModel = {
  headers: [
    { name: "From", value: "Ada Lovelace <ada@engine.example>" },
    { name: "To", value: "Charles Babbage <charles@engine.example>, the committee" },
    { name: "Date", value: "Thu, 12 Nov 2026 14:02" },
    { name: "Subject", value: "Notes on the analytical engine" },
  ],
  attachments: [
    { section: "2", name: "diagram.pdf", mediaType: "application/pdf", size: "1.2M", focused: true },
    { section: "3", name: "table of the numbers.csv", mediaType: "text/csv", size: "4.2K", focused: false },
  ],
  lines: [
    line("Dear Charles,"),
    line(""),
    line("The engine might act upon other things besides number, were objects found"),
    line("whose mutual relations could be expressed by those of operations."),
    line(""),
    line("> I wondered whether you had read my letter.", 1),
    line("> > Which letter?", 2),
    line(""),
    line("Findings", 0, "heading"),
    {
      spans: [
        { text: "See ", style: "plain", link: 0 },
        { text: "the table", style: "link", link: 1 },
        { text: " and ", style: "plain", link: 0 },
        { text: "mill --run", style: "code", link: 0 },
        { text: ".", style: "plain", link: 0 },
      ],
      quote: 0,
      region: "text",
      width: 30,
    },
    ...Array.from({ length: 60 }, (_, i) =>
      line(`Line ${i + 1} of the appendix, with a column of numbers: ${i * i}`),
    ),
  ],
  moreAttachments: 0,
  pictures: [],
  warned: [],
  hits: [],
  links: ["https://engine.example/table"],
  scroll: 0,
  notice: "",
};

export interface SampleOptions {
  readonly columns: number;
  readonly rows: number;
  readonly focus?: Pane;
  readonly top?: number;
  readonly cursor?: number;
  readonly reading?: boolean;
  /** The open message has come. */
  readonly text?: boolean;
  readonly sidebar?: boolean;
  readonly keyBar?: boolean;
  readonly style?: "bar" | "arrow";
}

/** A screen with the list's window at `top` and the cursor on message `cursor`. */
export function sampleScreen(options: SampleOptions): ScreenModel {
  const {
    columns,
    rows,
    focus = "list",
    top = 0,
    cursor = 2,
    reading = false,
    text = true,
    sidebar = true,
    keyBar = false,
  } = options;
  const { list } = layoutOf({ columns, rows, focus, sidebar, reading, keyBar });
  return {
    columns,
    rows,
    focus,
    sidebar,
    folders: { rows: folderRows(2) },
    list: {
      rows: Array.from({ length: list?.height ?? 0 }, (_, i) => messageAt(top + i, top + i === cursor)),
      cursor: options.style ?? "bar",
      empty: "No messages",
    },
    reader: reading ? { ...reader, ...(text ? {} : { headers: [], attachments: [], lines: [] }) } : null,
    page: null,
    continuations: [],
    status: { left: "work · Inbox", right: `${cursor + 1}/1234   ● 23 ms` },
    prompt: null,
    choice: null,
    keyBar: keyBar
      ? [
          "j next",
          "k previous",
          "Enter open",
          "d delete",
          "a archive",
          "r reply",
          "m compose",
          "s move",
          "c folder",
          "/ search",
          "? help",
          "q quit",
        ].map((hint) => {
          const [keys = "", text = ""] = hint.split(" ");
          return { keys, text };
        })
      : null,
  };
}
