/**
 * The server faults handled with data of their own: how each is told, what is done, where it was seen.
 * Faults that only need a lenient reader are noted where they are read.
 */
export const quirks = {
  /** Told by: these hosts in an ENVELOPE's address. Done: no host. Seen: Dovecot, Exchange (MailKit's ImapUtils). */
  missingHost: {
    names: new Set(["MISSING_DOMAIN", ".MISSING-HOST-NAME."]),
  },
  /**
   * Told by: a body that begins with one of these subtypes, or NIL and one of them, and has no children.
   * Done: a multipart without parts. Seen: Gmail, QQ, Yandex, Dovecot (MailKit #205, #777, #1393, #1841).
   */
  childlessMultipart: {
    subtypes: new Set([
      "alternative",
      "appledouble",
      "digest",
      "encrypted",
      "form-data",
      "mixed",
      "parallel",
      "related",
      "report",
      "signed",
    ]),
  },
  /** Told by: a string where a disposition's list belongs. Done: taken if it is one. Seen: Exchange (MailKit #919). */
  bareDisposition: {
    types: new Set(["inline", "attachment"]),
  },
} as const;
