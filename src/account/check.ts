/** Whether an account works: logging in once, and out again. */
import { AccessToken, connect, type Secret } from "../imap/index.ts";
import type { Account } from "./config.ts";
import { serverOf } from "./server.ts";
import { version } from "./version.ts";

/** @throws ImapError as `connect` and `authenticate` do, AccountError CONFIG */
export async function tryLogin(account: Account, secret: Secret): Promise<void> {
  const { user } = account.imap;
  const connection = await connect({ ...serverOf(account), clientId: { name: "Postern", version } });
  try {
    await connection.authenticate(secret instanceof AccessToken ? { user, token: secret } : { user, secret });
    await connection.logout();
  } finally {
    connection.destroy();
  }
}
