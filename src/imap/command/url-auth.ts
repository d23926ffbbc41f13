/** URLAUTH (RFC 4467): URLs that let another fetch one message or part, for BURL above all. */
import type { FetchedUrl } from "../response/url-auth.ts";
import type { Command } from "./command.ts";
import { requires } from "./requires.ts";

/**
 * GENURLAUTH (RFC 4467 §7): the URLs with the server's token at their end, in their order.
 * @param urls ending in `;URLAUTH=access` (see formatImapUrl)
 * @throws UNSUPPORTED without URLAUTH
 */
export function genUrlAuth(urls: readonly string[], mechanism = "INTERNAL"): Command<readonly string[]> {
  return {
    name: "GENURLAUTH",
    traits: { needs: "authenticated", readOnly: true, mayExpunge: true, ambiguous: { key: "GENURLAUTH" } },
    begin({ capabilities }) {
      let told: readonly string[] = [];
      return {
        write(w) {
          requires(capabilities, "URLs with authorization", "URLAUTH");
          w.atom("GENURLAUTH").sp();
          w.separated(urls, (url) => w.string(url).sp().atom(mechanism));
        },
        untagged(response) {
          if (response.kind !== "genurlauth") return false;
          told = response.urls;
          return true;
        },
        result: () => told,
      };
    },
  };
}

/**
 * URLFETCH (RFC 4467 §7): what the URLs stand for. Literals above 64 KiB are not kept: fetch those as messages.
 * @throws UNSUPPORTED without URLAUTH
 */
export function urlFetch(urls: readonly string[]): Command<readonly FetchedUrl[]> {
  return {
    name: "URLFETCH",
    traits: { needs: "authenticated", readOnly: true, mayExpunge: true, ambiguous: { key: "URLFETCH" } },
    begin({ capabilities }) {
      const told: FetchedUrl[] = [];
      return {
        write(w) {
          requires(capabilities, "URLs with authorization", "URLAUTH");
          w.atom("URLFETCH").sp();
          w.separated(urls, (url) => w.string(url));
        },
        untagged(response) {
          if (response.kind !== "urlfetch") return false;
          told.push(...response.found);
          return true;
        },
        result: () => told,
      };
    },
  };
}

/**
 * RESETKEY (RFC 4467 §7): takes back every URL made for a mailbox, or for all of them.
 * @throws UNSUPPORTED without URLAUTH
 */
export function resetKey(path?: string): Command<void> {
  return {
    name: "RESETKEY",
    traits: { needs: "authenticated", mayExpunge: true },
    begin: ({ capabilities }) => ({
      write(w) {
        requires(capabilities, "URLs with authorization", "URLAUTH");
        w.atom("RESETKEY");
        if (path !== undefined) w.sp().mailbox(path);
      },
      result: () => {},
    }),
  };
}
