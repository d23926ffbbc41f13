/** Where an answer belongs (RFC 5322 §3.6.4). */
import type { Original, Originals } from "./original.ts";

/** So many Message-IDs are kept: the first, by which the discussion is found, and the last ones. */
const most = 25;

export interface Threading {
  /** Empty where no message has a Message-ID. */
  readonly inReplyTo: string;
  readonly references: string;
}

function idOf({ message }: Original): string | null {
  const { messageId } = message.headers;
  return messageId !== null && /^<[^<>\s]+>$/.test(messageId) ? messageId : null;
}

/**
 * Of an answer to several messages In-Reply-To names them all. It has no References: programs read those as one line of
 * descent, for which the RFC discourages them here.
 */
export function threadingOf(originals: Originals): Threading {
  const parents = new Map(originals.map((original) => [idOf(original), original]));
  if (parents.size > 1) parents.delete(null);
  const [only, ...more] = parents.values();
  return only === undefined || more.length > 0
    ? { inReplyTo: [...parents.keys()].join(" "), references: "" }
    : belowOne(only);
}

function belowOne(original: Original): Threading {
  const { references, answered } = original;
  const id = idOf(original);
  // A message that names what it answers by In-Reply-To alone: where that is one, it counts.
  const before = references.length > 0 ? references : answered.length === 1 ? answered : [];
  const all = [...new Set([...before.filter((one) => one !== id), ...(id === null ? [] : [id])])];
  const kept = all.length > most ? [all[0] ?? "", ...all.slice(1 - most)] : all;
  return { inReplyTo: id ?? "", references: kept.join(" ") };
}
