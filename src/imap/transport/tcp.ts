import { lookup } from "node:dns/promises";
import { connect as connectTcp, type Socket } from "node:net";
import { ImapError } from "../errors.ts";

const isUnresolved = ({ code }: NodeJS.ErrnoException) =>
  code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "EAI_NODATA";
const unresolved = (host: string, cause: unknown) =>
  new ImapError("UNRESOLVED", `The host name ${host} has no address.`, { cause });

/** Resolves where the host has an address. @throws ImapError UNRESOLVED */
export async function lookUp(host: string): Promise<void> {
  try {
    await lookup(host);
  } catch (error) {
    // What else may be wrong shows when it is connected to.
    if (isUnresolved(error as NodeJS.ErrnoException)) throw unresolved(host, error);
  }
}

/** @throws ImapError UNRESOLVED, REFUSED */
export function openTcp(host: string, port: number): { socket: Socket; opened: Promise<void> } {
  const socket = connectTcp({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
  const opened = new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      const message = `No connection to ${host} port ${port}: ${error.code ?? error.message}.`;
      reject(
        isUnresolved(error) ? unresolved(host, error) : new ImapError("REFUSED", message, { cause: error }),
      );
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
