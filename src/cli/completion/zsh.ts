/** Completion for zsh: works from a file in $fpath, and where it is evaluated after compinit. */
import { commandBranches, takesValue, valueBranches } from "./branches.ts";
import { type CompletedOption, completed, globals, type Takes } from "./table.ts";

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
/** \`name:what it does\`, as _describe takes it. */
const described = (name: string, help: string) => quoted(`${name.replaceAll(":", "\\:")}:${help}`);

function offer(takes: Takes): string {
  if (takes === "folder") return "_postern_names folders folder";
  if (takes === "account") return "_postern_names accounts account";
  if (takes === "template") return "_postern_names templates template";
  if (takes === "address") return "_postern_addresses";
  if (takes === "file") return "_files";
  if (takes === "nothing" || takes === "text") return "_message 'a word'";
  return `compadd -- ${takes.map(quoted).join(" ")}`;
}

const list = (options: readonly CompletedOption[]) =>
  options.map(({ name, help }) => described(`--${name}`, help)).join(" ");

export function zsh(): string {
  const names = completed.map(({ name, summary }) => described(name, summary)).join(" ");
  return `#compdef postern
# Completion of postern for zsh: eval "$(postern completion zsh)" after compinit, or a file _postern in $fpath
_postern_names() {
  local -a names
  names=(\${(f)"$(postern complete $1 $given 2>/dev/null)"})
  compadd -M 'm:{a-zA-Z}={A-Za-z}' -- $names
}
_postern_addresses() {
  local -a lines emails shown
  lines=(\${(f)"$(postern complete addresses $given --typed=$current 2>/dev/null)"})
  emails=(\${lines%%$'\\t'*})
  shown=(\${lines#*$'\\t'})
  compadd -M 'm:{a-zA-Z}={A-Za-z}' -l -d shown -- $emails
}
_postern() {
  local current=$words[CURRENT] previous=$words[CURRENT-1] command= word
  local -a options given every
  local -i place=0 at
  for ((at = 2; at < CURRENT; at++)); do
    word=$words[at]
    case $word in
      -a|--account|-c|--config) ((++at < CURRENT)) && given+=($word "$words[at]") ;;
      ${takesValue}) ((at++)) ;;
      -*) ;;
      *) if [[ -z $command ]]; then command=$word; else ((place++)); fi ;;
    esac
  done
  case $previous in
${valueBranches(globals, "    ", offer)}  esac
  case $command in
    '') [[ $current == -* ]] || { every=(${names}); _describe command every; return; } ;;
${commandBranches((options) => `(${list(options)})`, offer)}  esac
  options+=(${list(globals)})
  _describe option options
}
if [[ $funcstack[1] == _postern ]]; then _postern "$@"; elif (( $+functions[compdef] )); then compdef _postern postern; fi
`;
}
