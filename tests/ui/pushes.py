"""Pushes to git repositories that a server follows, told as a git host tells them."""

import urllib.request
from collections.abc import Mapping

import orjson

from tests.support.git.repository import Content, GitRepository
from tests.support.programs import PATIENCE_SECS
from tests.ui.api import Api

_SECRET = "a-secret-of-push-hooks-that-nobody-guesses"
PUSH_HOOKS = {"plain": {"type": "plain", "secret": _SECRET}}
"""The setting `push_hooks` of the server."""


def push(api: Api, repository: GitRepository, files: Mapping[str, Content], message: str) -> str:
    """Commits files to `main` and tells the server; the commit."""
    commit = repository.commit(files, message)
    announce(api, repository, commit)
    return commit


def announce(api: Api, repository: GitRepository, commit: str) -> None:
    """Tells the server of a commit of `main`."""
    request = urllib.request.Request(
        f"{api.address}/hooks/_source/plain",
        data=orjson.dumps({"url": repository.folder.as_uri(), "ref": "main", "commit": commit}),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {_SECRET}"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECS) as response:
        assert response.status == 202
