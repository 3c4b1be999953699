#compdef retainctl
# Completion of retainctl in zsh: the program itself finds out what can follow.
#   source <(retainctl completion zsh)
_retainctl() {
	local -a reply_lines open open_shown whole whole_shown
	local line text about kind
	reply_lines=("${(@f)$("${(Q)words[1]/#\~\//$HOME/}" __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
	for line in "${(@)reply_lines}"; do
		if [[ $line == :* ]]; then
			kind=$line
			continue
		fi
		text=${${line#?}%%$'\t'*} about=
		[[ $line == *$'\t'* ]] && about=${line#*$'\t'}
		[[ -n $about ]] && about="${(r:26:)text} -- $about" || about=$text
		if [[ $line == +* ]]; then
			open+=("$text") open_shown+=("$about")
		else
			whole+=("$text") whole_shown+=("$about")
		fi
	done
	case $kind in
	:files | :folders)
		[[ $PREFIX == -*=* ]] && compset -P 1 '*='
		if [[ $kind == :files ]]; then _files; else _files -/; fi
		return
		;;
	esac
	(( $#open )) && compadd -l -S '' -d open_shown -a -- open
	(( $#whole )) && compadd -l -d whole_shown -a -- whole
}
if [[ ${funcstack[1]} == _retainctl ]]; then
	_retainctl "$@"
else
	compdef _retainctl retainctl
fi
