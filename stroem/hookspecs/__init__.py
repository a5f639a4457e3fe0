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

        # stroem_shelf/source.py
        @attrs.frozen(kw_only=True)
        class ShelfSource:
            name: ClassVar[str] = "shelf"
            url: str
            async def fetch(self, previous): ...
            def read(self, files): ...
            def changes(self): ...

        # stroem_shelf/__init__.py
        @hookimpl
        def stroem_sources():
            from stroem_shelf.source import ShelfSource
            return [ShelfSource]
    """
    raise NotImplementedError


@hookspec
def stroem_runners() -> Sequence[type[Runner]]:
    """Runners of steps.

    Called once by each worker, at start, by the server to learn which names are valid under `runner:`,
    and by `stroem schema`. A worker makes one instance of each runner whose ability it offers.

        # stroem_greeter/runner.py
        @attrs.frozen(kw_only=True)
        class GreeterRunner:
            name: ClassVar[str] = "greeter"
            ability: ClassVar[str] = "greeting"
            Options: ClassVar[type | None] = None
            word: str = "Hello"
            async def run(self, order, output):
                await output.write("stdout", f"{self.word}, {order.action.script}\\n".encode())
                return 0

        # stroem_greeter/__init__.py
        @hookimpl
        def stroem_runners():
            from stroem_greeter.runner import GreeterRunner
            return [GreeterRunner]
    """
    raise NotImplementedError


@hookspec
def stroem_cli_commands() -> Sequence["click.Command"]:
    """Commands of the program `stroem`.

    Called when `stroem` is given a command that is not its own, and for its help when plugins have changed.
    A command of the core is never replaced.

        # stroem_greeter/greet.py
        @click.command("greet")
        @click.argument("name")
        def greet(name):
            \"""Greet somebody.\"""
            click.echo(f"Hello, {name}!")

        # stroem_greeter/__init__.py
        @hookimpl
        def stroem_cli_commands():
            from stroem_greeter.greet import greet
            return [greet]
    """
    raise NotImplementedError
