// Writes messages as mail programs do: headers in encoded-words, bodies in parts. Messages are binary strings with CRLF.
import { createHash } from "node:crypto";
import { months } from "../syntax.ts";
import { encodeText } from "./charsets.ts";

/** One message to be put into a mailbox. */
export interface Sample {
  mailbox: string;
  /** Minutes before now, about: see {@link sentAt}. */
  ago: number;
  /** Letters: S(een) F(lagged) A(nswered) D(raft); keywords are not used. */
  flags?: string;
  from: string;
  /** The owner unless told; "" leaves the field out. */
  to?: string;
  cc?: string;
  subject: string;
  /** Charset of the header; UTF-8 unless told. */
  charset?: string;
  /** Left part of the Message-ID; others refer to it. */
  id: string;
  /** Ids of the messages before it in its thread, oldest first. */
  after?: string[];
  headers?: string[];
  /** A body part: header fields, blank line, content. */
  body: string;
}

/** Whose mailbox this is. */
export const owner = "Robin Reed <robin@example.org>";

const crlf = (text: string) => text.replace(/\r?\n/g, "\r\n");

function base64(data: Buffer): string {
  return data.toString("base64").replace(/.{76}(?=.)/g, "$&\r\n");
}

function quotedPrintable(octets: string): string {
  const coded = octets
    .replace(
      /[^\t\r\n\x20-\x3c\x3e-\x7e]|[ \t](?=\r\n)/g,
      (c) => `=${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
    )
    .split("\r\n");
  return coded.map((line) => line.replace(/.{70,73}(?<!=.?)(?=.{4})/g, "$&=\r\n")).join("\r\n");
}

/** Words of at most 75 characters that never split a character (RFC 2047 §2, §5). */
function encodedWords(text: string, charset: string): string {
  const words: string[] = [];
  let chunk = "";
  for (const character of text) {
    if (encodeText(chunk + character, charset).length > 39) {
      words.push(chunk);
      chunk = "";
    }
    chunk += character;
  }
  words.push(chunk);
  return words
    .map((word) => `=?${charset}?B?${encodeText(word, charset).toString("base64")}?=`)
    .join("\r\n ");
}

const isAscii = (text: string) => /^[\x20-\x7e]*$/.test(text);

/** `Name <address>, …`, names encoded where they must be. */
function addressHeader(value: string, charset: string): string {
  return value
    .split(", ")
    .map((one) => {
      const [, name, address] = /^(.*) (<.*>)$/.exec(one) ?? [];
      return name && !isAscii(name) ? `${encodedWords(name, charset)} ${address}` : one;
    })
    .join(",\r\n ");
}

/** text/plain: seven bits where possible, quoted-printable for Latin letters, base64 for the rest. */
export function plain(text: string, { charset = "utf-8", flowed = false } = {}): string {
  const data = encodeText(crlf(text), charset);
  const octets = data.toString("latin1");
  const ascii = !/[\x80-\xff]/.test(octets);
  const latin = (octets.match(/[\x80-\xff]/g)?.length ?? 0) < octets.length / 6;
  const encoding = ascii ? "7bit" : latin ? "quoted-printable" : "base64";
  const body = ascii ? octets : latin ? quotedPrintable(octets) : `${base64(data)}\r\n`;
  const named = ascii && charset === "utf-8" ? "us-ascii" : charset;
  return `Content-Type: text/plain; charset=${named}${flowed ? "; format=flowed" : ""}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}`;
}

export function html(text: string): string {
  const octets = Buffer.from(crlf(text)).toString("latin1");
  return `Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${quotedPrintable(octets)}`;
}

/** A part whose header and content are given as they are. */
export function part(header: string[], content: string): string {
  return `${header.join("\r\n")}\r\n\r\n${Buffer.from(crlf(content)).toString("latin1")}`;
}

export function attachment(type: string, name: string, data: Buffer): string {
  // RFC 2231 §4 for what is not ASCII.
  const filename = isAscii(name) ? `filename="${name}"` : `filename*=UTF-8''${encodeURIComponent(name)}`;
  return `Content-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; ${filename}\r\n\r\n${base64(data)}\r\n`;
}

/** A multipart; `subtype` may carry parameters (`report; report-type=delivery-status`). */
export function multipart(subtype: string, ...parts: string[]): string {
  // Made of the content, so that it cannot be in the content, and is the same in every run.
  const boundary = createHash("sha256").update(parts.join("")).digest("base64url").slice(0, 24);
  const inner = parts.map((one) => `--${boundary}\r\n${one}\r\n`).join("");
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n${inner}--${boundary}--\r\n`;
}

const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** date-time of RFC 5322 §3.3 in UTC. */
function dateHeader(date: Date): string {
  const time = date.toISOString().slice(11, 19);
  return `${days[date.getUTCDay()]}, ${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()} ${time} +0000`;
}

const messageId = (id: string) => `<${id}@mail.example.org>`;

/** When the message was sent; the minutes are stretched a little, so that not all mail comes at the same minute. */
export function sentAt(sample: Sample, now: Date): Date {
  return new Date(now.getTime() - sample.ago * 61_370);
}

/** The whole message, dated back from `now`. */
export function compose(sample: Sample, now: Date): string {
  const charset = sample.charset ?? "utf-8";
  const { after = [] } = sample;
  const subject = isAscii(sample.subject) ? sample.subject : encodedWords(sample.subject, charset);
  const header = [
    `Date: ${dateHeader(sentAt(sample, now))}`,
    `From: ${addressHeader(sample.from, charset)}`,
    ...(sample.to === "" ? [] : [`To: ${addressHeader(sample.to ?? owner, charset)}`]),
    ...(sample.cc ? [`Cc: ${addressHeader(sample.cc, charset)}`] : []),
    `Subject: ${subject}`,
    `Message-ID: ${messageId(sample.id)}`,
    ...(after.length > 0
      ? [`In-Reply-To: ${messageId(after.at(-1) ?? "")}`, `References: ${after.map(messageId).join("\r\n ")}`]
      : []),
    ...(sample.headers ?? []),
    "MIME-Version: 1.0",
  ];
  return `${header.join("\r\n")}\r\n${sample.body}`;
}
