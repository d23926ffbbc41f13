/** Commands that the console completes, as they are typed, with what they do. */

export interface ConsoleWord {
  readonly text: string;
  readonly help: string;
}

export const consoleWords: readonly ConsoleWord[] = [
  { text: "CAPABILITY", help: "what the server can do" },
  { text: "NOOP", help: "news, if there are any" },
  { text: "SELECT ", help: "the folder that the commands below are about" },
  { text: 'LIST "" "*"', help: "all folders" },
  { text: 'LIST "" "%"', help: "folders of the first level" },
  { text: 'LIST (SUBSCRIBED) "" "*"', help: "folders subscribed to" },
  { text: "NAMESPACE", help: "where own, others' and shared folders lie" },
  { text: "STATUS ", help: "counts of a folder: STATUS INBOX (MESSAGES UNSEEN UIDNEXT)" },
  { text: "UID SEARCH UNSEEN", help: "ids of unread messages" },
  { text: "UID SEARCH RETURN (COUNT) ALL", help: "how many messages there are" },
  { text: "UID SEARCH SUBJECT ", help: "ids of messages with a word in the subject" },
  { text: "UID FETCH * (UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)", help: "the newest message" },
  { text: "UID FETCH * BODYSTRUCTURE", help: "its parts" },
  { text: "UID FETCH * BODY.PEEK[HEADER]", help: "its header" },
  { text: "UID FETCH * BODY.PEEK[1]", help: "its first part" },
  { text: "UID STORE * +FLAGS (\\Flagged)", help: "flags it" },
  { text: "UID SORT (REVERSE DATE) UTF-8 ALL", help: "ids, the newest first" },
  { text: "UID THREAD REFERENCES UTF-8 ALL", help: "discussions" },
  { text: "UID COPY ", help: "ids, then the folder" },
  { text: "UID MOVE ", help: "ids, then the folder" },
  { text: "UID EXPUNGE ", help: "removes what is flagged \\Deleted of these ids" },
  { text: "CREATE ", help: "a folder" },
  { text: "DELETE ", help: "a folder" },
  { text: "RENAME ", help: "a folder: old name, new name" },
  { text: "SUBSCRIBE ", help: "to a folder" },
  { text: "UNSUBSCRIBE ", help: "from a folder" },
  { text: "GETQUOTAROOT ", help: "how much room there is" },
  { text: "GETACL ", help: "who may do what in a folder" },
  { text: "MYRIGHTS ", help: "what you may do in a folder" },
  { text: 'GETMETADATA "" ', help: "annotations of the server" },
  { text: 'ID ("name" "Postern")', help: "who the server is" },
];

/** Behind these comes a folder. */
export const folderCommands =
  /^(?:SELECT|EXAMINE|STATUS|CREATE|DELETE|RENAME|SUBSCRIBE|UNSUBSCRIBE|GETQUOTAROOT|GETACL|MYRIGHTS|GETMETADATA|UID (?:COPY|MOVE) \S+)$/i;
