// A real OpenID provider (oidc-provider), and the browser in which a person allows access there.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { OAuthClient } from "../../src/account/oauth/settings.ts";

export interface TestProvider {
  /** Its address, without a slash at the end. */
  readonly issuer: string;
  readonly client: OAuthClient;
  /** Settings that let Dovecot ask the provider about tokens: for DovecotOptions, with `file` in a file of that name. */
  readonly dovecot: string;
  /** Makes a token worthless before its time. */
  revoke(token: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startProvider(): Promise<TestProvider> {
  const child = spawn(process.execPath, ["test/servers/provider.mjs"], { stdio: ["pipe", "pipe", "ignore"] });
  child.unref();
  const [line] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string];
  const { issuer } = JSON.parse(line) as { issuer: string };
  const abandon = () => void child.kill("SIGKILL");
  process.once("exit", abandon);
  return {
    issuer,
    client: {
      clientId: "postern",
      clientSecret: null,
      scope: "openid offline_access",
      authorizationUrl: `${issuer}/auth`,
      tokenUrl: `${issuer}/token`,
      deviceUrl: `${issuer}/device/auth`,
      redirectHost: "127.0.0.1",
      redirectPort: null,
      extra: { prompt: "consent" },
    },
    // Dovecot shows the token to the provider, which says whose it is.
    dovecot: `introspection_mode = auth\nintrospection_url = ${issuer}/me\nusername_attribute = sub\n`,
    async revoke(token) {
      await fetch(`${issuer}/?${new URLSearchParams({ forget: token })}`);
    },
    async stop() {
      process.off("exit", abandon);
      child.ref();
      const exit = once(child, "exit");
      child.stdin.end();
      await exit;
    },
  };
}

/** A browser with cookies, and a person in front of it who says yes to everything. */
export class Browser {
  readonly #cookies = new Map<string, string>();

  async #fetch(url: string, form?: Readonly<Record<string, string>>): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, {
      redirect: "manual",
      headers: { cookie },
      ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === "") this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
    return response;
  }

  /** Follows redirections and fills in forms as `user`, until `done` says that it is there; that address is returned. */
  async #walk(start: string, user: string, done: (url: string, text: string) => boolean): Promise<string> {
    let url = start;
    let form: Record<string, string> | undefined;
    for (let step = 0; step < 20; step++) {
      const response = await this.#fetch(url, form);
      form = undefined;
      const location = response.headers.get("location");
      if (location !== null) {
        url = new URL(location, url).href;
        if (done(url, "")) return url;
        continue;
      }
      const text = await response.text();
      if (done(url, text)) return url;
      const action = /<form[^>]* action="([^"]+)"/.exec(text)?.[1];
      if (action === undefined) throw new Error(`the browser stands before ${response.status} ${text}`);
      const inputs = [...text.matchAll(/<input[^>]*>/g)].flatMap(([tag]) => {
        const name = /name="([^"]+)"/.exec(tag)?.[1];
        return name === undefined ? [] : [[name, /value="([^"]*)"/.exec(tag)?.[1] ?? ""] as const];
      });
      form = Object.fromEntries(inputs);
      for (const name of ["login", "password"]) if (name in form) form[name] = user;
      url = new URL(action.replaceAll("&amp;", "&"), url).href;
    }
    throw new Error("the browser goes round in circles");
  }

  /** Logs in, allows access, and returns the address it is sent back to; it does not go there. */
  allow(url: string, user: string): Promise<string> {
    return this.#walk(url, user, (at) => /^http:\/\/127\.0\.0\.1:\d+\/\?/.test(at));
  }

  /** Types the code of a device, logs in and allows access. */
  async allowDevice(complete: string, user: string): Promise<void> {
    await this.#walk(complete, user, (_at, text) => /Sign-in Success|Continue on your device/i.test(text));
  }
}
