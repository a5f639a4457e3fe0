# What the other scripts share: git with the credentials of a connection, kept out of arguments and of files that stay.
set -eu

fail() {
    echo "$1" >&2
    exit 1
}

no_option() {
    case $2 in -*) fail "\`$1\` begins with a hyphen" ;; esac
}

case $REPO_URL in
-*) fail "the url of the connection begins with a hyphen" ;;
http://*@*/* | https://*@*/*) fail "the url of the connection holds credentials: put them into \`token\` or \`username\`" ;;
esac
no_option ref "$REPO_REF"

export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null
export GIT_ALLOW_PROTOCOL=https:http:ssh:file:git
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
private=$(mktemp -d)
trap 'rm -rf "$private"' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

if [ -n "$REPO_TOKEN" ]; then
    cat >"$private/askpass" <<'END'
#!/bin/sh
case $1 in
Username*) printf '%s\n' "$REPO_USERNAME" ;;
*) printf '%s\n' "$REPO_TOKEN" ;;
esac
END
    chmod 700 "$private/askpass"
    export GIT_ASKPASS="$private/askpass"
fi
if [ -n "$REPO_SSH_KEY" ]; then
    [ -n "$REPO_KNOWN_HOSTS" ] || fail "the connection has an ssh_key and no known_hosts: add what \`ssh-keyscan HOST\` says"
    (umask 077 && printf '%s\n' "$REPO_SSH_KEY" >"$private/key" && printf '%s\n' "$REPO_KNOWN_HOSTS" >"$private/known_hosts")
    GIT_SSH_COMMAND="ssh -i '$private/key' -o IdentitiesOnly=yes -o BatchMode=yes -o ConnectTimeout=20"
    GIT_SSH_COMMAND="$GIT_SSH_COMMAND -o StrictHostKeyChecking=yes -o UserKnownHostsFile='$private/known_hosts'"
    export GIT_SSH_COMMAND
fi

# fetch DIRECTORY REF DEPTH NAME: makes refs/fetched/NAME in a repository; a commit that the server does not hand out
# by itself is looked for in all branches and tags.
fetch() {
    git init --quiet "$1"
    depth=""
    [ "$3" = 0 ] || depth="--depth=$3"
    if git -C "$1" fetch --quiet --no-tags ${depth:+"$depth"} "$REPO_URL" "+$2:refs/fetched/$4" 2>"$private/said"; then
        return
    fi
    case $2 in
    *[!0-9a-f]* | "") fail "$(cat "$private/said")" ;;
    esac
    git -C "$1" fetch --quiet "$REPO_URL" '+refs/heads/*:refs/all/heads/*' '+refs/tags/*:refs/all/tags/*'
    commit=$(git -C "$1" rev-parse --quiet --verify "$2^{commit}") || fail "there is no commit $2 in any branch or tag"
    git -C "$1" update-ref "refs/fetched/$4" "$commit"
}

commit_of() {
    git -C "$1" rev-parse "refs/fetched/$2^{commit}"
}
