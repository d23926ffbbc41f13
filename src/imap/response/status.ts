import type { MailboxStatus } from "../values.ts";
import { LPAREN, RPAREN } from "../wire/bytes.ts";
import type { Reader } from "../wire/reader.ts";

export interface StatusResponse {
  readonly path: string;
  readonly status: MailboxStatus;
}

/** `mailbox (items)` after `* STATUS ` (RFC 9051 §7.3.4, 7162, 7889, 8438, 8474, 9208). @throws MalformedError */
export function readStatus(r: Reader): StatusResponse {
  const path = r.astringLatin1();
  const status: { -readonly [K in keyof MailboxStatus]: MailboxStatus[K] } = {};
  r.skipSp();
  r.list(() => {
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
          status.mailboxId = r.astring();
          r.expect(RPAREN);
        } else r.skipValue();
        break;
      }
      default:
        r.skipValue();
    }
  });
  return { path, status };
}
