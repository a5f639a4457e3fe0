"""Workspaces and libraries from git."""

from collections.abc import Sequence

from stroem.hookspecs import hookimpl
from stroem.interfaces.source import Source


@hookimpl
def stroem_sources() -> Sequence[type[Source]]:
    from stroem_git.source import GitSource  # loaded only by those who reconcile

    return [GitSource]
