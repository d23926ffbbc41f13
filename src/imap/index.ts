/** The protocol client's public face. */
export { saslMechanisms } from "./auth/choose.ts";
export {
  BindingRefusedError,
  type CertificateLogin,
  type Login,
  type Mechanism,
  type MechanismName,
  mechanismNames,
  type PasswordLogin,
  type TokenLogin,
} from "./auth/mechanism.ts";
export { AccessToken, Secret } from "./auth/secret.ts";
export { Capabilities, type RememberedCapabilities } from "./capabilities.ts";
export { describeCapability } from "./capability-names.ts";
export { deleteAcl, getAcl, listRights, myRights, setAcl } from "./command/acl.ts";
export { append, appendAll } from "./command/append.ts";
export type { AppendMessage, CatenatePart } from "./command/append-message.ts";
export { cancelUpdate } from "./command/cancel-update.ts";
export type { Command } from "./command/command.ts";
export { copy, move } from "./command/copy.ts";
export { enable } from "./command/enable.ts";
export { expunge, uidExpunge } from "./command/expunge.ts";
export {
  type FetchHandlers,
  type FetchQuery,
  type FetchResult,
  type FetchSection,
  fetch,
} from "./command/fetch.ts";
export { id } from "./command/id.ts";
export { getJmapAccess } from "./command/jmap-access.ts";
export { type ListOptions, list } from "./command/list.ts";
export {
  type CreateOptions,
  create,
  deleteMailbox,
  rename,
  subscribe,
  unsubscribe,
} from "./command/mailbox.ts";
export {
  type FoundMetadata,
  getMetadata,
  type MetadataOptions,
  setMetadata,
} from "./command/metadata.ts";
export { type MailboxHits, multiSearch, type SearchScope } from "./command/multi-search.ts";
export { namespace } from "./command/namespace.ts";
export {
  type NotifyEvent,
  type NotifyMailboxes,
  type NotifyOptions,
  notify,
  notifyNone,
} from "./command/notify.ts";
export { getQuota, getQuotaRoot, setQuota } from "./command/quota.ts";
export { raw, rawName } from "./command/raw.ts";
export { replace } from "./command/replace.ts";
export { type SearchResult, uidSearch } from "./command/search.ts";
export type { SearchKey } from "./command/search-key.ts";
export type { SearchOptions } from "./command/search-return.ts";
export {
  close,
  type QresyncParameters,
  type SelectChange,
  type SelectOptions,
  select,
  unselect,
} from "./command/select.ts";
export { capability, logout, noop } from "./command/simple.ts";
export { type SortKey, type SortResult, uidSort } from "./command/sort.ts";
export { type StatusItem, status } from "./command/status.ts";
export { type StoreChange, store } from "./command/store.ts";
export { type ThreadAlgorithm, uidThread } from "./command/thread.ts";
export { unauthenticate } from "./command/unauthenticate.ts";
export { genUrlAuth, resetKey, urlFetch } from "./command/url-auth.ts";
export { type ConnectOptions, connect } from "./connect.ts";
export type { Connection } from "./connection.ts";
export type { ProtocolLog } from "./connection-settings.ts";
export type { Dialling, DialOptions } from "./dial.ts";
export { ImapError, type ImapErrorCode, type OAuthFailure } from "./errors.ts";
export type { CommandProgress, ConnectionEvents } from "./events.ts";
export type { Idle } from "./idle.ts";
export { formatImapUrl, type ImapUrl, parseImapUrl } from "./imap-url.ts";
export { limits, timeouts } from "./limits.ts";
export { listMailboxes } from "./list-mailboxes.ts";
export { type MoveResult, moveMessages, removeMessages } from "./move.ts";
export { prettyResponse } from "./pretty.ts";
export { probe } from "./probe.ts";
export { type Quirk, quirks, type ServerQuirks } from "./quirks.ts";
export type { Acl, GrantableRights } from "./response/acl.ts";
export type { LargeLiteral } from "./response/fetch.ts";
export type { NamespaceEntry, Namespaces } from "./response/namespace.ts";
export type { Quota, QuotaResource } from "./response/quota.ts";
export type { Threads } from "./response/thread.ts";
export type { FetchedUrl } from "./response/url-auth.ts";
export { channelOf } from "./transport/channel.ts";
export { inspectCertificate, type ShownCertificate } from "./transport/inspect.ts";
export { isLoopback, lookUp, openTcp } from "./transport/tcp.ts";
export { secure, type TlsOptions } from "./transport/tls.ts";
export * as uidSet from "./uid-set.ts";
export * from "./values.ts";
export type { LiteralSink } from "./wire/framer.ts";
export { decodeMailboxName, encodeMailboxName } from "./wire/mailbox-name.ts";
export type { MessageSource } from "./wire/writer.ts";
