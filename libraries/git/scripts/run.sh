# Checks a repository out and runs a command in it.
. "$(dirname "$0")/repository.sh"

fetch checkout "$REPO_REF" "$REPO_DEPTH" wanted
commit=$(commit_of checkout wanted)
git -C checkout checkout --quiet --detach "$commit"
echo "$REPO_REF is $commit"
command=$REPO_COMMAND
rm -rf "$private"
unset REPO_TOKEN REPO_SSH_KEY REPO_USERNAME REPO_KNOWN_HOSTS REPO_COMMAND GIT_ASKPASS GIT_SSH_COMMAND
unset GIT_CONFIG_NOSYSTEM GIT_CONFIG_GLOBAL GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0 GIT_ALLOW_PROTOCOL
cd checkout
export GIT_COMMIT="$commit"
exec /bin/sh -ec "$command"
