"""Alternative host names of git hosts."""

from collections.abc import Mapping

_ALIASES: Mapping[str, str] = {
    "www.github.com": "github.com",
    "ssh.github.com": "github.com",
    "www.gitlab.com": "gitlab.com",
    "altssh.gitlab.com": "gitlab.com",
    "www.bitbucket.org": "bitbucket.org",
    "altssh.bitbucket.org": "bitbucket.org",
    "www.codeberg.org": "codeberg.org",
}


def canonical_host(host: str) -> str:
    """The host name of the web pages, in lower case; ssh-only names are mapped to it."""
    name = host.lower().removesuffix(".")
    return _ALIASES.get(name, name)
