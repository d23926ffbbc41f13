// Connections to scripted servers, all of which end with the test that made them.
import { afterEach } from "node:test";
import {
  type Connection,
  type ConnectOptions,
  connect,
  ImapError,
  type ImapErrorCode,
} from "../../src/imap/index.ts";
import { type Peer, type ScriptedServer, scriptedServer } from "../servers/scripted.ts";

export interface ScriptedSession {
  readonly connection: Connection;
  readonly server: ScriptedServer;
}

type Script = (peer: Peer) => Promise<void>;

export interface ScriptedPeers {
  /** Those that run. */
  readonly servers: ScriptedServer[];
  serve(script: Script): Promise<ScriptedServer>;
  /** In clear text, unless `options` say otherwise. */
  dial(server: ScriptedServer, options?: Partial<ConnectOptions>): Promise<Connection>;
  /** A session with a server that greets us as logged in, offers `capabilities`, and follows the script. */
  open(capabilities: string, script: Script, options?: Partial<ConnectOptions>): Promise<ScriptedSession>;
}

/** To be called within a `describe`. */
export function scriptedPeers(): ScriptedPeers {
  const servers: ScriptedServer[] = [];
  const connections: Connection[] = [];
  afterEach(async () => {
    for (const connection of connections.splice(0)) connection.destroy();
    for (const server of servers.splice(0)) await server.stop();
  });
  const serve: ScriptedPeers["serve"] = async (script) => {
    const server = await scriptedServer(script);
    servers.push(server);
    return server;
  };
  const dial: ScriptedPeers["dial"] = async (server, options = {}) => {
    const connection = await connect({ host: server.host, port: server.port, security: "none", ...options });
    connections.push(connection);
    return connection;
  };
  const open: ScriptedPeers["open"] = async (capabilities, script, options) => {
    const server = await serve(async (peer) => {
      peer.send(`* PREAUTH [CAPABILITY IMAP4rev1 ${capabilities}] hello`);
      await script(peer);
    });
    return { connection: await dial(server, options), server };
  };
  return { servers, serve, dial, open };
}

/** Answers a SELECT. */
export const selecting = (peer: Peer, exists = 3): Promise<void> =>
  peer.answer(/^SELECT/, `* ${exists} EXISTS`, "* OK [UIDVALIDITY 1] ok", "* OK [UIDNEXT 9] ok");

/** For assert.rejects: it is such an error, which says what happened and what to do. */
export const fails =
  (code: ImapErrorCode) =>
  (error: unknown): boolean => {
    if (!(error instanceof ImapError) || error.code !== code) throw error;
    return error.message !== "" && error.hint !== "";
  };
