import type { MailboxStatus } from "../values.ts";
import { LPAREN, RPAREN } from "../wire/bytes.ts";
import { MalformedError, type Reader } from "../wire/reader.ts";

export interface StatusResponse {
  readonly path: string;
  readonly status: MailboxStatus;
}

type Draft = { -readonly [K in keyof MailboxStatus]: MailboxStatus[K] };

/** Items whose value is a number, to go on with behind one that cannot be read. */
const numbers =
  /(?<=[ (])(?:MESSAGES|UIDNEXT|UIDVALIDITY|UNSEEN|RECENT|DELETED|DELETED-STORAGE|SIZE|HIGHESTMODSEQ) \d{1,20}(?=[ )])/gi;

/**
 * `mailbox (items)` after `* STATUS ` (RFC 9051 §7.3.4, 7162, 7889, 8438, 8474, 9208). An item that cannot be read is
 * left out, and the others stay. @throws MalformedError
 */
export function readStatus(r: Reader): StatusResponse {
  const path = r.astringLatin1();
  const status: Draft = {};
  r.skipSp();
  if (r.peek() !== LPAREN) r.fail('"("');
  try {
    r.list(() => readItem(r, status));
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error;
    const from = r.position;
    for (const { index } of r.buffer.toString("latin1", from, r.end).matchAll(numbers)) {
      r.rewind(from + index);
      readItem(r, status);
    }
  }
  return { path, status };
}

function readItem(r: Reader, status: Draft): void {
  const item = r.atom().toUpperCase();
  r.sp();
  switch (item) {
    case "MESSAGES":
      status.messages = r.number();
      break;
    case "UIDNEXT":
      status.uidNext = r.number();
      break;
    case "UIDVALIDITY":
      status.uidValidity = r.uidValidity();
      break;
    case "UNSEEN":
      status.unseen = r.number();
      break;
    case "RECENT":
      status.recent = r.number();
      break;
    case "DELETED":
      status.deleted = r.number();
      break;
    case "SIZE":
      status.size = r.number();
      break;
    case "DELETED-STORAGE":
      status.deletedStorage = r.number();
      break;
    case "APPENDLIMIT":
      status.appendLimit = r.nil() ? null : r.number();
      break;
    case "HIGHESTMODSEQ":
      status.highestModSeq = r.number64();
      break;
    case "MAILBOXID": {
      if (r.peek() === LPAREN) {
        r.expect(LPAREN);
        const id = r.astring();
        r.expect(RPAREN);
        if (/^[\w-]{1,255}$/.test(id)) status.mailboxId = id;
      } else r.skipValue();
      break;
    }
    default:
      r.skipValue();
  }
}
