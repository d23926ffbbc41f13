/** What commands return; the shell prints it as text or JSON, the screen shows it. */
import type { Readable } from "node:stream";
import type {
  AclEntry,
  Change,
  Folder,
  Mail,
  Message,
  QuotaUse,
  ServerStatus,
  ThreadMessage,
  Waiting,
} from "../mail/index.ts";
import type { Attachment, ReadableMessage } from "../message/types.ts";
import type { Contact } from "../send/contacts/source.ts";
import type { SavedDraft } from "../send/drafts/drafts.ts";
import type { Entry } from "../send/outbox/entry.ts";

/** A message of any folder. */
export interface Hit {
  readonly folder: Folder;
  readonly message: Message;
}

/** A file that was written. */
export interface WrittenFile {
  /** Its part of the message; null for the whole of it. */
  readonly part: string | null;
  readonly path: string;
  /** Octets. */
  readonly size: number;
  readonly mediaType: string;
}

export type Result =
  | {
      readonly kind: "messages";
      readonly folder: Folder;
      readonly items: readonly Message[];
      /** Matches in all, of which `items` is a part. */
      readonly total: number;
      /** The UID behind which the list goes on, for `--before-uid` or `--after-uid`; null at its end, or in another order. */
      readonly next?: number | null;
      /** What a search could not look into, in sentences. */
      readonly notes?: readonly string[];
    }
  /** Messages thread after thread, as a list of threads or as the one thread asked for. */
  | {
      readonly kind: "threads";
      readonly folder: Folder;
      readonly items: readonly ThreadMessage[];
      readonly total: number;
      readonly notes?: readonly string[];
    }
  /** Messages of several folders. */
  | {
      readonly kind: "hits";
      readonly items: readonly Hit[];
      readonly total: number;
      readonly notes: readonly string[];
    }
  /** Messages by their UIDs alone, in the order asked for. */
  | {
      readonly kind: "ids";
      readonly folder: Folder;
      readonly items: readonly number[];
      readonly total: number;
      readonly notes: readonly string[];
    }
  | {
      readonly kind: "count";
      /** Null where several folders were counted. */
      readonly folder: Folder | null;
      readonly count: number;
      readonly notes: readonly string[];
    }
  | { readonly kind: "folders"; readonly items: readonly Folder[] }
  /** Changes that are not on the server. */
  | { readonly kind: "queue"; readonly items: readonly Waiting[] }
  | {
      readonly kind: "message";
      readonly folder: Folder;
      readonly uid: number;
      readonly message: ReadableMessage;
    }
  | {
      readonly kind: "attachments";
      readonly folder: Folder;
      readonly uid: number;
      readonly items: readonly Attachment[];
    }
  | {
      readonly kind: "files";
      readonly folder: Folder;
      readonly items: readonly WrittenFile[];
      readonly text: string;
    }
  /** Raw bytes for a file or a pipe. */
  | {
      readonly kind: "bytes";
      readonly stream: Readable;
      readonly fileName: string | null;
      readonly mediaType: string;
      /** Octets, about; absent where nobody knows. */
      readonly size?: number;
    }
  | { readonly kind: "quota"; readonly items: readonly QuotaUse[] }
  | {
      readonly kind: "acl";
      readonly folder: Folder;
      /** One's own rights. */
      readonly rights: string;
      readonly items: readonly AclEntry[];
    }
  /** What became of a message that was written. */
  | {
      readonly kind: "written";
      /** Sent; waiting for its time, or for a server; kept as a draft; none of it. */
      readonly state: "sent" | "scheduled" | "waits" | "draft" | "nothing";
      readonly text: string;
      /** In the outbox, or among the drafts. */
      readonly id: string | null;
      readonly messageId: string | null;
      readonly notes: readonly string[];
    }
  /** Who may be meant; `notes` tell what could not be looked into. */
  | { readonly kind: "contacts"; readonly items: readonly Contact[]; readonly notes: readonly string[] }
  | { readonly kind: "drafts"; readonly items: readonly SavedDraft[] }
  /** Messages that are to be sent. */
  | { readonly kind: "outbox"; readonly items: readonly Entry[] }
  | { readonly kind: "status"; readonly status: ServerStatus }
  /** What the server said, laid out in lines: hostile text. */
  | { readonly kind: "protocol"; readonly lines: readonly string[]; readonly ended: "OK" | "NO" | "BAD" }
  /** What happened in a folder that is watched; `message` where it is there. */
  | {
      readonly kind: "event";
      readonly event: Change["kind"];
      readonly folder: Folder;
      readonly uid: number | null;
      readonly message: Message | null;
    }
  /** A change, told in one sentence; `uids` are the messages it touched. */
  | {
      readonly kind: "change";
      readonly text: string;
      readonly folder: Folder;
      readonly uids: readonly number[];
      /** False where it waits in the journal for a connection. */
      readonly sent: boolean;
      /** It was only asked what would be done. */
      readonly dryRun?: boolean;
      /** Whose mail it changed, where that is not, or not only, the mail it was asked of. */
      readonly of?: readonly Mail[];
    };

export type ResultKind = Result["kind"];

/** Where a command was asked whether there is anything: the answer no is exit status 1. */
export interface Asked {
  readonly nothing?: boolean;
}
