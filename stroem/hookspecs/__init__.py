"""Every hook that a plugin can implement.

A plugin is a module named by an entry point of the group `stroem`. Its hooks are functions marked with `hookimpl`:

    # pyproject.toml:  [project.entry-points.stroem]
    #                  greeter = "stroem_greeter"

    # stroem_greeter/__init__.py
    from stroem.hookspecs import hookimpl

    @hookimpl
    def stroem_runners():
        from stroem_greeter.runner import GreeterRunner  # loaded only when somebody asks
        return [GreeterRunner]
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pluggy

from stroem.interfaces.runner import Runner
from stroem.interfaces.source import Source

if TYPE_CHECKING:
    import click

PROJECT = "stroem"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def stroem_sources() -> Sequence[type[Source]]:
    """Sources of workspaces.

    Called once by the server, at start, and by `stroem schema`. A workspace whose settings say
    `type: {name}` is given an instance made from the other keys there.
    """
    raise NotImplementedError


@hookspec
def stroem_runners() -> Sequence[type[Runner]]:
    """Runners of steps.

    Called once by each worker, at start, by the server to learn which names are valid under `runner:`,
    and by `stroem schema`. A worker makes one instance of each runner whose ability it offers.
    """
    raise NotImplementedError


@hookspec
def stroem_cli_commands() -> Sequence["click.Command"]:
    """Commands of the program `stroem`.

    Called when `stroem` shows its help or is given a command that is not its own.
    A command of the core is never replaced.
    """
    raise NotImplementedError
