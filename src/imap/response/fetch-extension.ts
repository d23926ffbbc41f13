import type { FetchedMessage } from "../values.ts";
import { decodeMailboxName } from "../wire/mailbox-name.ts";
import type { Reader } from "../wire/reader.ts";
import { parseDateTime } from "./date-time.ts";

/** FETCH items of extensions that few servers have. False: not one of them. @throws MalformedError */
export function readExtension(
  r: Reader,
  name: string,
  message: { -readonly [K in keyof FetchedMessage]: FetchedMessage[K] },
): boolean {
  switch (name) {
    case "PREVIEW":
      message.preview = r.nstring();
      return true;
    case "SAVEDATE":
      message.saveDate = r.nil() ? null : parseDateTime(r.string());
      return true;
    case "X-GM-MSGID":
      message.gmailMessageId = String(r.number64());
      return true;
    case "X-GM-THRID":
      message.gmailThreadId = String(r.number64());
      return true;
    case "X-GM-LABELS": {
      const labels: string[] = [];
      if (!r.nil()) r.list(() => labels.push(decodeMailboxName(r.astringLatin1())));
      message.gmailLabels = labels;
      return true;
    }
    default:
      return false;
  }
}
