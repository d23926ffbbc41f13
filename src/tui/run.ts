/** Puts the screen together: terminal, keys, Ink, controller; and takes it apart again. */
import { createElement } from "react";
import type { KeySettings, ScreenSettings } from "../account/config.ts";
import type { Mail } from "../mail/index.ts";
import type { CryptoTools } from "../message/crypto/types.ts";
import { App } from "./app/app.ts";
import { bindingsOf } from "./app/keymap.ts";
import { lineText } from "./app/line-text.ts";
import { ListPreviews } from "./app/list-previews.ts";
import { onMouse } from "./app/mouse.ts";
import { showPictures } from "./app/pictures.ts";
import { unifiedName } from "./app/places.ts";
import { present } from "./app/present.ts";
import { cursorOf, picturesOf, Screen } from "./components/screen.tsx";
import { type InkScreen, startInk } from "./ink.ts";
import { strikesOut } from "./terminal/abilities.ts";
import {
  cellSizeQuery,
  furtherQuery,
  type Graphics,
  graphicsAnswer,
  graphicsQuery,
} from "./terminal/graphics.ts";
import { openTerminal } from "./terminal/session.ts";
import { backgroundQuery, createTheme, isLight, themeOptions } from "./theme.ts";

export interface ScreenOptions {
  /** Opens the accounts' mail. The first is opened at once, the others as soon as its list is on the screen. */
  readonly open: readonly (() => Mail)[];
  readonly settings: ScreenSettings;
  /** The person's own keys for an account, or for all of them, the most particular first. */
  keysOf(account: string | null): readonly KeySettings[];
  /** For signatures and decryption; gpg and openssl by their own settings where left out. */
  readonly crypto?: CryptoTools;
  /** An account is on the screen now. */
  readonly onOpened?: (mail: Mail) => void;
  /** The program is about to stop (Ctrl-Z), or goes on again. */
  readonly onStopped?: (now: boolean) => void;
}

/** Frames that nobody has pressed a key for (a sync under way, a clock) come no closer than this. */
const laterMs = 200;
/** What the status line counts are seconds. */
const tickMs = 1_000;

/** Shows the screen until the person quits; resolves to the exit status. The mail is closed then. */
export async function runScreen(options: ScreenOptions): Promise<number> {
  const { open, crypto, onOpened, onStopped } = options;
  const spoken = options.settings.spoken || process.env.INK_SCREEN_READER === "true";
  const settings = { ...options.settings, spoken };
  const look = { ...themeOptions(process.env), spoken, own: settings.colours };
  const coloured = look.colours !== "mono" && !spoken;
  const wanted = settings.theme === "auto" ? "dark" : settings.theme;
  let theme = createTheme(coloured ? { ...look, colours: wanted } : look);
  // All inboxes as one list want all accounts.
  const unified = settings.folder === unifiedName;
  const mails = open.slice(0, unified ? open.length : 1).map((openMail) => openMail());
  const closeAll = async () => void (await Promise.all(mails.map((mail) => mail.close())));
  let ink: InkScreen | null = null;
  let timer: NodeJS.Timeout | null = null;
  let asked = false;
  /** A key is being handled: whoever pressed it looks at the screen. */
  let typing = false;
  let quit: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    quit = resolve;
  });

  const terminal = openTerminal({
    mouse: settings.mouse,
    onInput(input) {
      typing = true;
      if (input.kind === "key") app.press(input.key);
      else if (input.kind === "paste") app.paste(input.text);
      else if (input.kind === "mouse") {
        onMouse(app, input, view());
        draw(false);
      } else if (hasSaid(graphicsAnswer(app.graphics, input.text))) {
        draw(false);
      } else if (settings.theme === "auto" && coloured && isLight(input.text)) {
        theme = createTheme({ ...look, colours: "light" });
        draw(false);
      }
      typing = false;
    },
    onEnd: closeAll,
    onWarning: ({ name, message }) => app.notices.note(`${name}: ${message}`),
    ...(onStopped ? { onStopped } : {}),
  });
  const { output } = terminal;
  /** Takes what the terminal has said that it can show; false where it spoke of something else. */
  const hasSaid = (graphics: Graphics | null): boolean => {
    if (!graphics) return false;
    output.sendControl(furtherQuery(app.graphics, graphics));
    app.graphics = graphics;
    app.reader?.arrange();
    if (app.reader) showPictures(app, app.reader);
    return true;
  };
  output.slots.ascii = !look.utf8;

  const view = () => ({ columns: output.columns, rows: output.rows, ...settings, previews });
  const frame = () => {
    asked = false;
    if (timer) clearTimeout(timer);
    timer = null;
    app.refresh();
    const model = present(app, view());
    output.setPictures(picturesOf(model));
    output.setCursor(cursorOf(model, theme));
    const element = createElement(Screen, { model, theme });
    if (ink) ink.rerender(element);
    else ink = startInk(element, output);
    // Ink draws in a microtask; whatever a sync has to do in the turn that follows, the frame is there before it.
    queueMicrotask(() => output.flush());
  };
  const draw = (later: boolean) => {
    if (later) timer ??= setTimeout(frame, laterMs);
    else if (!asked) {
      asked = true;
      // Keys that came in one packet make one frame; what a sync has to do in this turn comes after it.
      if (typing) process.nextTick(frame);
      else setImmediate(frame);
    }
  };
  const app = new App(mails, unified ? null : (mails[0]?.findCachedFolder(settings.folder) ?? null), {
    bindingsIn: (place) =>
      bindingsOf(settings.keymap, options.keysOf(place?.mail.account.name ?? null), place?.folder ?? null),
    unified: settings.unified,
    host: {
      draw,
      repaint: () => output.repaint(),
      columns: () => output.columns,
      strikesOut: coloured && look.utf8 && strikesOut(process.env.TERM),
      suspend: () => terminal.suspend(),
      copy: (text) => output.sendControl(`\x1b]52;c;${Buffer.from(text).toString("base64")}\x07`),
      handOver: (run) => terminal.handOver(run),
      quit,
    },
    crypto,
  });
  const previews = settings.preview ? new ListPreviews(app) : null;
  app.list.setThreaded(settings.threads);
  output.on("resize", () => {
    output.sendControl(cellSizeQuery(app.graphics));
    draw(false);
  });
  let line = "";
  const clock = setInterval(() => {
    const shown = line;
    line =
      app.accounts.map(({ mail }) => lineText(mail.line, Date.now(), mail.server.latencyMs)).join() +
      app.outgoing.text(Date.now());
    if (line !== shown) draw(true);
  }, tickMs);

  frame();
  if (settings.theme === "auto" && coloured && !/^(?:linux|vt\d|ansi|dumb)/.test(process.env.TERM ?? "dumb"))
    output.sendControl(backgroundQuery);
  if (settings.images === "auto" && !spoken) output.sendControl(graphicsQuery(process.env.TERM));
  app.start();
  for (const mail of mails) onOpened?.(mail);
  const others = setTimeout(() => {
    for (const openMail of open.slice(mails.length)) {
      try {
        const mail = openMail();
        mails.push(mail);
        app.add(mail);
        onOpened?.(mail);
      } catch (error) {
        // What is wrong with one account is no reason to do without the others.
        app.fail(error);
      }
    }
  }, 0);
  await done;

  clearInterval(clock);
  clearTimeout(others);
  if (timer) clearTimeout(timer);
  previews?.stop();
  app.stop();
  terminal.close();
  (ink as InkScreen | null)?.unmount();
  await closeAll();
  return 0;
}
