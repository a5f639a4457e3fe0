"""Web pages of the commits and files of a repository."""

from stroem_git.source import GitSource

COMMIT = "5b4255fa29390123456789abcdef0123456789ab"


def test_pages_are_those_of_the_host() -> None:
    source = GitSource(url="git@github.com:acme/flows.git", path="teams/mail")
    assert source.folder_in_repository == "teams/mail"
    assert source.page(COMMIT) == f"https://github.com/acme/flows/commit/{COMMIT}"
    assert source.page(COMMIT, "run.sh", 3) == f"https://github.com/acme/flows/blob/{COMMIT}/teams/mail/run.sh#L3"


def test_folders_have_none() -> None:
    source = GitSource(url="/srv/flows.git")
    assert (source.folder_in_repository, source.page(COMMIT)) == ("", None)
