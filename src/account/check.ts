/** Whether an account works: logging in once, and out again. */
import { AccessToken, connect, type Secret } from "../imap/index.ts";
import { type Account, readCa } from "./config.ts";
import { version } from "./version.ts";

/** @throws ImapError as `connect` and `authenticate` do, AccountError CONFIG */
export async function tryLogin(account: Account, secret: Secret): Promise<void> {
  const { security, host, port, user } = account.imap;
  const ca = readCa(account);
  const connection = await connect({
    host,
    port,
    security,
    insecure: security === "none",
    clientId: { name: "Postern", version },
    ...(ca === undefined ? {} : { ca }),
    ...(account.pin === null ? {} : { pin: account.pin }),
  });
  try {
    await connection.authenticate(secret instanceof AccessToken ? { user, token: secret } : { user, secret });
    await connection.logout();
  } finally {
    connection.destroy();
  }
}
