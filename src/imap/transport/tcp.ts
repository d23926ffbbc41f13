import { connect as connectTcp, type Socket } from "node:net";
import { ImapError } from "../errors.ts";

/** @throws ImapError UNRESOLVED, REFUSED */
export function openTcp(host: string, port: number): { socket: Socket; opened: Promise<void> } {
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
  const opened = new Promise<void>((resolve, reject) => {
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      const unresolved =
        error.code === "ENOTFOUND" || error.code === "EAI_AGAIN" || error.code === "EAI_NODATA";
      reject(
        unresolved
          ? new ImapError("UNRESOLVED", `The host name ${host} has no address.`, { cause: error })
          : new ImapError(
              "REFUSED",
              `No connection to ${host} port ${port}: ${error.code ?? error.message}.`,
              {
                cause: error,
              },
            ),
      );
    });
  });
  return { socket, opened };
}

/** Whether a host can only be this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || /^127(\.\d{1,3}){3}$/.test(host);
}
