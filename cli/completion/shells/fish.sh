# Completion of retainctl in fish: the program itself finds out what can follow.
#   retainctl completion fish | source
function __retainctl_complete
    set -l before (commandline -opc)
    set -l current (string unescape -- (commandline -ct))
    set -l program $before[1]
    set -e before[1]
    for line in ($program __complete fish $before "$current" 2>/dev/null)
        switch $line
            case ':files' ':folders'
                set -l prefix (string match -r -- '^-[^=]*=' "$current")
                set -l path (string replace -r -- '^-[^=]*=' '' "$current")
                for found in (__fish_complete_path "$path")
                    if test $line = :files; or string match -q -- '*/*' (string split \t -- $found)[1]
                        echo $prefix$found
                    end
                end
            case ':*'
            case '*'
                string sub -s 2 -- $line
        end
    end
end
complete -c retainctl -f -a '(__retainctl_complete)'
