"""Workspaces from a folder on disk, and the command that starts one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from stroem.hookspecs import hookimpl
from stroem.interfaces.source import Source

if TYPE_CHECKING:
    import click


@hookimpl
def stroem_sources() -> Sequence[type[Source]]:
    from stroem_folder.source import FolderSource  # loaded only by those who reconcile

    return [FolderSource]


@hookimpl
def stroem_cli_commands() -> Sequence["click.Command"]:
    from stroem_folder.init import init  # loaded only when somebody asks for commands

    return [init]
