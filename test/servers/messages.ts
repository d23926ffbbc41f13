// Sample messages (RFC 5322, RFC 2045) for the tests: the same arguments give the same bytes.

export interface SampleOptions {
  /** Number of the message: makes the Message-ID, and the subject and date where they are not given. */
  n?: number;
  subject?: string;
  /** Address with or without a display name, ready for the header. */
  from?: string;
  to?: string;
  /** Default: one hour after another from 2026-01-01T00:00:00Z, by `n`. */
  date?: Date;
  /** Text part; lines end in LF or CRLF. */
  body?: string;
  /** Adds a text/html alternative. */
  html?: string;
  /** Adds an application/octet-stream attachment of this many bytes before base64. */
  attachmentBytes?: number;
  attachmentName?: string;
  messageId?: string;
  inReplyTo?: string;
  references?: string[];
  /** Further header lines, each `Name: value` without its CRLF. */
  headers?: string[];
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const two = (value: number) => String(value).padStart(2, "0");

/** date-time of RFC 5322 §3.3, in UTC. */
export function rfc5322Date(date: Date): string {
  const day = `${days[date.getUTCDay()]}, ${date.getUTCDate()} ${months[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  return `${day} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())} +0000`;
}

const crlf = (text: string) => text.replace(/\r?\n/g, "\r\n");

/** Header text as it is when ASCII, else as encoded-words (RFC 2047) of at most 75 characters. */
function headerText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const words: string[] = [];
  let chunk = "";
  for (const character of text) {
    if (Buffer.byteLength(chunk + character) > 45) {
      words.push(chunk);
      chunk = "";
    }
    chunk += character;
  }
  words.push(chunk);
  return words.map((word) => `=?utf-8?B?${Buffer.from(word).toString("base64")}?=`).join("\r\n ");
}

function textPart(type: string, text: string): string {
  const body = crlf(text.endsWith("\n") ? text : `${text}\n`);
  return `Content-Type: text/${type}; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${body}`;
}

function multipart(subtype: string, boundary: string, parts: string[]): string {
  const inner = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join("");
  return `Content-Type: multipart/${subtype}; boundary="${boundary}"\r\n\r\n${inner}--${boundary}--\r\n`;
}

function attachmentPart(bytes: number, name: string, seed: number): string {
  const data = Buffer.alloc(bytes);
  // A linear congruential generator: looks like data, and is the same in every run.
  for (let i = 0, state = seed + 1; i < bytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    data[i] = state >>> 24;
  }
  const lines = data.toString("base64").replace(/.{76}(?=.)/g, "$&\r\n");
  const head = `Content-Type: application/octet-stream; name="${name}"\r\nContent-Transfer-Encoding: base64`;
  return `${head}\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n${lines}\r\n`;
}

/** One message with CRLF line endings: text, with HTML multipart/alternative, with an attachment multipart/mixed. */
export function sampleMessage(options: SampleOptions = {}): Buffer {
  const n = options.n ?? 1;
  const date = options.date ?? new Date(Date.UTC(2026, 0, 1) + n * 3_600_000);
  let content = textPart("plain", options.body ?? `This is sample message ${n}.\n\nIt has two paragraphs.\n`);
  if (options.html !== undefined)
    content = multipart("alternative", `alternative-${n}`, [content, textPart("html", options.html)]);
  if (options.attachmentBytes !== undefined) {
    const name = options.attachmentName ?? `sample-${n}.bin`;
    content = multipart("mixed", `mixed-${n}`, [content, attachmentPart(options.attachmentBytes, name, n)]);
  }
  const header = [
    `Date: ${rfc5322Date(date)}`,
    `From: ${options.from ?? "Ada Sample <ada@example.org>"}`,
    `To: ${options.to ?? "user@example.org"}`,
    `Subject: ${headerText(options.subject ?? `Sample message ${n}`)}`,
    `Message-ID: ${options.messageId ?? `<sample.${n}@example.org>`}`,
    ...(options.inReplyTo ? [`In-Reply-To: ${options.inReplyTo}`] : []),
    ...(options.references ? [`References: ${options.references.join("\r\n ")}`] : []),
    ...(options.headers ?? []),
    "MIME-Version: 1.0",
  ];
  return Buffer.from(`${header.join("\r\n")}\r\n${content}`);
}
