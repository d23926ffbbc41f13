export { Console, type Reply } from "./console.ts";
export { MailError } from "./errors.ts";
export { Mail, type MailOptions } from "./mail.ts";
export { postOneClick } from "./one-click.ts";
export type { Outcome } from "./operations/settle.ts";
export type { Waiting } from "./operations/waiting.ts";
export type { QuotaUse, ServerStatus } from "./server.ts";
export type { Folder, LineState, MailEvent, Message, Role, ThreadMessage } from "./values.ts";
