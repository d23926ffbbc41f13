/** The tables of what is kept of messages' content; part of the index. */
export const bodySchema = `
CREATE TABLE body (
  message INTEGER PRIMARY KEY REFERENCES message ON DELETE CASCADE,
  file TEXT NOT NULL,                    -- name in cur/
  size INTEGER NOT NULL,
  checksum INTEGER NOT NULL,             -- CRC-32 of the file
  used_at INTEGER NOT NULL               -- when it was last read; what never was, when the message came
);
CREATE INDEX body_by_use ON body (used_at);
CREATE TABLE part (
  message INTEGER NOT NULL REFERENCES message ON DELETE CASCADE,
  section TEXT NOT NULL,
  content BLOB NOT NULL,
  used_at INTEGER NOT NULL,
  PRIMARY KEY (message, section)
);
CREATE INDEX part_by_use ON part (used_at);
CREATE TABLE kept (octets INTEGER NOT NULL); -- of all bodies and parts, by the triggers
INSERT INTO kept VALUES (0);
CREATE TRIGGER body_put AFTER INSERT ON body BEGIN
  UPDATE kept SET octets = octets + NEW.size;
END;
CREATE TRIGGER body_changed AFTER UPDATE OF size ON body BEGIN
  UPDATE kept SET octets = octets + NEW.size - OLD.size;
END;
CREATE TRIGGER body_removed AFTER DELETE ON body BEGIN
  UPDATE kept SET octets = octets - OLD.size;
END;
CREATE TRIGGER part_put AFTER INSERT ON part BEGIN
  UPDATE kept SET octets = octets + length(NEW.content);
END;
CREATE TRIGGER part_changed AFTER UPDATE OF content ON part BEGIN
  UPDATE kept SET octets = octets + length(NEW.content) - length(OLD.content);
END;
CREATE TRIGGER part_removed AFTER DELETE ON part BEGIN
  UPDATE kept SET octets = octets - length(OLD.content);
END;
`;
