// The little that a shell itself has to know: how it asks, and how it shows the answer.
/**
 * A script that a shell reads once.
 *
 * @param ask the command that answers
 */
export function scriptOf(shell: 'bash' | 'zsh' | 'fish', ask: string): string {
  return { bash, zsh, fish }[shell](ask)
}

// COMP_WORDBREAKS cuts --option=value and a:b in pieces: they are put together, and of an answer only what stands behind the last piece
// is shown.
const bash = (ask: string) => `# bash completion for dockwarden
_dockwarden() {
  local -a words=() lines=()
  local word joined='' line directive current cut
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ $word == [=:] && \${#words[@]} -gt 0 ]]; then
      words[\${#words[@]}-1]+=$word
      joined=1
    elif [[ -n $joined ]]; then
      words[\${#words[@]}-1]+=$word
      joined=''
    else
      words+=("$word")
    fi
  done
  current=\${words[\${#words[@]}-1]}
  mapfile -t lines < <("\${COMP_WORDS[0]}" ${ask} -- "\${words[@]}" 2>/dev/null)
  [[ \${#lines[@]} -gt 0 ]] || return 0
  directive=\${lines[\${#lines[@]}-1]}
  unset 'lines[\${#lines[@]}-1]'
  cut=''
  [[ $current == *[=:]* ]] && cut=\${current%"\${current##*[=:]}"}
  for line in "\${lines[@]}"; do
    line=\${line%%$'\\t'*}
    COMPREPLY+=("\${line#"$cut"}")
  done
  case $directive in
    :files) compopt -o default 2>/dev/null ;;
    :folders) compopt -o dirnames 2>/dev/null ;;
  esac
  return 0
}
complete -F _dockwarden dockwarden
`

const zsh = (ask: string) => `#compdef dockwarden
_dockwarden() {
  local -a lines values
  local line value directive
  lines=("\${(@f)$("\${(Q)words[1]}" ${ask} -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  directive=\${lines[-1]}
  lines[-1]=()
  for line in $lines; do
    value=\${line%%$'\\t'*}
    values+=("\${value//:/\\\\:}:\${line#*$'\\t'}")
  done
  (( $#values )) && _describe -t values dockwarden values
  [[ \${words[CURRENT]} == --*=* ]] && compset -P '*='
  case $directive in
    :files) _files ;;
    :folders) _files -/ ;;
  esac
}
if [[ \${funcstack[1]} == _dockwarden ]]; then
  _dockwarden "$@"
else
  compdef _dockwarden dockwarden
fi
`

const fish = (ask: string) => `# fish completion for dockwarden
function __dockwarden_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l lines (command $words[1] ${ask} -- $words[2..-1] "$current" 2>/dev/null)
    test (count $lines) -gt 0; or return
    set -l directive $lines[-1]
    set -e lines[-1]
    for line in $lines
        echo $line
    end
    switch $directive
        case :files
            __fish_complete_path (string replace -r '^--[^=]*=' '' -- "$current")
        case :folders
            __fish_complete_directories (string replace -r '^--[^=]*=' '' -- "$current")
    end
end
complete -c dockwarden -f -a '(__dockwarden_complete)'
`
