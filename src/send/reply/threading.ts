/** Where an answer belongs (RFC 5322 §3.6.4). */
import type { Original } from "./original.ts";

/** So many Message-IDs are kept: the first, by which the discussion is found, and the last ones. */
const most = 25;

export interface Threading {
  /** Empty where the message has no Message-ID. */
  readonly inReplyTo: string;
  readonly references: string;
}

export function threadingOf({ message, references, answered }: Original): Threading {
  const { messageId } = message.headers;
  const id = messageId !== null && /^<[^<>\s]+>$/.test(messageId) ? messageId : null;
  // A message that names what it answers by In-Reply-To alone: where that is one, it counts.
  const before = references.length > 0 ? references : answered.length === 1 ? answered : [];
  const all = [...new Set([...before.filter((one) => one !== id), ...(id === null ? [] : [id])])];
  const kept = all.length > most ? [all[0] ?? "", ...all.slice(1 - most)] : all;
  return { inReplyTo: id ?? "", references: kept.join(" ") };
}
