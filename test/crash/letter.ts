import { sampleMessage } from "../servers/messages.ts";

/** The message with this Message-ID: the same bytes wherever it is made. */
export function letter(messageId: string): Buffer {
  const number = Number(/(\d+)@/.exec(messageId)?.[1] ?? 0);
  const lines = Array.from({ length: 3 + (number % 40) }, (_, i) => `Line ${i} of letter ${messageId}.`);
  return sampleMessage({
    n: number % 50_000,
    subject: `Letter ${number}`,
    messageId,
    body: `${lines.join("\n")}\n`,
  });
}
