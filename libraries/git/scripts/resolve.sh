# Says which commit a branch or a tag is; a branch comes before a tag of the same name.
. "$(dirname "$0")/repository.sh"

case $REPO_REF in
HEAD | refs/*) first=$REPO_REF second= ;;
*) first=refs/heads/$REPO_REF second=refs/tags/$REPO_REF ;;
esac
git ls-remote --quiet "$REPO_URL" "$first" "$first^{}" ${second:+"$second" "$second^{}"} >"$private/refs"
# An annotated tag has two lines: its own, and with ^{} that of its commit, which counts.
found=$(awk -F '\t' -v first="$first" -v second="$second" '
    { commits[$2] = $1 }
    END {
        ref = (first in commits) ? first : second
        peeled = ref "^{}"
        if (ref in commits) print ((peeled in commits) ? commits[peeled] : commits[ref]) "\t" ref
    }' "$private/refs")
[ -n "$found" ] || fail "there is no branch or tag $REPO_REF"
commit=$(printf '%s' "$found" | cut -f1)
ref=$(printf '%s' "$found" | cut -f2)
echo "$ref is $commit"
printf 'OUTPUT: {"commit": "%s", "ref": "%s"}\n' "$commit" "$(printf '%s' "$ref" | sed 's/"/\\"/g')"
