import { defineCommand } from "./definition.ts";

export const sync = defineCommand({
  name: "sync",
  summary:
    "Bring the local copy of all folders, or of those named, in step with the server, and fetch what is to be read off line",
  imap: "LIST, STATUS, SELECT, FETCH",
  args: { folders: { type: "folder", help: "all where none is named", repeat: true } },
  options: {},
  returns: ["folders"],
  async run({ mail, signal }, { folders }) {
    if (folders.length === 0) {
      await mail.syncAll();
      for (const folder of mail.folders()) await mail.download(folder, { signal });
      return { kind: "folders", items: mail.folders() };
    }
    const named = [];
    for (const name of folders) named.push(await mail.findFolder(name));
    for (const folder of named) {
      await mail.sync(folder);
      await mail.download(folder, { signal });
    }
    const paths = new Set(named.map(({ path }) => path));
    return { kind: "folders", items: mail.folders().filter(({ path }) => paths.has(path)) };
  },
});
