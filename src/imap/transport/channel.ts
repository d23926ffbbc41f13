/** What TLS tells of itself to a login: RFC 5929, RFC 9266. */
import { createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import type { Channel } from "../auth/choose.ts";
import type { ChannelBinding } from "../auth/mechanism.ts";
import { signatureHash } from "./certificate.ts";

/** Whether the line is encrypted, and what a login can be bound to. */
export function channelOf(line: Duplex): Channel {
  if (!(line instanceof TLSSocket)) return { encrypted: false, bindings: [] };
  const kinds = [exporter(line), unique(line), endPoint(line)];
  return { encrypted: true, bindings: kinds.filter((binding) => binding !== null) };
}

/** Only TLS 1.3 makes it safe by itself (RFC 9266 §3): before, it would need the extended master secret. */
function exporter(tls: TLSSocket): ChannelBinding | null {
  if (tls.getProtocol() !== "TLSv1.3") return null;
  const data = tls.exportKeyingMaterial(32, "EXPORTER-Channel-Binding", Buffer.alloc(0));
  return { type: "tls-exporter", data };
}

/** RFC 5929 §4: the hash of the server's certificate. */
function endPoint(tls: TLSSocket): ChannelBinding | null {
  const { raw } = tls.getPeerCertificate();
  const hash = raw ? signatureHash(raw) : null;
  if (!raw || hash === null) return null;
  return { type: "tls-server-end-point", data: createHash(hash).update(raw).digest() };
}

/** RFC 5929 §3: the first Finished message, which is ours, as no session is ever resumed. Cyrus knows no other kind. */
function unique(tls: TLSSocket): ChannelBinding | null {
  const data = tls.getFinished();
  return data ? { type: "tls-unique", data } : null;
}
