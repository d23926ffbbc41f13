/** The branches of `case` that bash and zsh share: what may stand where. What offers the words is each shell's own. */
import { type CompletedOption, completed, globals, type Takes } from "./table.ts";

/** Says in the shell's words what completes a place. */
export type Offer = (takes: Takes) => string;

/** `-f|--folder`: the words of an option as a pattern of `case`. */
const pattern = ({ name, alias }: CompletedOption) => (alias === null ? `--${name}` : `-${alias}|--${name}`);

const valued = (options: readonly CompletedOption[]) => options.filter(({ takes }) => takes !== "nothing");

/** All options that take a word, as one pattern. */
export const takesValue: string = valued([...globals, ...completed.flatMap(({ options }) => options)])
  .map(pattern)
  .join("|");

/** A branch for each option that takes a word, by the option before the cursor. */
export function valueBranches(options: readonly CompletedOption[], indent: string, offer: Offer): string {
  return valued(options)
    .map((option) => `${indent}${pattern(option)}) ${offer(option.takes)}; return ;;\n`)
    .join("");
}

/** Completes the word at `$place`; the last one's is also that of what follows. */
function places(args: readonly Takes[], offer: Offer): string {
  if (args.length === 0) return ":";
  const cases = args.map((takes, i) => `${i === args.length - 1 ? "*" : i}) ${offer(takes)} ;;`);
  return `case $place in ${cases.join(" ")} esac`;
}

/** A branch for each command; `list`: its options as the value that the shell's `options` takes. */
export function commandBranches(list: (options: readonly CompletedOption[]) => string, offer: Offer): string {
  return completed
    .map(({ name, aliases, options, args }) => {
      const values = valueBranches(options, "        ", offer);
      return `    ${[name, ...aliases].join("|")})
      options=${list(options)}
${values === "" ? "" : `      case $previous in\n${values}      esac\n`}      [[ $current == -* ]] || { ${places(args, offer)}; return; } ;;
`;
    })
    .join("");
}
