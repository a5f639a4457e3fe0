"""URLs of a repository on Bitbucket."""

import re

from stroem.forges.push_body import PushBody, without_password
from stroem.interfaces.push_hook import PushUnreadable

_PAGE = re.compile(r"(https?://[^/]+(?:/[^/]+)*?)/(projects|users)/([^/]+)/repos/([^/]+)(?:/browse)?/?")


def addresses(body: PushBody) -> tuple[str, ...]:
    """The distinct URLs derived from the links of `repository`. Raises `PushUnreadable` without one.

    Bitbucket Cloud sends only the URL of the page, from which those for git are derived. Data Center sends those for
    git, its old versions only the page.
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
    """The links `self`: a list in Data Center; in Cloud one map with the URL of the API, which is ignored."""
    return links.items("self") if isinstance(links.part("self").value, list) else []


def _of_page(page: str) -> list[str]:
    found = _PAGE.fullmatch(page)
    if found is None:
        return [page]
    owner = f"~{found[3]}" if found[2] == "users" else found[3]
    return [page, f"{found[1]}/scm/{owner.lower()}/{found[4]}.git"]
