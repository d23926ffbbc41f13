/**
 * The tables behind threads. Triggers keep the counts of each thread and the queue of messages to be linked, whoever
 * changes the messages; linking and arranging are done later, in slices (threads.ts).
 */
export const threadSchema = `
CREATE TABLE thread (
  id INTEGER PRIMARY KEY,
  mailbox INTEGER NOT NULL REFERENCES mailbox ON DELETE CASCADE,
  server INTEGER,                        -- idHash of its THREADID, where the server has it
  messages INTEGER NOT NULL,
  unread INTEGER NOT NULL,
  last_uid INTEGER NOT NULL,
  last_date INTEGER NOT NULL,
  last_date_uid INTEGER NOT NULL,        -- of the last among those of that date
  changes INTEGER NOT NULL               -- since its messages were given their places
);
CREATE INDEX thread_by_uid ON thread (mailbox, last_uid, messages);
CREATE INDEX thread_by_date ON thread (mailbox, last_date, last_date_uid, messages);
CREATE INDEX thread_changed ON thread (mailbox) WHERE changes > 0;
CREATE TABLE thread_id (
  hash INTEGER PRIMARY KEY,              -- idHash of a Message-ID that is there or is referred to, or of a THREADID
  thread INTEGER NOT NULL
);
CREATE INDEX thread_id_by_thread ON thread_id (thread);
CREATE TABLE place (
  message INTEGER PRIMARY KEY,
  thread INTEGER NOT NULL,
  place INTEGER NOT NULL,                -- in the thread, top to bottom
  depth INTEGER NOT NULL,
  guides INTEGER NOT NULL                -- see thread-tree.ts
);
CREATE INDEX place_in_thread ON place (thread, place);
CREATE TABLE unthreaded (                -- messages that have no thread yet; see arrivals.ts
  mailbox INTEGER NOT NULL,
  message INTEGER NOT NULL,
  PRIMARY KEY (mailbox, message)
) WITHOUT ROWID;
CREATE TRIGGER message_left BEFORE DELETE ON message BEGIN
  UPDATE thread SET messages = messages - 1, unread = unread - (old.seen = 0), changes = changes + 1
    WHERE id = (SELECT thread FROM place WHERE message = old.id);
  DELETE FROM thread WHERE messages = 0 AND id = (SELECT thread FROM place WHERE message = old.id);
  DELETE FROM place WHERE message = old.id;
  DELETE FROM unthreaded WHERE mailbox = old.mailbox AND message = old.id;
END;
CREATE TRIGGER thread_left AFTER DELETE ON thread BEGIN
  DELETE FROM thread_id WHERE thread = old.id;
END;
CREATE TRIGGER message_seen AFTER UPDATE OF seen ON message WHEN old.seen <> new.seen BEGIN
  UPDATE thread SET unread = unread + (old.seen > new.seen) - (old.seen < new.seen)
    WHERE id = (SELECT thread FROM place WHERE message = new.id);
END;
CREATE TRIGGER message_placed AFTER UPDATE OF uid, internal_date, sent_at ON message
WHEN old.uid <> new.uid OR old.internal_date <> new.internal_date OR old.sent_at IS NOT new.sent_at BEGIN
  UPDATE thread SET changes = changes + 1 WHERE id = (SELECT thread FROM place WHERE message = new.id);
END;
CREATE TRIGGER message_linked AFTER UPDATE OF mailbox, message_id, in_reply_to, reference_ids, thread_id ON message
WHEN old.mailbox <> new.mailbox OR old.message_id IS NOT new.message_id
  OR old.in_reply_to IS NOT new.in_reply_to OR old.reference_ids <> new.reference_ids
  OR old.thread_id IS NOT new.thread_id BEGIN
  UPDATE thread SET messages = messages - 1, unread = unread - (new.seen = 0), changes = changes + 1
    WHERE id = (SELECT thread FROM place WHERE message = new.id);
  DELETE FROM thread WHERE messages = 0 AND id = (SELECT thread FROM place WHERE message = new.id);
  DELETE FROM place WHERE message = new.id;
  DELETE FROM unthreaded WHERE mailbox = old.mailbox AND message = new.id;
  INSERT INTO unthreaded (mailbox, message) VALUES (new.mailbox, new.id);
END;
`;
