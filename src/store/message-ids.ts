/** Message-IDs (RFC 5322 §3.6.4) as they are compared, wherever they come from. */

/** No honest msg-id is longer, and a hostile one does not fill the index. */
const longest = 1000;

/**
 * The msg-ids of a Message-ID, In-Reply-To or References field, in their order, as `<left@right>`: folds taken out,
 * quotes undone where they change nothing (RFC 5256 §3). What is around and between them is passed over. Takes time in
 * proportion to the text, whatever it holds.
 */
export function messageIds(text: string): string[] {
  const ids: string[] = [];
  for (let from = 0; ; ) {
    const close = text.indexOf(">", from);
    if (close < 0) return ids;
    const within = text.slice(from, close);
    const open = within.lastIndexOf("<");
    from = close + 1;
    if (open < 0) continue;
    const id = within
      .slice(open + 1)
      .replace(/\s+/g, "")
      .replace(/^"(.*)"(?=@)/s, (_, quoted: string) => quoted.replace(/\\(.)/gs, "$1"));
    const at = id.lastIndexOf("@");
    if (at > 0 && at < id.length - 1 && id.length <= longest) ids.push(`<${id}>`);
  }
}

/**
 * A number below 2^53 for an id of one mailbox. Two ids that share one only put unrelated mail into one thread, which
 * their senders can do without.
 */
export function idHash(mailboxId: number, id: string): number {
  let high = mailboxId ^ 0x2545f491;
  let low = mailboxId ^ 0x6c62272e;
  for (let at = 0; at < id.length; at++) {
    const unit = id.charCodeAt(at);
    high = Math.imul((high << 5) ^ (high >>> 27) ^ unit, 0x2c1b3c6d);
    low = Math.imul(low ^ unit, 0x01000193);
  }
  high = Math.imul(high ^ (high >>> 15), 0x297a2d39);
  low = Math.imul(low ^ (low >>> 16), 0x45d9f3b3);
  high ^= high >>> 16;
  low ^= low >>> 15;
  return (high & 0x1f_ffff) * 2 ** 32 + (low >>> 0);
}
