/** A certificate that nobody vouches for: the person judges it, and accepts it alone or not at all. */
import type { AccountDraft } from "../../account/config-text.ts";
import { ImapError, inspectCertificate, type ShownCertificate } from "../../imap/index.ts";
import { inWords } from "./servers.ts";
import type { Talk } from "./talk.ts";

/** Shows the certificate; returns the pin of it. Throws `error` where the person does not know it. */
export async function judged(talk: Talk, draft: AccountDraft, error: ImapError): Promise<string> {
  const { host, port, security } = draft.imap;
  if (security === "none") throw error;
  const certificate = await inspectCertificate({ host, port, security });
  if (!talk.interactive) {
    throw new ImapError("CERTIFICATE", error.message, {
      hint: `if this is the right one, give --pin ${certificate.fingerprint} (${certificateLines(certificate).join("; ")})`,
      cause: error,
    });
  }
  talk.mark("bad", error.message);
  for (const line of certificateLines(certificate)) talk.say(`  ${line}`);
  talk.say(`  fingerprint ${certificate.fingerprint}`);
  talk.say("Ask whoever runs the server for it: another fingerprint means somebody in between.");
  if (!(await talk.confirm(`Accept this one certificate of ${inWords(draft.imap)}?`, false))) throw error;
  return certificate.fingerprint;
}

const day = (ms: number) => (Number.isNaN(ms) ? "?" : new Date(ms).toISOString().slice(0, 10));

function certificateLines({ subject, issuer, names, validFrom, validTo }: ShownCertificate): string[] {
  const over = validTo < Date.now() ? ", which is over" : validFrom > Date.now() ? ", which is to come" : "";
  return [
    `for ${names.length > 0 ? names.slice(0, 8).join(", ") : subject || "nobody"}`,
    `issued by ${issuer === subject ? "itself" : issuer || "nobody"}`,
    `good from ${day(validFrom)} to ${day(validTo)}${over}`,
  ];
}
