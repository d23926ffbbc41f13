import { connect as connectTcp, type Socket } from "node:net";
import { ImapError } from "../errors.ts";

/** @throws ImapError UNRESOLVED, REFUSED */
export function openTcp(host: string, port: number): { socket: Socket; opened: Promise<void> } {
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
  const opened = new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      const unresolved =
        error.code === "ENOTFOUND" || error.code === "EAI_AGAIN" || error.code === "EAI_NODATA";
      const message = unresolved
        ? `The host name ${host} has no address.`
        : `No connection to ${host} port ${port}: ${error.code ?? error.message}.`;
      reject(new ImapError(unresolved ? "UNRESOLVED" : "REFUSED", message, { cause: error }));
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.off("error", failed);
      resolve();
    });
  });
  return { socket, opened };
}

/** Whether a host can only be this machine. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}
