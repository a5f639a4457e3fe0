"""Under which addresses Bitbucket has a repository."""

import re

from stroem.forges.push_body import PushBody, without_password
from stroem.interfaces.push_hook import PushUnreadable

_PAGE = re.compile(r"(https?://[^/]+(?:/[^/]+)*?)/(projects|users)/([^/]+)/repos/([^/]+)(?:/browse)?/?")


def addresses(body: PushBody) -> tuple[str, ...]:
    """All addresses that follow from the links of `repository`, each once. Raises `PushUnreadable` when none does.

    Bitbucket Cloud names the page only, from which those for git follow; Data Center names those for git, and old
    versions of it the page only.
    """
    links = body.part("repository", "links")
    named = [link.needed("href") for link in links.items("clone")]
    if page := links.text("html", "href"):
        named += [page, f"{page}.git", *_cloud_ssh(body)]
    named += [url for link in _pages(links) for url in _of_page(link.needed("href"))]
    if not named:
        raise PushUnreadable("repository.links names no address of the repository")
    return tuple(dict.fromkeys(map(without_password, named)))


def _cloud_ssh(body: PushBody) -> list[str]:
    name = body.text("repository", "full_name")
    return [f"git@bitbucket.org:{name}.git"] if name else []


def _pages(links: PushBody) -> list[PushBody]:
    """The links `self`: a list in Data Center, one map that leads to the API in Cloud."""
    return links.items("self") if isinstance(links.part("self").value, list) else []


def _of_page(page: str) -> list[str]:
    found = _PAGE.fullmatch(page)
    if found is None:
        return [page]
    owner = f"~{found[3]}" if found[2] == "users" else found[3]
    return [page, f"{found[1]}/scm/{owner.lower()}/{found[4]}.git"]
