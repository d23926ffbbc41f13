/** Completion for bash: one function that asks what stands before the cursor, and looks names up only where one is wanted. */
import { commandBranches, takesValue, valueBranches } from "./branches.ts";
import { type CompletedOption, completed, globals, type Takes } from "./table.ts";

/** What offers the words of a place. */
function offer(takes: Takes): string {
  if (takes === "folder") return "_postern_names folders";
  if (takes === "account") return "_postern_names accounts";
  if (takes === "template") return "_postern_names templates";
  if (takes === "address") return "_postern_addresses";
  if (takes === "file") return "_postern_files";
  if (takes === "nothing" || takes === "text") return ":";
  return `_postern_words '${takes.join(" ")}'`;
}

const words = (options: readonly CompletedOption[]) => options.map(({ name }) => `--${name}`).join(" ");

export function bash(): string {
  const names = completed.flatMap(({ name, aliases }) => [name, ...aliases]).join(" ");
  return `# Completion of postern for bash: eval "$(postern completion bash)"
_postern_words() { COMPREPLY=($(compgen -W "$1" -- "$current")); }
_postern_files() { compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$current")); }
_postern_names() {
  local name plain=\${current//\\\\/}
  while IFS= read -r name; do
    [[ \${name,,} == "\${plain,,}"* ]] && COMPREPLY+=("$(printf %q "$name")")
  done < <(postern complete "$1" "\${given[@]}" 2>/dev/null)
}
_postern_addresses() {
  # What bash replaces begins with the last @.
  local name part=\${COMP_WORDS[COMP_CWORD]}
  [[ $part != @* && \${COMP_WORDS[COMP_CWORD-1]} == @ ]] && part=@$part
  while IFS=$'\\t' read -r name _; do
    printf -v name %q "\${name:\${#current}-\${#part}}"
    COMPREPLY+=("\${name//\\\\,/,}")
  done < <(postern complete addresses "\${given[@]}" --typed="$current" 2>/dev/null)
}
_postern() {
  local command= options= place=0 at word given=() words=()
  COMPREPLY=()
  # Bash parts words at = and @.
  for ((at = 0; at <= COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    if ((at > 1)) && [[ $word == @ || \${COMP_WORDS[at-1]} == @ ]]; then words[\${#words[@]}-1]+=$word
    elif [[ $word != = ]]; then words+=("$word")
    elif ((at == COMP_CWORD)); then words+=('')
    fi
  done
  local last=$((\${#words[@]} - 1))
  local current=\${words[last]} previous=\${words[last-1]}
  for ((at = 1; at < last; at++)); do
    word=\${words[at]}
    case $word in
      -a|--account|-c|--config) ((++at < last)) && given+=("$word" "\${words[at]}") ;;
      ${takesValue}) ((at++)) ;;
      -*) ;;
      *) if [[ -z $command ]]; then command=$word; else ((place++)); fi ;;
    esac
  done
  case $previous in
${valueBranches(globals, "    ", offer)}  esac
  case $command in
    '') [[ $current == -* ]] || { _postern_words '${names}'; return; } ;;
${commandBranches((options) => `'${words(options)}'`, offer)}  esac
  _postern_words "$options ${words(globals)}"
}
complete -F _postern postern
`;
}
