import { defineCommand } from "./definition.ts";

/** How many are shown where nothing is said of it. */
const usual = 50;

export const contacts = defineCommand({
  name: "contacts",
  aliases: ["address"],
  summary:
    "Find addresses: aliases, whom you wrote to, vCards, what a command of yours says, and who wrote to you; the likeliest first",
  imap: "none: it looks in the local copy",
  args: {
    query: {
      type: "text",
      repeat: true,
      help: "beginnings of words of the name or the address, which all have to be there; without it, all",
    },
  },
  options: { limit: { type: "number", help: `show at most so many (default: ${usual})` } },
  returns: ["contacts"],
  async run({ mail, signal }, { query, limit = usual }) {
    const { Contacts } = await import("../send/contacts/contacts.ts");
    const sources = new Contacts([mail]);
    const words = query.join(" ");
    const [asked] = await Promise.all([sources.ask(words, signal), sources.load()]);
    return { kind: "contacts", items: sources.find(words, limit, asked), notes: sources.problems };
  },
});
