/** Completion for fish: a line for each command, option and place. */
import { type CompletedOption, completed, globals, type Takes } from "./table.ts";

const quoted = (text: string) => `'${text.replace(/[\\']/g, "\\$&")}'`;

function offer(takes: Takes): string {
  if (takes === "folder") return " -x -a '(__postern_names folders)'";
  if (takes === "account") return " -x -a '(__postern_names accounts)'";
  if (takes === "template") return " -x -a '(__postern_names templates)'";
  if (takes === "address") return " -x -a '(__postern_names addresses --typed=(commandline -ct))'";
  if (takes === "file") return " -r -F";
  if (takes === "nothing") return "";
  return takes === "text" ? " -x" : ` -x -a ${quoted(takes.join(" "))}`;
}

function option({ name, alias, help, takes }: CompletedOption, when: string): string {
  const short = alias === null ? "" : ` -s ${alias}`;
  return `complete -c postern${when} -l ${name}${short} -d ${quoted(help)}${offer(takes)}\n`;
}

export function fish(): string {
  const names = completed.flatMap(({ name, aliases }) => [name, ...aliases]);
  const commands = completed.map(({ name, aliases, summary, options, args }) => {
    const here = ` -n '__fish_seen_subcommand_from ${[name, ...aliases].join(" ")}'`;
    const words = args.filter((takes) => takes !== "text" && takes !== "nothing" && takes.length > 0);
    return [
      `complete -c postern -n __postern_no_command -f -a ${name} -d ${quoted(summary)}\n`,
      ...words.map((takes) => `complete -c postern${here}${offer(takes)}\n`),
      ...options.map((one) => option(one, here)),
    ].join("");
  });
  return `# Completion of postern for fish: postern completion fish > ~/.config/fish/completions/postern.fish
function __postern_no_command
    not __fish_seen_subcommand_from ${names.join(" ")}
end
function __postern_names
    set -l given
    set -l words (commandline -opc)
    for at in (seq (count $words))
        test $at -lt (count $words); and contains -- $words[$at] -a --account -c --config; and set -a given $words[$at] $words[(math $at + 1)]
    end
    postern complete $argv[1] $given $argv[2..] 2>/dev/null
end
complete -c postern -f
${globals.map((one) => option(one, "")).join("")}${commands.join("")}`;
}
