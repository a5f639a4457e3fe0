"""`stroem workspace`."""

import click

from stroem.cli.commands.workspace.approve import approve
from stroem.cli.commands.workspace.drift import drift, pause_trigger, resume_trigger
from stroem.cli.commands.workspace.follow import pin, resume, rollback, suspend
from stroem.cli.commands.workspace.releases import release, releases
from stroem.cli.commands.workspace.show import show
from stroem.cli.commands.workspace.sync import sync
from stroem.cli.program.ordered_group import OrderedGroup


@click.group("workspace", cls=OrderedGroup)
def command() -> None:
    """Show and steer one workspace: releases, sync, rollback, approval, drift.

    \b
    Examples:
      stroem workspace show billing
      stroem workspace rollback billing 41 --reason "orders hang"
      stroem workspace resume billing
    """


for each in (
    show,
    releases,
    release,
    sync,
    approve,
    rollback,
    pin,
    suspend,
    resume,
    pause_trigger,
    resume_trigger,
    drift,
):
    command.add_command(each)
