# Puts a tag on a ref and pushes it.
. "$(dirname "$0")/repository.sh"
no_option tag "$REPO_TAG"
git check-ref-format "refs/tags/$REPO_TAG" || fail "'$REPO_TAG' cannot be the name of a tag"

fetch tagged "$REPO_REF" 1 wanted
commit=$(commit_of tagged wanted)
git ls-remote --quiet "$REPO_URL" "refs/tags/$REPO_TAG" "refs/tags/$REPO_TAG^{}" >"$private/refs"
there=$(tail -n 1 "$private/refs" | cut -f1)
if [ "$there" = "$commit" ]; then
    echo "$REPO_TAG is on $commit already"
    created=false
elif [ -n "$there" ]; then
    fail "there is a tag $REPO_TAG on another commit, $there"
else
    if [ -n "$REPO_MESSAGE" ]; then
        printf '%s\n' "$REPO_MESSAGE" | git -C tagged -c user.name=stroem -c user.email=stroem@localhost \
            tag --annotate --file=- -- "$REPO_TAG" "$commit"
    else
        git -C tagged tag -- "$REPO_TAG" "$commit"
    fi
    git -C tagged push --quiet "$REPO_URL" "refs/tags/$REPO_TAG"
    echo "$REPO_TAG is on $commit now"
    created=true
fi
printf 'OUTPUT: {"commit": "%s", "created": %s}\n' "$commit" "$created"
