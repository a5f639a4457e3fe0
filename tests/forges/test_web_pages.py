"""Pages of commits and files at git hosts."""

import pytest

from stroem.forges.web_pages import repository_page, revision_page

COMMIT = "5b4255fa29390123456789abcdef0123456789ab"


@pytest.mark.parametrize(
    ("scheme", "place", "path", "commit", "file"),
    [
        ("https", "github.com", "/acme/flows.git", "https://github.com/acme/flows/commit/{}",
         "https://github.com/acme/flows/blob/{}/a%20b/c%23.yaml#L7"),
        ("ssh", "ssh.github.com:443", "acme/flows.git", "https://github.com/acme/flows/commit/{}",
         "https://github.com/acme/flows/blob/{}/a%20b/c%23.yaml#L7"),
        ("https", "gitlab.example.org:8443", "/a/b/flows", "https://gitlab.example.org:8443/a/b/flows/-/commit/{}",
         "https://gitlab.example.org:8443/a/b/flows/-/blob/{}/a%20b/c%23.yaml#L7"),
        ("http", "gitea.local:3000", "/a/flows.git", "http://gitea.local:3000/a/flows/commit/{}",
         "http://gitea.local:3000/a/flows/src/commit/{}/a%20b/c%23.yaml#L7"),
        ("ssh", "bitbucket.org", "a/flows.git", "https://bitbucket.org/a/flows/commits/{}",
         "https://bitbucket.org/a/flows/src/{}/a%20b/c%23.yaml#lines-7"),
    ],
)  # fmt: skip
def test_hosts_have_pages(scheme: str, place: str, path: str, commit: str, file: str) -> None:
    repository = repository_page(scheme, place, path)
    assert repository is not None
    assert revision_page(repository, COMMIT) == commit.format(COMMIT)
    assert revision_page(repository, COMMIT, "a b/c#.yaml", 7) == file.format(COMMIT)
    assert revision_page(repository, "main") is None


@pytest.mark.parametrize(("scheme", "place"), [("file", ""), ("https", "git.example.org"), ("ssh", "notgithub.com")])
def test_other_hosts_have_none(scheme: str, place: str) -> None:
    assert repository_page(scheme, place, "/a/b") is None
