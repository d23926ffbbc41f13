/** The pages there are: the help, what was said, what commands tell. */
import { type Result, statusEntries } from "../../commands/index.ts";
import { formatSize } from "../../mail/format.ts";
import type { QuotaUse, ServerStatus, Waiting } from "../../mail/index.ts";
import { safeText } from "../../message/safe.ts";
import { contactOrigin } from "../../send/contacts/source.ts";
import { explainWhole } from "./explain.ts";
import { type Binding, contextTitles, helpContexts, keysByLine } from "./keymap.ts";
import type { Notice } from "./notices.ts";
import { PageView } from "./page-view.ts";

/** Every key with what it does; keys of one context that do the same share a line. */
export class KeysPage extends PageView {
  constructor(bindings: readonly Binding[]) {
    const entries = helpContexts.flatMap((context) =>
      keysByLine(bindings, context).map(({ line, keys }) => ({
        section: contextTitles[context],
        label: keys.join(", "),
        text: explainWhole(line),
        also: line,
      })),
    );
    super("Keys   / searches, q closes", () => entries);
  }
}

/** What was said, the newest first. */
export function messagesPage(log: readonly Notice[]): PageView {
  const time = (at: number) => new Date(at).toTimeString().slice(0, 8);
  return new PageView("Messages   / searches, q closes", () =>
    log.toReversed().map(({ text, error, at }) => ({
      section: "",
      label: time(at),
      text: safeText(text),
      ...(error ? { error } : {}),
    })),
  );
}

/** Changes that are not on the server. */
export function queuePage(items: readonly Waiting[]): PageView {
  const entries = items.map(({ id, state, text, reason, hint }) => ({
    section: "",
    label: `${id} ${state}`,
    text: safeText(reason === null ? text : `${text}: ${reason}; ${hint ?? ""}`),
    ...(state === "refused" ? { error: true } : {}),
  }));
  const none = [{ section: "", label: "", text: "everything is on the server" }];
  return new PageView("Changes not on the server   :queue retry ID, :queue drop ID", () =>
    entries.length > 0 ? entries : none,
  );
}

/** Room on the server. */
export function quotaPage(items: readonly QuotaUse[]): PageView {
  const amount = (n: number, resource: string) => (resource === "STORAGE" ? formatSize(n) : String(n));
  const entries = items.map(({ root, resource, used, limit }) => ({
    section: safeText(root),
    label: safeText(resource),
    text: `${amount(used, resource)} of ${amount(limit, resource)}${limit > 0 ? `, ${Math.round((100 * used) / limit)} %` : ""}`,
    ...(limit > 0 && used >= limit ? { error: true } : {}),
  }));
  const none = [{ section: "", label: "", text: "the server sets no limit" }];
  return new PageView("Quota   q closes", () => (entries.length > 0 ? entries : none));
}

/** Who may be meant. */
export function contactsPage({ items, notes }: Extract<Result, { kind: "contacts" }>): PageView {
  const entries = [
    ...items.map((one) => ({
      section: "",
      label: safeText(one.email),
      text: safeText([...(one.name === "" ? [] : [one.name]), contactOrigin(one)].join(": ")),
    })),
    ...notes.map((text) => ({ section: "", label: "!", text: safeText(text), error: true })),
  ];
  const none = [{ section: "", label: "", text: "nobody is known by that" }];
  return new PageView("Contacts   q closes", () => (entries.length > 0 ? entries : none));
}

/** Who may do what with a folder. */
export function aclPage({ folder, rights, items }: Extract<Result, { kind: "acl" }>): PageView {
  const entries = [{ identifier: "(you)", rights }, ...items].map((entry) => ({
    section: "",
    label: safeText(entry.rights),
    text: safeText(entry.identifier),
  }));
  return new PageView(`Rights in ${safeText(folder.name)}   q closes`, () => entries);
}

/** Server, line and local copy. */
export function statusPage(status: ServerStatus): PageView {
  const entries = statusEntries(status).map(({ section, label, text }) => ({
    section,
    label: safeText(label),
    text: safeText(text),
  }));
  return new PageView("Status   / searches, q closes", () => entries);
}

/** What the server said. */
export function protocolPage(lines: readonly string[]): PageView {
  const entries = lines.map((line) => ({ section: "", label: "", text: safeText(line), verbatim: true }));
  return new PageView("What the server says   / searches, q closes", () => entries);
}
