/**
 * Reports about mail: delivery status (RFC 3464), disposition (RFC 8098), abuse feedback (RFC 5965). What a program
 * wrote for programs, told for a person: who, what happened, why.
 */
import { decodeWords, parseDateHeader } from "./header.ts";
import { field, type HeaderField, headerFields } from "./mime.ts";
import { here, instantWords } from "./when.ts";

/** Lower case: `failed`, `delayed`, `delivered`, `relayed`, `expanded` (RFC 3464 §2.3.3), or what the server made up. */
export interface DeliveryOutcome {
  readonly recipient: string;
  readonly action: string;
  /** Enhanced status code (RFC 3463), `5.1.1`; empty where there is none. */
  readonly status: string;
  /** The status code in words; empty where it says nothing. */
  readonly why: string;
  /** What the other server said; empty where it said nothing. */
  readonly diagnostic: string;
  readonly remoteHost: string;
  /** Milliseconds since the epoch; null where it will not be tried again, or nothing is said. */
  readonly willRetryUntil: number | null;
}

export interface DeliveryReport {
  readonly kind: "delivery";
  readonly section: string;
  readonly reportingHost: string;
  readonly outcomes: readonly DeliveryOutcome[];
}

export interface DispositionReport {
  readonly kind: "disposition";
  readonly section: string;
  readonly recipient: string;
  /** `displayed`, `deleted`, `dispatched`, `processed`, … (RFC 8098 §3.2.6.2), lower case. */
  readonly disposition: string;
  /** A program sent it of its own accord, rather than a person. */
  readonly automatic: boolean;
  readonly originalMessageId: string | null;
  readonly error: string;
}

export interface FeedbackReport {
  readonly kind: "feedback";
  readonly section: string;
  /** `abuse`, `fraud`, `virus`, `not-spam`, … (RFC 5965 §3.1), lower case. */
  readonly type: string;
  readonly sourceIp: string;
  readonly recipient: string;
}

export type Report = DeliveryReport | DispositionReport | FeedbackReport;

export const REPORT_TYPES: ReadonlySet<string> = new Set([
  "message/delivery-status",
  "message/global-delivery-status",
  "message/disposition-notification",
  "message/global-disposition-notification",
  "message/feedback-report",
]);

const MAX_RECIPIENTS = 200;
const MAX_TEXT = 1000;

/** RFC 3463 §3, the codes that people meet; then what stands for the whole subject. */
const WHY: ReadonlyMap<string, string> = new Map([
  ["1.1", "there is no such mailbox"],
  ["1.2", "there is no such domain"],
  ["1.3", "the address is malformed"],
  ["1.4", "the address is ambiguous"],
  ["1.6", "the mailbox has moved"],
  ["1.7", "the sender's address is malformed"],
  ["1.8", "the sender's domain does not exist"],
  ["1.10", "the domain takes no mail"],
  ["2.1", "the mailbox is disabled"],
  ["2.2", "the mailbox is full"],
  ["2.3", "the message is too large for the mailbox"],
  ["2.4", "the mailing list could not be expanded"],
  ["3.1", "the server's disk is full"],
  ["3.2", "the server takes no messages now"],
  ["3.4", "the message is too large for the server"],
  ["4.1", "the server does not answer"],
  ["4.2", "the connection broke"],
  ["4.3", "the name servers do not answer"],
  ["4.4", "there is no way to the server"],
  ["4.6", "the message went round in circles"],
  ["4.7", "it took too long"],
  ["5.2", "the server does not understand the command"],
  ["5.3", "there are too many recipients"],
  ["6.1", "the server does not take this kind of content"],
  ["7.0", "the server refuses it"],
  ["7.1", "the server does not allow it"],
  ["7.2", "the list does not allow the sender to write"],
  ["7.9", "the server does not accept how the sender logged in"],
  ["7.20", "no valid DKIM signature"],
  ["7.23", "SPF does not allow the sending host"],
  ["7.25", "the sending host has no valid name"],
  ["7.26", "neither SPF nor DKIM vouches for the sender"],
  ["7.28", "there is too much mail from the sender"],
  ["1", "the address is not right"],
  ["2", "the mailbox does not take it"],
  ["3", "the server does not take it"],
  ["4", "the network or the routing failed"],
  ["5", "the servers do not understand each other"],
  ["6", "the content cannot be handled"],
  ["7", "security or policy forbids it"],
]);

/** An enhanced status code in words (RFC 3463); empty for success and for what says nothing. */
export function statusWords(status: string): string {
  const [, kind, subject = "", detail = ""] = /^([245])\.(\d{1,3})\.(\d{1,3})$/.exec(status) ?? [];
  if (kind === undefined || kind === "2") return "";
  return WHY.get(`${subject}.${detail}`) ?? WHY.get(subject) ?? "";
}

/** `rfc822; bob@example.org`: what follows the type. Without one the value as it is. */
function untyped(value: string | null): string {
  const [, after] = /^\s*[\w.-]+\s*;\s*(.*)$/s.exec(value ?? "") ?? [];
  return decodeWords((after ?? value ?? "").trim())
    .replace(/^<([^<>]*)>$/, "$1")
    .slice(0, MAX_TEXT);
}

/** Blocks of fields, with empty lines between. */
function blocks(bytes: Buffer): HeaderField[][] {
  const out: HeaderField[][] = [];
  let block = "";
  // headerFields stops at nothing, so the blocks are cut here.
  for (const line of bytes.toString("latin1").split(/\r\n|\n|\r/)) {
    if (line.trim() === "") {
      if (block) out.push(headerFields(Buffer.from(block, "latin1")));
      block = "";
    } else block += `${line}\r\n`;
    if (out.length > MAX_RECIPIENTS) break;
  }
  if (block) out.push(headerFields(Buffer.from(block, "latin1")));
  return out;
}

function outcome(fields: readonly HeaderField[]): DeliveryOutcome | null {
  const action = (field(fields, "action") ?? "").trim().toLowerCase().slice(0, 40);
  const recipient = untyped(field(fields, "original-recipient")) || untyped(field(fields, "final-recipient"));
  if (!action && !recipient) return null;
  const diagnostic = untyped(field(fields, "diagnostic-code")).replace(/\s+/g, " ");
  const said = /\b([245]\.\d{1,3}\.\d{1,3})\b/;
  const status = said.exec(field(fields, "status") ?? "")?.[1] ?? said.exec(diagnostic)?.[1] ?? "";
  const retry = field(fields, "will-retry-until");
  return {
    recipient,
    action,
    status,
    why: statusWords(status),
    diagnostic,
    remoteHost: untyped(field(fields, "remote-mta")),
    willRetryUntil: retry === null ? null : parseDateHeader(retry),
  };
}

function delivery(section: string, bytes: Buffer): DeliveryReport | null {
  const all = blocks(bytes);
  // Some servers put all in one block, or leave out the first.
  const outcomes = all.flatMap((fields) => outcome(fields) ?? []);
  const reporting = all.map((fields) => field(fields, "reporting-mta")).find((value) => value !== null);
  if (outcomes.length === 0) return null;
  return { kind: "delivery", section, reportingHost: untyped(reporting ?? null), outcomes };
}

function disposition(section: string, bytes: Buffer): DispositionReport | null {
  const fields = blocks(bytes).flat();
  const value = field(fields, "disposition");
  if (value === null) return null;
  const [mode = "", type = ""] = value.split(";");
  return {
    kind: "disposition",
    section,
    recipient: untyped(field(fields, "original-recipient")) || untyped(field(fields, "final-recipient")),
    disposition: (type.split("/")[0] ?? "").trim().toLowerCase().slice(0, 40),
    automatic: /automatic-action|MDN-sent-automatically/i.test(mode),
    originalMessageId: /<[^<>\s]+>/.exec(field(fields, "original-message-id") ?? "")?.[0] ?? null,
    error: untyped(field(fields, "error") ?? field(fields, "failure")),
  };
}

function feedback(section: string, bytes: Buffer): FeedbackReport | null {
  const fields = blocks(bytes).flat();
  const type = field(fields, "feedback-type");
  if (type === null) return null;
  return {
    kind: "feedback",
    section,
    type: type.trim().toLowerCase().slice(0, 40),
    sourceIp: untyped(field(fields, "source-ip")),
    recipient: untyped(field(fields, "original-rcpt-to")),
  };
}

/** Reads the decoded bytes of a part of `REPORT_TYPES`; null where they are not what they say. Never throws. */
export function readReport(mediaType: string, section: string, bytes: Buffer): Report | null {
  if (mediaType === "message/feedback-report") return feedback(section, bytes);
  return mediaType.endsWith("-status") ? delivery(section, bytes) : disposition(section, bytes);
}

const ACTIONS: ReadonlyMap<string, string> = new Map([
  ["failed", "Not delivered"],
  ["delayed", "Not delivered yet"],
  ["delivered", "Delivered"],
  ["relayed", "Passed on, to a server that reports nothing"],
  ["expanded", "Delivered to a list, and passed on to its members"],
]);
const DISPOSITIONS: ReadonlyMap<string, string> = new Map([
  ["displayed", "Displayed (which does not mean read)"],
  ["deleted", "Deleted"],
  ["dispatched", "Passed on"],
  ["processed", "Processed by a program"],
  ["denied", "A receipt was refused"],
  ["failed", "A receipt failed"],
]);

/** A report in lines of text: the first of each group says who and what, those that begin with spaces say why. Raw: not yet safe. */
export function describeReport(report: Report, place = here()): string[] {
  switch (report.kind) {
    case "delivery":
      return report.outcomes.flatMap((one) => {
        const what = ACTIONS.get(one.action) ?? (one.action ? `Delivery "${one.action}"` : "Delivery");
        const why = [one.why, one.status && `(${one.status})`].filter((s) => s !== "").join(" ");
        const retry =
          one.willRetryUntil === null ? "" : `will be tried until ${instantWords(one.willRetryUntil, place)}`;
        const who = one.remoteHost || report.reportingHost;
        const said = one.diagnostic && `${who ? `${who} said` : "said"}: ${one.diagnostic}`;
        const because = one.action === "delivered" && !one.diagnostic ? [] : [why, retry, said];
        return [
          `${what}: ${one.recipient || "(nobody named)"}`,
          ...because.filter((s) => s !== "").map((s) => `  ${s}`),
        ];
      });
    case "disposition": {
      const what = DISPOSITIONS.get(report.disposition) ?? `Receipt "${report.disposition}"`;
      return [
        `${what}: ${report.recipient || "(nobody named)"}`,
        ...(report.automatic ? ["  sent by a program, not by a person"] : []),
        ...(report.error ? [`  ${report.error}`] : []),
      ];
    }
    case "feedback":
      return [
        `Complaint: ${report.type}`,
        ...[
          report.recipient && `  by ${report.recipient}`,
          report.sourceIp && `  sent from ${report.sourceIp}`,
        ].filter((s) => s !== ""),
      ];
  }
}
