# Lists the files that differ between two refs.
. "$(dirname "$0")/repository.sh"
no_option base "$REPO_BASE"

fetch history "$REPO_BASE" 0 base
fetch history "$REPO_REF" 0 wanted
commit=$(commit_of history wanted)
git -C history merge-base refs/fetched/base refs/fetched/wanted >"$private/parted" ||
    fail "$REPO_BASE and $REPO_REF have no common history"
parted=$(cat "$private/parted")
printf '%s\n' "$REPO_PATHS" | sed '/^[[:space:]]*$/d' >"$private/paths"
set --
while IFS= read -r path; do set -- "$@" "$path"; done <"$private/paths"
git -C history diff --name-only -z --no-renames "$parted" "$commit" -- "$@" >"$private/files"
python3 -c '
import json, sys
names = open(sys.argv[1], "rb").read().decode("utf-8", "replace").split("\0")[:-1]
for name in names[:100]:
    sys.stdout.write(name + "\n")
output = {"commit": sys.argv[2], "changed": bool(names), "files": names[:1000], "count": len(names)}
sys.stdout.write("OUTPUT: " + json.dumps(output) + "\n")
' "$private/files" "$commit"
