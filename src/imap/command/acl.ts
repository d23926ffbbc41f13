/** Who may do what with a mailbox (RFC 4314). All of them throw UNSUPPORTED without ACL. */
import type { Acl, GrantableRights } from "../response/acl.ts";
import type { Rights } from "../values.ts";
import type { Writer } from "../wire/writer.ts";
import type { Command } from "./command.ts";
import { query } from "./query.ts";
import { requires } from "./requires.ts";
import { samePath } from "./status.ts";

/** GETACL: everyone's rights. Needs the right `a`. */
export function getAcl(path: string): Command<Acl> {
  return query<Acl>(
    {
      name: "GETACL",
      key: `ACL ${path}`,
      write(w, capabilities) {
        requires(capabilities, "access control lists", "ACL");
        w.atom("GETACL").sp().mailbox(path);
      },
      read: (response) =>
        response.kind === "acl" && samePath(response.path, path)
          ? { path, entries: response.entries }
          : undefined,
    },
    { path, entries: new Map() },
  );
}

/** MYRIGHTS: those of the one logged in. */
export function myRights(path: string): Command<Rights> {
  return query<Rights>(
    {
      name: "MYRIGHTS",
      key: `MYRIGHTS ${path}`,
      write(w, capabilities) {
        requires(capabilities, "access control lists", "ACL");
        w.atom("MYRIGHTS").sp().mailbox(path);
      },
      read: (response) =>
        response.kind === "myrights" && samePath(response.path, path) ? response.rights : undefined,
    },
    new Set(),
  );
}

/** LISTRIGHTS: what can be given to an identifier. */
export function listRights(path: string, identifier: string): Command<GrantableRights> {
  return query<GrantableRights>(
    {
      name: "LISTRIGHTS",
      key: `LISTRIGHTS ${path}`,
      write(w, capabilities) {
        requires(capabilities, "access control lists", "ACL");
        w.atom("LISTRIGHTS").sp().mailbox(path).sp().string(identifier);
      },
      read: (response) =>
        response.kind === "listrights" && samePath(response.path, path)
          ? { path, identifier, required: response.required, optional: response.optional }
          : undefined,
    },
    { path, identifier, required: new Set(), optional: [] },
  );
}

function change(name: string, path: string, write: (w: Writer) => void): Command<void> {
  return {
    name,
    traits: { needs: "authenticated", mayExpunge: true },
    begin: ({ capabilities }) => ({
      write(w) {
        requires(capabilities, "access control lists", "ACL");
        w.atom(name).sp().mailbox(path).sp();
        write(w);
      },
      result: () => {},
    }),
  };
}

/** SETACL: gives an identifier these rights, or these in addition, or takes these away. */
export function setAcl(
  path: string,
  identifier: string,
  mode: "replace" | "add" | "remove",
  rights: Iterable<string>,
): Command<void> {
  const sign = { replace: "", add: "+", remove: "-" }[mode];
  return change("SETACL", path, (w) =>
    w
      .string(identifier)
      .sp()
      .string(`${sign}${[...rights].join("")}`),
  );
}

/** DELETEACL: takes an identifier, with all its rights, off the list. */
export function deleteAcl(path: string, identifier: string): Command<void> {
  return change("DELETEACL", path, (w) => w.string(identifier));
}
