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
