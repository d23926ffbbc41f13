// Connections to a server that greets and answers as a test says, for the quirks that take a conversation to show.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { type Connection, type ConnectOptions, connect } from "../../src/imap/index.ts";
import { parseResponse, type Response } from "../../src/imap/response/response.ts";
import { type Peer, type ScriptedServer, scriptedServer } from "../servers/scripted.ts";

export interface Talk {
  readonly connection: Connection;
  readonly server: ScriptedServer;
}

/** Greets with `greeting`, follows `script`, and runs `client` against it. */
export async function talk(
  greeting: string,
  script: (peer: Peer) => Promise<void>,
  client: (talk: Talk) => Promise<void>,
  options: Partial<ConnectOptions> = {},
): Promise<void> {
  const server = await scriptedServer(async (peer) => {
    peer.send(greeting);
    await script(peer);
  });
  const connection = await connect({ host: server.host, port: server.port, security: "none", ...options });
  try {
    await client({ connection, server });
  } finally {
    connection.destroy();
    await server.stop();
  }
}

/** Already logged in, with these capabilities. */
export const preauth = (capabilities: string, text = "hello") =>
  `* PREAUTH [CAPABILITY IMAP4rev1 ${capabilities}] ${text}`;

/** Answers SELECT of a mailbox of three messages. */
export const selecting = (peer: Peer, ...more: string[]) =>
  peer.answer(/^SELECT/, "* 3 EXISTS", "* OK [UIDVALIDITY 1] ok", "* OK [UIDNEXT 9] ok", ...more);

export const parse = (text: string): Response => parseResponse(Buffer.from(`${text}\r\n`, "latin1"));

/** The response code of a status response. */
export function codeOf(text: string) {
  const response = parse(text);
  return response.kind === "tagged" || response.kind === "condition" ? response : assert.fail(text);
}

/** The quirk is met in another room, whose tests prove it. */
export const handledIn = (file: string) => () => assert.ok(existsSync(`src/${file}`), file);
