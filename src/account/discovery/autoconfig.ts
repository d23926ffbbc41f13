/** Mozilla's autoconfig format: the XML in which providers tell mail programs of their servers. */
import { Parser } from "htmlparser2";
import type { Security } from "../settings.ts";
import { isHostName, type MailAddress, type Server } from "./found.ts";

export interface AutoConfig {
  readonly imap: Server;
  readonly smtp: Server | null;
  readonly users: readonly string[];
}

interface Entry {
  readonly kind: "incomingServer" | "outgoingServer";
  readonly type: string;
  /** Elements below it by name; of those that come more than once, the first. */
  readonly fields: Map<string, string>;
}

function entries(xml: string): Entry[] {
  const found: Entry[] = [];
  let entry: Entry | null = null;
  let field: string | null = null;
  const parser = new Parser(
    {
      onopentag(name, attributes) {
        if (name === "incomingServer" || name === "outgoingServer")
          entry = { kind: name, type: (attributes.type ?? "").toLowerCase(), fields: new Map() };
        else if (entry && !entry.fields.has(name)) {
          field = name;
          entry.fields.set(name, "");
        } else field = null;
      },
      ontext(text) {
        if (entry && field !== null) entry.fields.set(field, (entry.fields.get(field) ?? "") + text);
      },
      onclosetag(name) {
        field = null;
        if (!entry || name !== entry.kind) return;
        found.push(entry);
        entry = null;
      },
    },
    { xmlMode: true, decodeEntities: true },
  );
  parser.end(xml);
  return found;
}

/** What may stand for a part of the address. */
function filled(text: string, { address, local, domain }: MailAddress): string {
  return text
    .trim()
    .replaceAll("%EMAILADDRESS%", address)
    .replaceAll("%EMAILLOCALPART%", local)
    .replaceAll("%EMAILDOMAIN%", domain);
}

/** What is offered without TLS is passed over. */
const securities: Readonly<Record<string, Security>> = { SSL: "tls", STARTTLS: "starttls" };

function serverOf({ fields }: Entry, who: MailAddress): Server | null {
  const security = securities[(fields.get("socketType") ?? "").trim().toUpperCase()];
  const host = filled(fields.get("hostname") ?? "", who).toLowerCase();
  const port = Number(fields.get("port"));
  if (!security || !isHostName(host) || !Number.isInteger(port) || port < 1 || port > 65535) return null;
  return { security, host, port };
}

/** The best of what a file offers; null where it offers no IMAP behind TLS, or makes no sense. */
export function parseAutoConfig(xml: string, who: MailAddress): AutoConfig | null {
  const best = (kind: Entry["kind"], type: string) => {
    const usable = entries(xml).flatMap((entry) => {
      const server = entry.kind === kind && entry.type === type ? serverOf(entry, who) : null;
      return server ? [{ entry, server }] : [];
    });
    return usable.find(({ server }) => server.security === "tls") ?? usable[0];
  };
  const imap = best("incomingServer", "imap");
  if (!imap) return null;
  const user = filled(imap.entry.fields.get("username") ?? "", who);
  const users = user === "" || /[\x00-\x1f\x7f%]/.test(user) ? [who.address, who.local] : [user];
  return { imap: imap.server, smtp: best("outgoingServer", "smtp")?.server ?? null, users };
}
