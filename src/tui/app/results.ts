/** What commands return, on the screen. */
import type { Result } from "../../commands/index.ts";
import type { Folder, Mail } from "../../mail/index.ts";
import type { App } from "./app.ts";
import { aclPage, contactsPage, protocolPage, queuePage, quotaPage, statusPage } from "./pages.ts";
import { openPlace } from "./places.ts";
import { draftsPage, outboxPage } from "./rows-page.ts";

/** Shows what a command came to that was run on this mail. */
export function showResult(app: App, result: Result, mail: Mail): void {
  const open = (folder: Folder) => openPlace(app, { mail, folder });
  switch (result.kind) {
    case "change":
      app.outgoing.cover();
      app.say(result.sent ? result.text : `${result.text} (waits for a connection)`);
      break;
    case "messages":
      open(result.folder);
      app.list.limit({ query: "", keys: result.items.map((m) => m.uid) });
      break;
    case "threads":
      open(result.folder);
      app.list.setThreaded(true);
      app.list.limit({ query: "", keys: result.items.map(({ message }) => message.uid) });
      break;
    case "folders":
      app.focus("folders");
      break;
    case "hits":
      app.say(result.total === 0 ? "nothing matches" : `${result.total} messages match, in several folders`);
      break;
    case "ids":
      open(result.folder);
      app.list.limit({ query: "", keys: [...result.items].sort((a, b) => a - b) });
      break;
    case "count":
      app.say(result.count === 1 ? "1 message" : `${result.count} messages`);
      break;
    case "attachments":
      if (app.list.toKey(result.uid)) app.openSelected();
      break;
    case "files":
      app.say(result.text);
      break;
    case "acl":
      app.show(aclPage(result));
      break;
    case "written":
      app.say([result.text, ...result.notes].join("; "));
      break;
    case "contacts":
      app.show(contactsPage(result));
      break;
    case "drafts":
      if (result.items.length === 0) app.say("no draft is kept here");
      else app.show(draftsPage(app, result.items));
      break;
    case "outbox":
      if (result.items.length === 0) app.say("nothing is to be sent");
      else app.show(outboxPage(app, result.items));
      break;
    case "queue":
      app.show(queuePage(result.items));
      break;
    case "quota":
      app.show(quotaPage(result.items));
      break;
    case "status":
      app.show(statusPage(result.status));
      break;
    case "protocol":
      app.show(protocolPage(result.lines));
      break;
    case "message":
      if (app.list.toKey(result.uid)) app.openSelected();
      break;
    case "bytes":
      result.stream.destroy();
      app.say("that is for the shell: there it goes to a file or a pipe", true);
      break;
  }
}
