"""Group of all commands; a command's module is imported only to run it."""

import functools
import importlib
import logging
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from stroem.cli.output.errors import Failure
from stroem.cli.output.suggestion import suggestion
from stroem.cli.program import plugin_commands
from stroem.cli.program.answered_by import UNREADABLE, unreadable_answer
from stroem.cli.program.commands import COMMANDS, SECTIONS
from stroem.cli.program.error_exit import exit_code_of, wants_json

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


LOGGER = logging.getLogger(__name__)


class HelpfulGroup(click.Group):
    """Group that suggests the nearest command for an unknown name."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As in click, with a suggestion in the error."""
        name = args[0]
        if not name.startswith("-") and not ctx.resilient_parsing and self.get_command(ctx, name) is None:
            ctx.fail(f"No such command '{name}'.{suggestion(name, self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


class LazyGroup(HelpfulGroup):
    """Commands of the core, from their table, and of plugins, from `plugin_commands`."""

    def main(self, args: Sequence[str] | None = None, *arguments: Any, **options: Any) -> NoReturn:
        """Runs the program and exits with its exit code; see `exit_code_of`."""
        given = sys.argv[1:] if args is None else list(args)
        options["standalone_mode"] = False
        run = functools.partial(super().main, args, *arguments, **options)
        sys.exit(exit_code_of(run, as_json=wants_json(given)))

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the core's commands in the order of the table, then of plugins' commands."""
        return [*COMMANDS, *sorted(_plugin_summaries())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, imported; None if there is none of that name."""
        if cmd_name in COMMANDS:
            module = importlib.import_module(f"stroem.cli.commands.{COMMANDS[cmd_name].module}")
            command: click.Command = module.command
            return command
        return plugin_commands.load().get(cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command; a `StroemError` becomes a `Failure`, without a traceback."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from stroem.errors import StroemError  # only needed after a mistake

            if isinstance(error, StroemError):
                raise Failure(str(error)) from error
            if isinstance(error, UNREADABLE) and (refused := unreadable_answer(ctx, error)):
                LOGGER.debug("the answer cannot be read", exc_info=error)
                raise refused from error
            raise

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list["CompletionItem"]:
        """Completions of command names, from summaries alone."""
        from click.shell_completion import CompletionItem

        known = {**_plugin_summaries(), **{name: entry.summary for name, entry in COMMANDS.items()}}
        names = [CompletionItem(name, help=text) for name, text in known.items() if name.startswith(incomplete)]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands, from summaries alone."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(command.name, command.summary) for command in commands])
        if summaries := _plugin_summaries():
            with formatter.section("From plugins"):
                formatter.write_dl(sorted(summaries.items()))


def _plugin_summaries() -> dict[str, str]:
    """Summaries of plugins' commands, except those hidden by a core command of the same name."""
    return {name: text for name, text in plugin_commands.summaries().items() if name not in COMMANDS}
