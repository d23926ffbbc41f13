/**
 * Logging in, with as few flights as the server allows: at once with what an earlier session was told, and from the
 * beginning where that no longer holds.
 */
import type { Channel } from "./auth/choose.ts";
import { runLogin } from "./auth/log-in.ts";
import type { Login } from "./auth/mechanism.ts";
import { Capabilities, type RememberedCapabilities } from "./capabilities.ts";
import type { Command } from "./command/command.ts";
import { id } from "./command/id.ts";
import { capability } from "./command/simple.ts";
import type { Session } from "./session.ts";

/** What logging in needs of the connection. */
export interface LoginControls {
  readonly session: Session;
  readonly channel: Channel;
  readonly remembered: RememberedCapabilities | null;
  /** What ID says of us; empty: nothing. */
  readonly clientId: Readonly<Record<string, string>>;
  /** Runs a command ahead of what others have queued. */
  run<R>(command: Command<R>): Promise<R>;
  /** Resolves when the server has greeted. */
  greeted(): Promise<void>;
  /** Whether the login was refused because what was assumed does not hold. */
  misguided(): boolean;
}

/** @throws ImapError AUTH and those of Connection.run */
export async function logIn(controls: LoginControls, who: Login): Promise<void> {
  const { session, remembered, run } = controls;
  const mayIntroduce = Object.keys(controls.clientId).length > 0;
  let introduced = false;
  // Coremail refuses SELECT until it has been told who we are; nobody has to wait for the answer.
  const introduce = (capabilities: Capabilities) => {
    if (introduced || !mayIntroduce || !capabilities.has("ID")) return;
    introduced = true;
    run(id(controls.clientId)).catch(() => {});
  };
  const attempt = async () => {
    if (session.capabilities.list().length === 0) await run(capability());
    const done = runLogin(who, session.capabilities, controls.channel, run);
    introduce(remembered ? new Capabilities(remembered.authenticated) : session.capabilities);
    // Asked along with the rest, so that nothing has to wait for it.
    if (remembered?.toldByLogin === false) run(capability()).catch(() => {});
    await done;
  };
  if (session.state === "not-authenticated") {
    const guessing = session.assumed;
    try {
      await attempt();
    } catch (error) {
      // Nothing was sent where no way to log in was remembered.
      const unsent = session.assumed;
      if (!guessing || !(unsent || controls.misguided())) throw error;
      await controls.greeted();
      if (session.assumed) session.loginFailed();
      introduced = false;
      if (session.state === "not-authenticated") await attempt();
    }
  }
  if (session.assumed || session.capabilities.list().length === 0) await run(capability());
  introduce(session.capabilities);
  if (session.quirks.capabilitiesUntrue) run(capability()).catch(() => {});
}
