import type { Capabilities } from "../capabilities.ts";
import type { Command } from "../command/command.ts";
import { type Channel, loginCommands } from "./choose.ts";
import { BindingRefusedError, type Login } from "./mechanism.ts";

/**
 * Logs in the strongest way that is offered. Tries again only where nothing but the kind of channel binding was refused.
 * @throws ImapError AUTH, UNSUPPORTED, INSECURE, and those of `run`
 */
export async function runLogin(
  who: Login,
  capabilities: Capabilities,
  channel: Channel,
  run: (command: Command<void>) => Promise<void>,
): Promise<void> {
  const commands = loginCommands(who, capabilities, channel);
  for (const [i, command] of commands.entries()) {
    try {
      return await run(command);
    } catch (error) {
      if (!(error instanceof BindingRefusedError) || i === commands.length - 1) throw error;
    }
  }
}

/** The secret in every form in which a server could say it back: none of these may reach a log or an error. */
export function secretForms(who: Login): readonly string[] {
  if ("certificate" in who) return [];
  const { user, authorizeAs = "" } = who;
  const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");
  if ("token" in who) {
    const token = who.token.reveal();
    return [token, base64(token), base64(`user=${user}\x01auth=Bearer ${token}\x01\x01`)].filter(Boolean);
  }
  const password = who.secret.reveal();
  const quoted = password.replace(/["\\]/g, "\\$&");
  const octets = Buffer.from(password, "utf8").toString("latin1");
  const forms = [quoted, password, octets, base64(password), base64(`${authorizeAs}\0${user}\0${password}`)];
  return [...new Set(forms)].filter(Boolean);
}
