import { describeCapability } from "../imap/index.ts";
import { formatSize } from "../mail/format.ts";
import type { ServerStatus } from "../mail/index.ts";
import { defineCommand } from "./definition.ts";

export const status = defineCommand({
  name: "status",
  aliases: ["caps", "capabilities"],
  summary: "Show how things stand: server, answer times, bytes, what waits, what the server can do",
  imap: "NOOP",
  args: {},
  options: {},
  returns: ["status"],
  async run({ mail }) {
    // Where there is no server, what is known without one is what was asked for.
    await mail.server.reach().catch(() => undefined);
    return { kind: "status", status: mail.server.status() };
  },
});

export interface StatusEntry {
  readonly section: string;
  readonly label: string;
  /** Hostile text. */
  readonly text: string;
}

const securities: Readonly<Record<ServerStatus["security"], string>> = {
  tls: "TLS",
  starttls: "STARTTLS",
  none: "no encryption",
};

function lineWords({ line }: ServerStatus): string {
  if (line.kind === "down") return `off line: ${line.error.message}`;
  return { online: "on line", connecting: "connecting", offline: "off line" }[line.kind];
}

/** The status as a person reads it, section by section. */
export function statusEntries(status: ServerStatus): StatusEntry[] {
  const { latencyMs, capabilities, quirks } = status;
  const server = (label: string, text: string) => ({ section: "Server", label, text });
  return [
    server("address", `${status.host}:${status.port}, ${securities[status.security]}`),
    server("user", status.user),
    server("line", lineWords(status)),
    ...(latencyMs === null
      ? []
      : [server("answers in", `${latencyMs < 10 ? latencyMs.toFixed(1) : Math.round(latencyMs)} ms`)]),
    server(
      "traffic",
      `${formatSize(status.received)} received, ${formatSize(status.sent)} sent${status.compressed ? ", compressed" : ""}`,
    ),
    ...(quirks.length > 0 ? [server("known faults", quirks.join(", "))] : []),
    {
      section: "Here",
      label: "local copy",
      text: `${status.messages} messages in ${status.folders} folders, ${formatSize(status.kept)} of what is in them`,
    },
    { section: "Here", label: "waiting", text: status.queued === 0 ? "nothing" : `${status.queued} changes` },
    ...capabilities.map((name) => {
      const known = describeCapability(name);
      const rfc = known?.rfc ? `RFC ${known.rfc}` : "";
      return {
        section: "What the server can do",
        label: name,
        text: [known?.meaning ?? "", rfc].filter(Boolean).join("  "),
      };
    }),
  ];
}
