/** Every command a person can give, in the order of help. */

import { accept, decline, tentative } from "./answer.ts";
import { append } from "./append.ts";
import { archive } from "./archive.ts";
import { attach } from "./attach.ts";
import { bounce } from "./bounce.ts";
import { check } from "./check.ts";
import { compose } from "./compose.ts";
import { contacts } from "./contacts.ts";
import { copy } from "./copy.ts";
import { count } from "./count.ts";
import type { Command } from "./definition.ts";
import { deleteMessages } from "./delete.ts";
import { draft } from "./draft.ts";
import { editAsNew } from "./edit-as-new.ts";
import { exportMessages } from "./export.ts";
import { expunge } from "./expunge.ts";
import { fetch } from "./fetch.ts";
import { flag } from "./flag.ts";
import { folder } from "./folder.ts";
import { folders } from "./folders.ts";
import { forward } from "./forward.ts";
import { importMessages } from "./import.ts";
import { junk } from "./junk.ts";
import { list } from "./list.ts";
import { mailto } from "./mailto.ts";
import { move } from "./move.ts";
import { outbox } from "./outbox.ts";
import { queue } from "./queue.ts";
import { quota } from "./quota.ts";
import { raw } from "./raw.ts";
import { receipt } from "./receipt.ts";
import { reply, replyAll, replyList } from "./reply.ts";
import { search } from "./search.ts";
import { send } from "./send.ts";
import { sort } from "./sort.ts";
import { status } from "./status.ts";
import { sync } from "./sync.ts";
import { thread } from "./thread.ts";
import { redo, undo } from "./undo.ts";
import { unsubscribe } from "./unsubscribe.ts";

export const commands: readonly Command[] = [
  folders,
  sync,
  list,
  search,
  count,
  check,
  sort,
  thread,
  fetch,
  attach,
  flag,
  move,
  copy,
  archive,
  junk,
  deleteMessages,
  expunge,
  append,
  compose,
  reply,
  replyAll,
  replyList,
  forward,
  bounce,
  accept,
  tentative,
  decline,
  receipt,
  unsubscribe,
  editAsNew,
  draft,
  outbox,
  send,
  mailto,
  contacts,
  exportMessages,
  importMessages,
  folder,
  undo,
  redo,
  queue,
  quota,
  status,
  raw,
];

/** The command called `name`, by its name or an alias. */
export function findCommand(name: string): Command | undefined {
  return commands.find((c) => c.name === name || c.aliases.includes(name));
}

export type { Command, Context, Param, Params, RawValues } from "./definition.ts";
export { UsageError } from "./definition.ts";
export type { Asked, Hit, Result, ResultKind } from "./result.ts";
export { type StatusEntry, statusEntries } from "./status.ts";
