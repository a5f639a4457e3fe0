"""`stroem trigger`."""

import click
from click.shell_completion import CompletionItem

from stroem.cli.commands.trigger.backfill import backfill, cancel_backfill
from stroem.cli.commands.trigger.dead_letters import dead_letters
from stroem.cli.commands.trigger.fire import fire
from stroem.cli.commands.trigger.pause import pause, resume
from stroem.cli.commands.trigger.show import show
from stroem.cli.commands.trigger.start import start
from stroem.cli.program.ordered_group import OrderedGroup


class _TriggerGroup(OrderedGroup):
    """Group in which the name of a task, or an option, in the place of a command means `start`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As in click, with `start` before what is no command."""
        if args[0] not in self.commands:
            args = ["start", *args]
        return super().resolve_command(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Completions of the group, and those of `start`."""
        return [*super().shell_complete(ctx, incomplete), *start.shell_complete(ctx, incomplete)]


@click.group("trigger", cls=_TriggerGroup, context_settings={"ignore_unknown_options": True})
def command() -> None:
    """Start a job of a task; show, fire, pause and resume a trigger.

    `stroem trigger TASK` starts a job of a task; see stroem trigger start --help for its options. A task with the name
    of a command is started by `stroem trigger start TASK`.

    \b
    Examples:
      stroem trigger hello name=Ada --follow
      stroem trigger show nightly
      stroem trigger pause nightly --reason "the warehouse is down"
    """


for each in (start, show, fire, pause, resume, backfill, cancel_backfill, dead_letters):
    command.add_command(each)
