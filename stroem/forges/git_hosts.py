"""Names under which one git host answers."""

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


def usual_host(host: str) -> str:
    """The usual name of a host in lower case: that of its web pages for the names that it has for ssh alone."""
    name = host.lower().removesuffix(".")
    return _ALIASES.get(name, name)
