// All rows, in the order of the table.
import type { Row } from "./row.ts";
import { mailboxRows } from "./rows/mailboxes.ts";
import { messageRows } from "./rows/messages.ts";
import { searchRows } from "./rows/searches.ts";
import { sessionRows } from "./rows/session.ts";

export const rows: readonly Row[] = [...sessionRows, ...mailboxRows, ...messageRows, ...searchRows];
