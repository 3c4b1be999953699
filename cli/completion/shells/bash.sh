# Completion of retainctl in bash: the program itself finds out what can follow.
#   source <(retainctl completion bash)
_retainctl() {
	local line=${COMP_LINE:0:COMP_POINT} program=${COMP_WORDS[0]/#\~\//$HOME/} candidate kind=
	COMPREPLY=()
	while IFS= read -r candidate; do
		case $candidate in
		:*) kind=$candidate ;;
		*) COMPREPLY+=("${candidate:1}") ;;
		esac
	done < <("$program" __complete bash "$COMP_WORDBREAKS" "$line" 2>/dev/null)
	case $kind in
	:files) compopt -o default 2>/dev/null ;;
	:folders) compopt -o dirnames 2>/dev/null ;;
	:open) compopt -o nospace 2>/dev/null ;;
	esac
}
complete -F _retainctl retainctl
