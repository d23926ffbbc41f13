/** Replies to begin with: one of each shape the grammar has, written for this. Line ends are added. */
const structure =
  '(("text" "plain" ("charset" "utf-8") NIL NIL "8bit" 20 2 NIL ("inline" NIL) ("en" "de") "http://x")' +
  '("message" "rfc822" NIL "<i@x>" "desc" "7bit" 99 ("d" "in" ((NIL NIL "a" "x")) NIL NIL NIL NIL NIL NIL "<m>")' +
  ' ("text" "html" NIL NIL NIL "base64" 4 1) 5)("image" "png" ("name" {5}\r\na.png) NIL NIL "base64" 7 "md5"' +
  ' ("attachment" ("filename" "a \\"b\\".png"))) "mixed" ("boundary" "b") NIL NIL NIL "more" (1 (2)))';
const envelope =
  '("Mon, 1 Jan 2024 00:00:00 +0000" "=?utf-8?q?h=C3=AF?=" (("Ann" NIL "ann" "x.org")(NIL NIL "bob" "y.org"))' +
  ' NIL (("A" "@r" "b" "c")) ((NIL NIL "team" NIL)(NIL NIL "t" "z")(NIL NIL NIL NIL)) NIL NIL "<r@x>" "<m@x>")';

export const seeds: readonly string[] = [
  "* OK [CAPABILITY IMAP4rev1 LITERAL+ IDLE AUTH=PLAIN] ready",
  "* PREAUTH [ALERT] hello",
  "* BYE gone",
  `* 1 FETCH (UID 5 FLAGS (\\Seen $x) INTERNALDATE " 1-Jan-2024 10:20:30 +0100" RFC822.SIZE 44 ENVELOPE ${envelope})`,
  `* 2 FETCH (BODYSTRUCTURE ${structure} UID 6 MODSEQ (18446744073709551615))`,
  `* 2 FETCH (BODY ${structure})`,
  '* 3 FETCH (BODY[HEADER.FIELDS (Subject "x")]<0> {9}\r\nSubject:\n BODY[1.2.MIME] NIL BINARY[1] ~{2}\r\n\0\0 UID 7)',
  '* 4 FETCH (EMAILID (M1) THREADID (T1) PREVIEW "hi" SAVEDATE NIL X-GM-LABELS (\\Inbox "a b") X-GM-MSGID 12)',
  "* 25 UIDFETCH (FLAGS (\\Deleted))",
  "* 5 EXPUNGE",
  "* 12 EXISTS",
  "* 0 RECENT",
  "* VANISHED (EARLIER) 1:5,9,4294967295",
  "* VANISHED 300:310,405",
  "* SEARCH 1 5 9 2 (MODSEQ 77)",
  "* SORT 9 1 5",
  "* THREAD (1 2 (3 4)(5 (6)(7 8)))(9)((10)(11))",
  '* ESEARCH (TAG "A1") UID MIN 1 MAX 9 COUNT 3 ALL 1:3,9 MODSEQ 5 PARTIAL (1:10 4:6) RELEVANCY (1 2)',
  '* ESEARCH (TAG "A1" MAILBOX "a" UIDVALIDITY 9) UID ADDTO (0 32:38 1 4) REMOVEFROM (0 33)',
  '* LIST (\\HasChildren \\Sent) "/" "a/b &- &AMQ-" ("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("x"))',
  "* LIST (\\Noselect) NIL {5}\r\nab cd",
  '* LSUB () "." INBOX.x',
  '* STATUS "a b" (MESSAGES 3 UIDNEXT 4 UIDVALIDITY 5 UNSEEN 1 SIZE 99 HIGHESTMODSEQ 7 MAILBOXID (F1) APPENDLIMIT NIL)',
  '* NAMESPACE (("" "/")("#n" "." "X" ("y"))) NIL (("Pub/" "/"))',
  '* ID ("name" "x" "version" NIL)',
  "* ENABLED CONDSTORE QRESYNC",
  "* FLAGS (\\Answered \\Seen $Junk)",
  "* CAPABILITY IMAP4rev1 IMAP4rev2 CONDSTORE LITERAL +",
  '* QUOTA "" (STORAGE 10 512 MESSAGE 1 2)',
  '* QUOTAROOT INBOX "" "b"',
  '* ACL INBOX ann lrs "bob" lr',
  "* LISTRIGHTS INBOX ann la r s w",
  "* MYRIGHTS INBOX rwipsl",
  '* METADATA "" (/shared/comment "x" /private/y {3}\r\nabc /z NIL)',
  "* METADATA INBOX /shared/comment /private/comment",
  '* GENURLAUTH "imap://ann@x/INBOX/;uid=1;urlauth=anonymous:internal:9"',
  "* OK [COPYUID 38505 304,319:320 3956:3958] Done",
  "A1 OK [APPENDUID 38505 3955:3957] done",
  "A1 NO [TRYCREATE] no such mailbox",
  'A1 BAD [BADCHARSET ("utf-8" "us-ascii")] x',
  "A1 OK [MODIFIED 7,9] conditional",
  "* OK [PERMANENTFLAGS (\\Deleted \\*)] limited",
  "* OK [HIGHESTMODSEQ 715194045007]",
  '* OK [INPROGRESS ("A1" 454 1000)] going on',
  "+ aWRsaW5n",
  "+",
];

/** Pieces that mutations put in. */
export const tokens: readonly string[] = [
  ...'()[]{}<>"\\ \r\n\0~+-*%,:.'.split(""),
  ...'NIL nil ((( ))) "" {0}\r\n {5}\r\n {70000}\r\n {99999999999999999999}\r\n ~{3+}\r\n \r\n \\" 0 1 4294967295'.split(
    " ",
  ),
  ..."4294967296 -1 18446744073709551616 9.3e+06 * UID FETCH FLAGS ENVELOPE BODYSTRUCTURE BODY[] BODY[1]<0> OK NO BYE".split(
    " ",
  ),
  ..."[ALERT] [COPYUID INBOX 1:* 1:4294967295 MODSEQ __proto__ constructor ALTERNATIVE \x80 \xff \u00fc".split(
    " ",
  ),
];
