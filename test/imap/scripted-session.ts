// One connection to a scripted server that greets it as already logged in.
import { afterEach } from "node:test";
import { type Connection, connect } from "../../src/imap/index.ts";
import { type Peer, type ScriptedServer, scriptedServer } from "../servers/scripted.ts";

export interface ScriptedSession {
  readonly connection: Connection;
  readonly server: ScriptedServer;
}

/**
 * To be called within a `describe`: gives a function that begins a session with a server that offers `capabilities` and
 * follows the script. All of them end with the test.
 */
export function scriptedSessions(): (
  capabilities: string,
  script: (peer: Peer) => Promise<void>,
) => Promise<ScriptedSession> {
  const open: ScriptedSession[] = [];
  afterEach(async () => {
    for (const { connection, server } of open.splice(0)) {
      connection.destroy();
      await server.stop();
    }
  });
  return async (capabilities, script) => {
    const server = await scriptedServer(async (peer) => {
      peer.send(`* PREAUTH [CAPABILITY IMAP4rev1 ${capabilities}] hello`);
      await script(peer);
    });
    const connection = await connect({ host: server.host, port: server.port, security: "none" });
    const session = { connection, server };
    open.push(session);
    return session;
  };
}

/** Answers a SELECT. */
export const selecting = (peer: Peer, exists = 3): Promise<void> =>
  peer.answer(/^SELECT/, `* ${exists} EXISTS`, "* OK [UIDVALIDITY 1] ok", "* OK [UIDNEXT 9] ok");
