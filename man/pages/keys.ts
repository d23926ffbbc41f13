/** postern-keys(7): every key, what it does, and the IMAP it causes. */
import { type Keymap, keymaps } from "../../src/account/settings.ts";
import { actions } from "../../src/tui/app/actions.ts";
import { explain, imapOf } from "../../src/tui/app/explain.ts";
import {
  type Binding,
  bindingsOf,
  contextTitles,
  held,
  helpContexts,
  type KeyContext,
  keysByLine,
} from "../../src/tui/app/keymap.ts";
import { item, type Page, paragraph, section, sentence, subsection, verbatim } from "../roff.ts";

interface Meaning {
  readonly summary: string;
  /** Empty where the server hears nothing. */
  readonly imap: string;
}

const meaningOf = (line: string): Meaning => ({ summary: explain(line), imap: imapOf(line) });

function described({ summary, imap }: Meaning, line?: string): string[] {
  return [
    `${sentence(summary)}${line === undefined ? "" : ` (\`${line}\`)`}`,
    ...(imap === "" ? [] : [`IMAP: ${imap}`]),
  ];
}

const typed = (keys: readonly string[]) => keys.map((one) => `\`${one}\``).join(", ");
const usual = bindingsOf("default", []);

/** A context's keys; those that do the same stand together. */
function keysOf(context: KeyContext): string[] {
  return keysByLine(usual, context).map(({ line, keys }) =>
    item(typed(keys), ...described(meaningOf(line), line.trim())),
  );
}

const without = (
  these: readonly Binding[],
  those: readonly Binding[],
  same = (_a: Binding, _b: Binding) => true,
) => these.filter((b) => !those.some((o) => o.keys === b.keys && same(o, b)));

/** What a keymap has other than the default one, context by context. */
function differences(keymap: Keymap): string[] {
  const bindings = bindingsOf(keymap, []);
  const sameLine = (one: Binding, other: Binding) => one.line === other.line;
  // What is so everywhere is told once.
  const newEverywhere = without(held(bindings, "any"), held(usual, "any"), sameLine);
  const goneEverywhere = without(held(usual, "any"), bindings);
  return helpContexts.flatMap((context) => {
    const here = held(bindings, context);
    const before = held(usual, context);
    const bound =
      context === "any"
        ? newEverywhere
        : without(without(here, before, sameLine), newEverywhere).map((b) => ({ ...b, context }));
    const gone = context === "any" ? goneEverywhere : without(without(before, here), goneEverywhere);
    const lines = [
      ...keysByLine(bound, context).map(({ line, keys }) => `${typed(keys)} \`${line.trim()}\``),
      ...(gone.length === 0 ? [] : [`not bound ${typed(gone.map(({ keys }) => keys))}`]),
    ];
    return lines.length === 0 ? [] : [item(`«${contextTitles[context]}»`, `${lines.join("; ")}.`)];
  });
}

export const keysPage: Page = {
  name: "postern-keys",
  section: 7,
  summary: "the keys of postern's screen, and the command lines behind them",
  parts: [
    section(
      "Description",
      paragraph(
        "Every key on the screen of `postern`(1) stands for a command line: pressing `d` does what `:delete` does. This page lists the keys by the pane that has them, with the line behind each and the IMAP commands it causes. `?` shows the keys on the screen, with your own among them.",
      ),
      paragraph(
        "Who waits for half a second after a key that begins a sequence is shown what can follow. In the help, and in what `:messages` shows, `/` shows only the lines that have all words typed; an empty line shows everything again.",
      ),
      paragraph(
        "A number before a key that moves says how often, before `G` to which row: `5 j` goes down five rows, `12 G` goes to row twelve. Before a key for messages it says how many, from the cursor down: `3 d` deletes three, `3 s` moves three to the folder that is asked for. What was typed and not yet used stands in the status line; `Esc` drops it.",
      ),
      paragraph(
        "A command that takes messages acts on those that are marked; where none is, on the one that is open; else on the one under the cursor.",
      ),
    ),
    section("Keys", ...helpContexts.map((context) => subsection(contextTitles[context], ...keysOf(context)))),
    section(
      "Keymaps",
      paragraph(
        "`keymap` in `[screen]` of the config file lays the keys of another program over these. Where each differs from what is told above, with the command lines behind the keys; in mutt and alpine, where `g` is a key by itself, what begins with it here begins with `'` there:",
      ),
      ...keymaps
        .filter((keymap) => keymap !== "default")
        .map((keymap) => subsection(keymap, ...differences(keymap))),
    ),
    section(
      "At a prompt",
      item("`Enter`", "Take what was typed."),
      item("`Esc`, `C-c`, `C-g`", "Leave it. `Backspace` in an empty prompt does so too."),
      item(
        "`Tab`, `S-Tab`",
        "After `:`, the next or the previous completion: commands, and folders where one is wanted.",
      ),
      item("`Up`, `Down`", "What was typed before."),
      item("`Left`, `Right`, `Home` or `C-a`, `End` or `C-e`", "Move in the line."),
      item("`Backspace`, `Delete` or `C-d`", "Delete a character."),
      item("`C-w`, `C-u`, `C-k`", "Delete the word before the cursor, all before it, all from it on."),
      paragraph("A question is answered with `y`, or with `n`, `q`, `Esc`, `C-c` or `C-g` for no."),
    ),
    section(
      "The : line",
      paragraph(
        "`:` takes the commands of `postern`(1) with their arguments and options, those below, and a number, which goes to that row. Quotes group words, and a backslash takes the next character as it is; a query keeps its own quotes, as in `postern-query`(7).",
      ),
      ...Object.entries(actions).map(([name, action]) => item(`\`${name}\``, ...described(action))),
      item("`undo`", ...described(meaningOf("undo"))),
    ),
    section(
      "Your own keys",
      paragraph(
        "The table `[keys]` of the config file (`postern-config`(5)) binds keys to command lines. Such a key holds in every pane but the help, over the one that is there; an empty command line takes a key away. A table below it, `[keys.list]`, `[keys.reader]`, `[keys.attachments]`, `[keys.folders]`, `[keys.review]` or `[keys.page]`, holds there alone and goes first. `?` shows what holds.",
      ),
      verbatim(
        '[keys]\n"g w" = "go Work"\n"T" = "flag toggle $Todo"\n"C-o" = "prompt copy --to "\n\n[keys.reader]\n"-" = "page-up"\n\n[keys.in."@junk"]\n"!" = "move --to @inbox"\n\n[accounts.work.keys]\n"a" = "move --to Done"',
      ),
      paragraph(
        "A table below `[keys.in]` holds while the folder of that name is open, in its list and its messages; `@junk` and the like name folders by role. `[accounts.`«name»`.keys]` holds for one account, and has the same tables below it. The more particular goes first: a folder before a pane before everywhere, and all that an account has of its own before what holds for all.",
      ),
      paragraph(
        "Keys are written in their order with blanks between them: `g w`. A line that begins with `prompt` opens `:` with the rest of it and waits. A key that is bound by itself is not waited behind: who binds `g` has no `g g`, and who binds `g w` takes the place of a `g` that a keymap has by itself.",
      ),
      paragraph(
        "A character is its own name, and upper and lower case are different keys. The others are `Enter`, `Esc`, `Tab`, `Space`, `Backspace`, `Insert`, `Delete`, `Home`, `End`, `PgUp`, `PgDn`, `Up`, `Down`, `Left`, `Right`, and `F1` to `F12`. Before a name stand `C-` for Control, `M-` for Alt and `S-` for Shift, in this order: `C-d`, `M-x`, `S-Tab`, `C-Right`. Digits are counts and cannot begin a binding, but for `0`.",
      ),
    ),
    section("See also", paragraph("`postern`(1), `postern-config`(5), `postern-query`(7)")),
  ],
};
